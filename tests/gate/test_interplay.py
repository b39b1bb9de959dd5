"""Identity policy, boundary, session policy, scope-down policies and bucket policy together, over
the wire.

The cases are those of the policy engine's table, in two real accounts.
"""

import importlib.util
import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

TESTS = Path(__file__).parents[1]
_spec = importlib.util.spec_from_file_location("support", TESTS / "conftest.py")
support = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(support)
CASES = [
    case
    for case in json.loads((TESTS / "core/policy/cases/interplay.json").read_text())
    # A federated user, a provider's caller and a service cannot call here yet.
    if case.get("who", "user") in {"user", "session", "root"} and not {"scp", "rcp"} & set(case)
]
SCOPED_PARTS = {"rule", "case", "expect", "who", "owner", "identity", "resource", "scope-down"}
SCOPED = [
    case
    for case in json.loads((TESTS / "core/policy/cases/scope_downs.json").read_text())
    if case["who"] == "session"
    and set(case) <= SCOPED_PARTS
    and all(case["scope-down"])
    # The buckets here have other names.
    and "arn:aws:s3" not in json.dumps(case["scope-down"])
]
CASES += SCOPED
FIRST, SECOND = "111122223333", "444455556666"
NARROW = {"Effect": "Allow", "Action": "sts:GetScopedCredentials", "Resource": "*"}
ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}


def document(statement):
    statements = statement if isinstance(statement, list) else [statement]
    # Both sides of the table speak of one action, on whatever there is; `x:Y` is the one that lacks
    # it.
    return support.policy(*statements)


class Two:
    """Two accounts of one organization, a bucket in each, a user and a role in the first."""

    def __init__(self, live):
        self.live, self.first = live, live.account
        organizations = live.client("organizations")
        asked = organizations.create_account(AccountName="second", Email="second@example.com")
        done = organizations.describe_create_account_status(
            CreateAccountRequestId=asked["CreateAccountStatus"]["Id"]
        )
        self.second = done["CreateAccountStatus"]["AccountId"]
        self.buckets = {FIRST: "interplay-first", SECOND: "interplay-second"}
        for account, bucket in self.buckets.items():
            s3 = self.root_of(account, "s3")
            s3.create_bucket(Bucket=bucket)
            s3.put_object(Bucket=bucket, Key="k", Body=b"may")
        iam = live.client("iam")
        iam.create_user(UserName="alice", Path="/x/")
        self.alice = iam.create_access_key(UserName="alice")["AccessKey"]
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{self.first}:root"},
            "Action": "sts:AssumeRole",
        }
        iam.create_role(
            RoleName="app", Path="/svc/", AssumeRolePolicyDocument=support.policy(trust)
        )
        self.role = f"arn:aws:iam::{self.first}:role/svc/app"
        self.porter = live.user("porter", ASSUME)
        self.boundaries = {
            name: iam.create_policy(PolicyName=name, PolicyDocument=document(statement))["Policy"][
                "Arn"
            ]
            for name, statement in {
                "lacks": {"Effect": "Allow", "Action": "x:Y", "Resource": "*"},
                "allows": {"Effect": "Allow", "Action": "*", "Resource": "*"},
            }.items()
        }

    def root_of(self, account, service):
        real = {FIRST: self.first, SECOND: self.second}[account]
        return self.live.client(service, self.live.root(account=real))

    def real(self, value):
        """The case's text with the real accounts in it."""
        text = json.dumps(value).replace(FIRST, self.first).replace(SECOND, self.second)
        return json.loads(text.replace("assumed-role/app/s", "assumed-role/app/me"))

    def bucket_policy(self, owner, statement):
        bucket = self.buckets[owner]
        s3 = self.root_of(owner, "s3")
        if statement is None:
            s3.delete_bucket_policy(Bucket=bucket)
            return
        resource = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        found = {**self.real(statement), "Resource": resource, "Action": "s3:GetObject"}
        s3.put_bucket_policy(Bucket=bucket, Policy=support.policy(found))

    def caller(self, case):
        """Credentials of the case's caller, with its policies put on it."""
        who = case.get("who", "user")
        if who == "root":
            return self.live.root()
        iam = self.live.client("iam")
        kind, name = ("user", "alice") if who == "user" else ("role", "app")
        named = {f"{kind.capitalize()}Name": name}
        identity = self.real(case.get("identity", []))
        if identity:
            getattr(iam, f"put_{kind}_policy")(
                **named, PolicyName="own", PolicyDocument=document(identity)
            )
        elif getattr(iam, f"list_{kind}_policies")(**named)["PolicyNames"]:
            getattr(iam, f"delete_{kind}_policy")(**named, PolicyName="own")
        self._bound(iam, kind, named, case.get("boundary"))
        if who == "user":
            return self.alice
        session = [document(self.real(each)) for each in case.get("session", [])]
        assumed = self.live.client("sts", self.porter).assume_role(
            RoleArn=self.role, RoleSessionName="me", **({"Policy": session[0]} if session else {})
        )
        return self._narrowed(iam, assumed["Credentials"], case.get("scope-down", []))

    def _narrowed(self, iam, session, scope_downs):
        """The session, narrowed by each policy, all of which allow the next narrowing."""
        if scope_downs:
            iam.put_role_policy(
                RoleName="app", PolicyName="narrow", PolicyDocument=document(NARROW)
            )
        for each in scope_downs:
            statements = each if isinstance(each, list) else [each]
            narrowed = self.live.client("sts", session).get_scoped_credentials(
                Policy=document([*statements, NARROW])
            )
            session = narrowed["Credentials"]
        if scope_downs:
            iam.delete_role_policy(RoleName="app", PolicyName="narrow")
        return session

    def _bound(self, iam, kind, named, boundary):
        if boundary is None:
            record = getattr(iam, f"get_{kind}")(**named)[kind.capitalize()]
            if "PermissionsBoundary" in record:
                getattr(iam, f"delete_{kind}_permissions_boundary")(**named)
            return
        arn = self.boundaries["lacks" if boundary["Action"] == "x:Y" else "allows"]
        getattr(iam, f"put_{kind}_permissions_boundary")(**named, PermissionsBoundary=arn)


@pytest.fixture(scope="module")
def two(store_url, tmp_path_factory):
    for live in support.serving(tmp_path_factory.mktemp("interplay") / "data", store_url):
        yield Two(live)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_policies_of_two_accounts_play_together_as_the_case_says(two, case) -> None:
    owner = case.get("owner", FIRST)
    two.bucket_policy(owner, case.get("resource"))
    s3 = two.live.client("s3", two.caller(case))

    if case["expect"] == "Allowed":
        assert s3.get_object(Bucket=two.buckets[owner], Key="k")["Body"].read() == b"may"
        return
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=two.buckets[owner], Key="k")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    # Both accounts are of one organization: the reason may be known.
    words = "with an explicit deny in" if case["expect"] == "ExplicitlyDenied" else "because no"
    assert words in refused.value.response["Error"]["Message"]
