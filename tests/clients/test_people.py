"""People with unchanged clients: a profile, its `services` section and a token file.

boto3, the AWS CLI v1 and the official v2 list accounts and roles, work in two accounts, and are
refused by an SCP in one.
"""

import hashlib
import json
import os
import subprocess
import sys
import time

import pytest
from tests.conftest import serving
from tests.documents import deny, policy
from tests.services import portal_records as records
from tests.services.portal_live import LivePortal
from tests.services.portal_records import ADMIN, MEMBER, OTHER, READ_ONLY

from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.organizations.policies.policy_types import SCP

CEILING = OrganizationPolicy(
    account=records.ORGANIZATION,
    id="p-ceiling001",
    type=SCP,
    name="ceiling",
    content=policy(deny("iam:ListUsers")),
    serial=9,
    updated=1,
)
CONFIG = """
[profile dev]
sso_session = corp
sso_account_id = {member}
sso_role_name = Admin
region = {region}
services = here

[profile other]
sso_session = corp
sso_account_id = {other}
sso_role_name = ReadOnly
region = {region}
services = here

[profile nobody]
sso_session = corp
sso_account_id = {other}
sso_role_name = Admin
region = {region}
services = here

[sso-session corp]
sso_start_url = https://{store}.awsapps.com/start
sso_region = {region}
sso_registration_scopes = sso:account:access

[services here]
sso =
  endpoint_url = {url}
sts =
  endpoint_url = {url}
iam =
  endpoint_url = {url}
"""


@pytest.fixture(scope="module")
def portal(store_url, tmp_path_factory):
    path = tmp_path_factory.mktemp("people-clients") / "data"
    for live in serving(path, store_url):
        made = LivePortal(live)
        made.put(CEILING, records.member(OTHER, 2, CEILING.id))
        yield made


@pytest.fixture
def opened(portal, tmp_path):
    """A portal session whose token lies where clients look for it."""
    found = portal.open_session(portal.newcomer((MEMBER, ADMIN), (OTHER, READ_ONLY)))
    cache = tmp_path / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    names = {"member": MEMBER, "other": OTHER, "region": records.REGION, "store": records.STORE}
    config = CONFIG.format(**names, url=portal.live.url)
    (tmp_path / ".aws" / "config").write_text(config)
    token = {
        "startUrl": f"https://{records.STORE}.awsapps.com/start",
        "region": records.REGION,
        "accessToken": found.token,
        "expiresAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(found.expires)),
    }
    (cache / f"{hashlib.sha1(b'corp').hexdigest()}.json").write_text(json.dumps(token))  # noqa: S324 - the name that clients look for
    return found


def run(home, *command):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    more = {
        "HOME": str(home),
        "AWS_PAGER": "",
        "AWS_DEFAULT_OUTPUT": "json",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }
    return subprocess.run(
        command, env=kept | more, cwd=home, capture_output=True, text=True, check=False
    )


def answered(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("which", ["cli_v1", "cli_v2"])
def test_the_aws_cli_works_in_two_accounts_of_a_person(opened, tmp_path, request, which) -> None:
    aws = request.getfixturevalue(which)
    dev, other = ([aws, "--profile", each] for each in ("dev", "other"))
    token = ["--access-token", opened.token]

    accounts = answered(run(tmp_path, *dev, "sso", "list-accounts", *token))["accountList"]
    roles = run(tmp_path, *dev, "sso", "list-account-roles", "--account-id", OTHER, *token)
    assert [each["accountId"] for each in accounts] == [MEMBER, OTHER]
    assert answered(roles)["roleList"] == [{"roleName": "ReadOnly", "accountId": OTHER}]

    for profile, account in ((dev, MEMBER), (other, OTHER)):
        identity = answered(run(tmp_path, *profile, "sts", "get-caller-identity"))
        assert identity["Account"] == account
    assert answered(run(tmp_path, *dev, "iam", "list-users")) == {"Users": []}
    refused = run(tmp_path, *other, "iam", "list-users")
    assert "service control policy" in refused.stderr
    assert "No access" in run(tmp_path, aws, "--profile", "nobody", "iam", "list-users").stderr


def test_the_aws_cli_signs_out(portal, opened, tmp_path, cli_v2) -> None:
    answered(run(tmp_path, cli_v2, "--profile", "dev", "sts", "get-caller-identity"))
    done = run(tmp_path, cli_v2, "--profile", "dev", "sso", "logout")

    assert done.returncode == 0, done.stderr
    status, _, _ = portal.send(
        "GET", "/assignment/accounts", [("x-amz-sso_bearer_token", opened.token)]
    )
    assert status == 401


def test_the_aws_cli_says_how_to_go_on_when_access_has_ended(
    portal, opened, tmp_path, cli_v2
) -> None:
    dev = [cli_v2, "--profile", "dev"]
    answered(run(tmp_path, *dev, "sts", "get-caller-identity"))
    who = portal.person(opened.session.person)
    portal.end_person(who)

    # It goes on with the credentials that it has kept, and shows what the refusal says.
    done = run(tmp_path, *dev, "sts", "get-caller-identity")
    assert "Run: aws sso logout, then aws sso login" in done.stderr


def test_boto3_works_in_two_accounts_of_a_person(opened, tmp_path) -> None:
    script = f"""
import boto3, json
found = {{}}
for profile in ("dev", "other"):
    session = boto3.Session(profile_name=profile)
    found[profile] = session.client("sts").get_caller_identity()["Account"]
    try:
        found[profile + " users"] = session.client("iam").list_users()["Users"]
    except Exception as error:
        found[profile + " users"] = str(error)
sso = boto3.Session(profile_name="dev").client("sso")
pages = sso.get_paginator("list_accounts").paginate(
    accessToken={opened.token!r}, PaginationConfig={{"PageSize": 1}}
)
found["accounts"] = [each["accountId"] for page in pages for each in page["accountList"]]
print(json.dumps(found))
"""
    found = answered(run(tmp_path, sys.executable, "-c", script))

    assert (found["dev"], found["other"], found["dev users"]) == (MEMBER, OTHER, [])
    assert "service control policy" in found["other users"]
    assert found["accounts"] == [MEMBER, OTHER]
