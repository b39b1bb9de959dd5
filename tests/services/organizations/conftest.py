"""Fixtures for Organizations on a running authority: each test has an organization of its own."""

import itertools
import json
import uuid
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import boto3
import botocore.config
import pytest
from botocore.exceptions import ClientError
from tests.conftest import serving
from tests.documents import allow, deny, policy

from daypass.state.changes import Changes, Put

CASES = Path(__file__).parent / "cases"
FULL, RCP_FULL = "p-FullAWSAccess", "p-RCPFullAWSAccess"
SCP, RCP, TAG = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "TAG_POLICY"
ALL = allow()
FLAT = "You don't have permissions to access this resource."
_numbers = itertools.count()


def cases(name):
    """Return the cases of a file."""
    return json.loads((CASES / f"{name}.json").read_text())


HARMLESS = policy(deny("ram:DeleteResourceShare"))


def tag_policy(key="team", **operators):
    """Return a tag policy for one key."""
    return json.dumps({"tags": {key: operators or {"tag_key": {"@@assign": key}}}})


def fresh(prefix="n"):
    """Return a unique name."""
    return f"{prefix}{next(_numbers)}-{uuid.uuid4().hex[:8]}"


def refused(code, call, reason=None, **params):
    """Make a call that must be refused with that code and Reason; return the whole refusal."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer.get("Reason")) == (f"{code}Exception", reason), answer
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    return answer


def denied(call, **params):
    """Make a call that policies must refuse; return the message.

    The flat refusal of membership does not count.
    """
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    assert error["Code"] in {"AccessDenied", "AccessDeniedException"}, error
    assert "is not authorized to perform" in error["Message"]
    return error["Message"]


@lru_cache(maxsize=1)
def _session():
    return boto3.session.Session()


def client(live, service, credentials, *, region="us-east-1", checked=True, **config):
    """Return a client; one with `checked=False` sends invalid parameters too."""
    return _session().client(
        service,
        region_name=region,
        endpoint_url=live.url,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"),
        config=botocore.config.Config(
            retries={"total_max_attempts": 1},
            parameter_validation=checked,
            max_pool_connections=30,
            **config,
        ),
    )


@dataclass
class Org:
    """An organization, used as its management account's root unless another account is named."""

    live: object
    management: str
    _clients: dict = field(default_factory=dict)

    def client(self, service="organizations", account=None, key=None, **more):
        """Return a client for an account's root, or for a key."""
        account = account or self.management
        if key or more:
            return client(self.live, service, key or self.live.root(account=account), **more)
        if (service, account) not in self._clients:
            credentials = self.live.root(seconds=3600, account=account)
            self._clients[service, account] = client(self.live, service, credentials)
        return self._clients[service, account]

    @cached_property
    def o(self):
        """The management account's client."""
        return self.client()

    @cached_property
    def unchecked(self):
        """The management account's client without checks of parameters."""
        return self.client(checked=False)

    @cached_property
    def id(self):
        return self.o.describe_organization()["Organization"]["Id"]

    @cached_property
    def root(self):
        return self.o.list_roots()["Roots"][0]["Id"]

    @property
    def prefix(self):
        return f"arn:aws:organizations::{self.management}"

    def arn(self, identifier):
        """Return the ARN of the root, a unit or an account."""
        kind = {"r-": "root", "ou": "ou"}.get(identifier[:2], "account")
        return f"{self.prefix}:{kind}/{self.id}/{identifier}"

    def account(self, name="member", parent=None, **more):
        """Create an account, move it to a parent if one is given, and return its id."""
        more.setdefault("Email", f"{fresh()}@example.com")
        asked = self.o.create_account(AccountName=name, **more)["CreateAccountStatus"]["Id"]
        made = self.o.describe_create_account_status(CreateAccountRequestId=asked)
        account = made["CreateAccountStatus"]["AccountId"]
        if parent:
            self.move(account, parent, self.root)
        return account

    def standalone(self):
        """Return an account in no organization."""
        account = self.account("outsider")
        self.o.remove_account_from_organization(AccountId=account)
        return account

    def move(self, account, to, source=None):
        source = source or self.o.list_parents(ChildId=account)["Parents"][0]["Id"]
        self.o.move_account(AccountId=account, SourceParentId=source, DestinationParentId=to)

    def unit(self, name=None, parent=None, **more):
        """Create a unit and return its id."""
        made = self.o.create_organizational_unit(
            ParentId=parent or self.root, Name=name or fresh("unit"), **more
        )
        return made["OrganizationalUnit"]["Id"]

    def policy(self, content, *, on=(), kind=SCP, name=None, **more):
        """Create a policy, attach it to the given targets, and return its summary."""
        made = self.o.create_policy(
            Content=content, Description="", Name=name or fresh("policy"), Type=kind, **more
        )["Policy"]["PolicySummary"]
        for target in [on] if isinstance(on, str) else on:
            self.o.attach_policy(PolicyId=made["Id"], TargetId=target)
        return made

    def enable(self, *kinds):
        for kind in kinds:
            self.o.enable_policy_type(RootId=self.root, PolicyType=kind)

    def types(self):
        """Return the enabled policy types."""
        shown = self.o.list_roots()["Roots"][0]["PolicyTypes"]
        assert {each["Status"] for each in shown} <= {"ENABLED"}
        return [each["Type"] for each in shown]

    def on(self, target, kind=SCP):
        """Return the names of the policies attached to a target itself."""
        found = self.o.list_policies_for_target(TargetId=target, Filter=kind)["Policies"]
        return [each["Name"] for each in found]

    def delegate(self, account, service="account.amazonaws.com"):
        """Register an account as a service's delegated administrator."""
        self.o.enable_aws_service_access(ServicePrincipal=service)
        self.o.register_delegated_administrator(AccountId=account, ServicePrincipal=service)

    def user(self, account=None, *statements):
        """Create a user whom the statements allow what they say; return the key."""
        iam, name = self.client("iam", account), fresh("user")
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return iam.create_access_key(UserName=name)["AccessKey"]

    def role(self, account, trusted, *, may=ALL, **more):
        """Create a role that trusts a principal; return its ARN."""
        iam, name = self.client("iam", account), fresh("role")
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": trusted},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy({**trust, **more}))
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(may))
        return made["Role"]["Arn"]

    def inside(self, account):
        """Return credentials of the role by which the management account reaches a member."""
        key = self.user(None, ALL)
        arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
        sts = self.client("sts", key=key)
        return sts.assume_role(RoleArn=arn, RoleSessionName="admin")["Credentials"]

    # What no client can do: the past.

    @property
    def directory(self):
        return self.live.data.committer.directory

    def put(self, *records):
        """Store records directly, without an operation's checks."""
        changes = Changes(records=[Put(record) for record in records])
        self.live.data.committer.submit(changes, b"").result()

    def record(self, account):
        return self.directory.account(account).record

    def view(self):
        return self.directory.organization_of(self.management)


@pytest.fixture(scope="session")
def served(store_url, tmp_path_factory):
    """An authority for the tests of Organizations alone."""
    path = tmp_path_factory.mktemp("organizations") / "data"
    yield from serving(path, store_url, accounts_max=1_000)


@pytest.fixture(scope="session")
def first(served):
    """The organization that the authority starts with; it lends its accounts to others."""
    return Org(served, served.account)


def founded(first, features="ALL"):
    """Return a new organization."""
    org = Org(first.live, first.standalone())
    org.o.create_organization(FeatureSet=features)
    return org


@pytest.fixture
def org(first):
    """An organization with all features that only this test uses."""
    return founded(first)


@pytest.fixture
def billing(first):
    """An organization with consolidated billing alone."""
    return founded(first, "CONSOLIDATED_BILLING")


@pytest.fixture(scope="module")
def shared(first):
    """An organization that the tests of one file only read."""
    return founded(first)
