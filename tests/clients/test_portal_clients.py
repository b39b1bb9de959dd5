"""People's own clients, unchanged, with profiles of IAM Identity Center: boto3, both versions of
the AWS CLI and the JS SDK.

The operator is the installed program, which opens the portal session and takes it away.
"""

import itertools
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from botocore import xform_name
from tests.clients.person_home import PersonHome
from tests.conftest import serving
from tests.documents import allow, deny, policy
from tests.installed import run_installed
from tests.services.ssoadmin.conftest import Center

HERE = Path(__file__).parent
ROLE = "Reader"
SIGN_IN_AGAIN = "Run: aws sso logout, then aws sso login"
SESSION_EXPIRED = "The SSO session associated with this profile has expired or is otherwise invalid"
SCP_DENIES = "with an explicit deny in a service control policy"


class Company:
    """Two accounts with a bucket each, a permission set, and a policy above the second account."""

    def __init__(self, live):
        self.live = live
        center = Center(live, live.account)
        self.accounts = {name: center.account(name) for name in ("dev", "prod")}
        named = {"InstanceArn": center.instance}
        made = center.sso.create_permission_set(**named, Name=ROLE)["PermissionSet"]
        named["PermissionSetArn"] = made["PermissionSetArn"]
        center.sso.attach_managed_policy_to_permission_set(
            **named, ManagedPolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
        )
        center.sso.put_inline_policy_to_permission_set(
            **named, InlinePolicy=policy(allow("iam:ListUsers"))
        )
        center.policy(policy(deny("iam:ListUsers"), deny("s3:GetObject")), on=self.accounts["prod"])
        for name, account in self.accounts.items():
            s3 = live.client("s3", live.root(account=account))
            s3.create_bucket(Bucket=f"of-{name}")
            s3.put_object(Bucket=f"of-{name}", Key="a.txt", Body=b"hello")
        self._numbers = itertools.count(1)

    def operator(self, *arguments):
        """Run a command of the operator beside the server; return what it printed."""
        done = run_installed(*arguments, "--data", self.live.data.path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def newcomer(self):
        """Add a person who is assigned in both accounts; return the name."""
        name = f"person{next(self._numbers)}"
        self.operator("person", "add", name, "--yes")
        for account in self.accounts:
            self.operator("assign", name, ROLE, account, "--yes")
        return name

    def token(self, name):
        """Return what `daypass person token` prints for a token file."""
        return json.loads(self.operator("person", "token", name, "--json"))


@pytest.fixture(scope="module")
def company(store_url, tmp_path_factory):
    for live in serving(tmp_path_factory.mktemp("company") / "data", store_url):
        yield Company(live)


class CLI:
    """Calls with version 1 of the AWS CLI, which asks the portal anew for each."""

    refusal_of_a_lost_role = "(ForbiddenException) when calling the GetRoleCredentials"

    def __init__(self, program, home):
        self.program = program
        self.home = home

    def run(self, *words, profile=None, **more):
        """Run a command; return how it ended."""
        return subprocess.run(
            [self.program, *words],
            env=self.home.environment(profile, **more),
            cwd=self.home.path,
            capture_output=True,
            text=True,
            check=False,
        )

    def call(self, profile, service, operation, **parameters):
        """Call an operation; return its answer, or the text of the error."""
        options = [
            word
            for name, value in parameters.items()
            for word in (f"--{xform_name(name, '-')}", value)
        ]
        name = {"s3": "s3api"}.get(service, service)
        return outcome(self.run(name, operation.replace("_", "-"), *options, profile=profile))


class CLIv2(CLI):
    """Calls with version 2, which keeps a role's credentials in a file and goes on sending them."""

    refusal_of_a_lost_role = f"an administrator took away the access to the role. {SIGN_IN_AGAIN}"


class Boto3(CLI):
    """Calls with boto3, each in a process of its own."""

    def call(self, profile, service, operation, **parameters):
        script = str(HERE / "python_client.py")
        return outcome(
            self.run(script, service, operation, json.dumps(parameters), profile=profile)
        )


def outcome(done):
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


@pytest.fixture
def who(company):
    return company.newcomer()


def make_home(company, path, **more):
    profiles = {name: (account, ROLE) for name, account in company.accounts.items()}
    profiles["unassigned"] = (company.live.account, ROLE)
    return PersonHome(path, company.live.url, profiles, **more)


def made_client(request, which, home):
    if which == "boto3":
        return Boto3(sys.executable, home)
    made = CLIv2 if which == "cli_v2" else CLI
    return made(request.getfixturevalue(which), home)


@pytest.fixture(params=["boto3", "cli_v1", "cli_v2"])
def client_of(request):
    """Return the function from a home directory to a client that works there."""
    return lambda home: made_client(request, request.param, home)


def test_a_person_works_in_two_accounts_by_two_profiles_and_an_scp_binds_one(
    company, who, tmp_path, client_of
) -> None:
    client = client_of(make_home(company, tmp_path))
    token = company.token(who)
    client.home.sign_in(token)
    dev, prod = company.accounts["dev"], company.accounts["prod"]
    bearer = {"accessToken": token["accessToken"]}

    accounts = client.call("dev", "sso", "list_accounts", **bearer)["accountList"]
    roles = client.call("dev", "sso", "list_account_roles", **bearer, accountId=prod)["roleList"]

    assert sorted(each["accountId"] for each in accounts) == sorted([dev, prod])
    assert {each["accountName"] for each in accounts} == {"dev", "prod"}
    assert roles == [{"accountId": prod, "roleName": ROLE}]
    for name, account in company.accounts.items():
        identity = client.call(name, "sts", "get_caller_identity")
        listed = client.call(name, "s3", "list_objects_v2", Bucket=f"of-{name}")
        assert identity["Account"] == account
        assert identity["Arn"].endswith(f"/{who}")
        assert [each["Key"] for each in listed["Contents"]] == ["a.txt"]
    assert client.call("dev", "iam", "list_users")["Users"] == []
    assert SCP_DENIES in client.call("prod", "iam", "list_users")
    assert "No access" in client.call("unassigned", "sts", "get_caller_identity")


def test_a_profile_without_a_session_of_its_own_finds_the_token_by_its_start_url(
    company, who, tmp_path, client_of
) -> None:
    client = client_of(make_home(company, tmp_path, is_legacy=True))
    client.home.sign_in(company.token(who))

    identity = client.call("prod", "sts", "get_caller_identity")

    assert identity["Account"] == company.accounts["prod"]


def test_the_next_call_after_an_assignment_went_is_refused_in_that_account_alone(
    company, who, tmp_path, client_of
) -> None:
    client = client_of(make_home(company, tmp_path))
    client.home.sign_in(company.token(who))
    for name, account in company.accounts.items():
        assert client.call(name, "sts", "get_caller_identity")["Account"] == account

    company.operator("assign", who, ROLE, "dev", "--remove", "--yes")
    refused = client.call("dev", "sts", "get_caller_identity")
    other = client.call("prod", "sts", "get_caller_identity")

    assert client.refusal_of_a_lost_role in refused
    assert other["Account"] == company.accounts["prod"]


def test_only_a_logout_makes_the_cli_forget_credentials_that_the_server_has_ended(
    company, who, tmp_path, cli_v2
) -> None:
    client = CLIv2(cli_v2, make_home(company, tmp_path))
    client.home.sign_in(company.token(who))
    client.call("dev", "sts", "get_caller_identity")
    company.operator("person", "sign-out", who, "--yes")

    ended = client.call("dev", "sts", "get_caller_identity")
    client.home.sign_in(company.token(who))
    still_ended = client.call("dev", "sts", "get_caller_identity")
    # The profile says where its token is from, without a variable.
    logged_out = client.run("sso", "logout", profile="dev")
    client.home.sign_in(company.token(who))
    again = client.call("dev", "sts", "get_caller_identity")

    for refused in (ended, still_ended):
        assert "an administrator disabled the user or signed the user out" in refused
        assert SIGN_IN_AGAIN in refused
    assert logged_out.returncode == 0, logged_out.stderr
    assert again["Account"] == company.accounts["dev"]


def test_a_logout_ends_the_token_and_leaves_role_credentials(
    company, who, tmp_path, cli_v2
) -> None:
    client = CLIv2(cli_v2, make_home(company, tmp_path))
    token = company.token(who)
    client.home.sign_in(token)
    exported = client.run(
        *("configure", "export-credentials", "--format", "env-no-export"), profile="dev"
    )
    saved = dict(line.split("=", 1) for line in exported.stdout.splitlines())

    # No profile is named, so that the variable alone says where the token is from.
    logged_out = client.run("sso", "logout", AWS_ENDPOINT_URL_SSO=company.live.url)
    listed = client.call("dev", "sso", "list_accounts", accessToken=token["accessToken"])
    fresh = client.call("dev", "sts", "get_caller_identity")
    at = {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": company.live.url}
    kept = client.run("sts", "get-caller-identity", **at, **saved)

    assert logged_out.returncode == 0, logged_out.stderr
    assert "(UnauthorizedException)" in listed
    assert "Session token not found or invalid" in listed
    assert "Error loading SSO Token" in fresh
    assert outcome(kept)["Account"] == company.accounts["dev"]
    assert company.operator("person", "sessions", who).endswith("has no open session\n")


def test_version_1_of_the_cli_logs_out_by_the_portals_own_operation(
    company, who, tmp_path, cli_v1
) -> None:
    client = CLI(cli_v1, make_home(company, tmp_path))
    token = company.token(who)
    client.home.sign_in(token)

    logged_out = client.run("sso", "logout", "--access-token", token["accessToken"], profile="dev")
    refused = client.call("dev", "sts", "get_caller_identity")

    assert logged_out.returncode == 0, logged_out.stderr
    assert SESSION_EXPIRED in refused


def test_the_js_sdk_works_by_profile_until_the_assignment_goes(company, who, tmp_path) -> None:
    node = shutil.which("node")
    if node is None or not (HERE / "js" / "node_modules" / "@aws-sdk").exists():
        pytest.skip("node or the JS SDK is not installed here (npm install in tests/clients/js)")
    client = CLI(node, make_home(company, tmp_path))
    client.home.sign_in(company.token(who))

    def outcomes(name):
        done = client.run(str(HERE / "js" / "person.mjs"), f"of-{name}", profile=name)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    dev, prod = outcomes("dev"), outcomes("prod")
    company.operator("assign", who, ROLE, "dev", "--remove", "--yes")
    then = outcomes("dev")

    assert dev == {"who": company.accounts["dev"], "keys": ["a.txt"], "body": "hello"}
    assert (prod["who"], prod["keys"]) == (company.accounts["prod"], ["a.txt"])
    assert SCP_DENIES in prod["body"]
    refused = "CredentialsProviderError: ForbiddenException: No access"
    assert then == dict.fromkeys(("who", "keys", "body"), refused)
