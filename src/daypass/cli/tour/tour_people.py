"""The tour's chapter about people: one sign-in, a permission set in two accounts, and its end."""

import hashlib
import json

from daypass.cli.tour.guide import Guide, aws, json_member
from daypass.cli.tour.stage import REGION
from daypass.cli.tour.tour_organization import create_account

PERMISSION_SET = "Administrator"
SESSION = "tour"


def person_works_in_two_accounts(guide: Guide) -> None:
    """Assign a permission set in two accounts, use it by profiles, and take one of them away."""
    guide.chapter("10  erin signs in once and works in two accounts, without a key, while she may")
    guide.facts["sandbox"] = create_account(guide, "sandbox")
    _create_permission_set(guide)
    _create_erin(guide)
    for account in ("dev", "sandbox"):
        _change_assignment(guide, "create", account)
    _sign_in(guide)
    who_am_i = ["aws", "sts", "get-caller-identity", "--profile"]
    create_user = aws("iam create-user --user-name nightly --profile")
    guide.step("erin", [*who_am_i, "dev"], show=json_member("Arn"))
    guide.step("erin", [*create_user, "sandbox"], show=json_member("User", "Arn"))
    guide.step(
        "erin",
        [*create_user, "dev"],
        expect="with an explicit deny in a service control policy",
    )
    _save_credentials(guide)
    guide.step("erin's job", ["aws", "sts", "get-caller-identity"], show=json_member("Arn"))
    _change_assignment(guide, "delete", "sandbox")
    guide.step("erin's job", ["aws", "sts", "get-caller-identity"], expect="took away the access")
    guide.step("erin", [*who_am_i, "sandbox"], expect="No access")
    guide.step("erin", [*who_am_i, "dev"], show=json_member("Arn"))


def _create_permission_set(guide: Guide) -> None:
    result = guide.step("operator", ["aws", "sso-admin", "list-instances"])
    instance = json.loads(result.out)["Instances"][0]
    guide.facts["instance"] = instance["InstanceArn"]
    guide.facts["store"] = instance["IdentityStoreId"]
    result = guide.step(
        "operator",
        aws(
            f"sso-admin create-permission-set --name {PERMISSION_SET} --instance-arn",
            guide.facts["instance"],
        ),
        show=json_member("PermissionSet", "PermissionSetArn"),
    )
    guide.facts["permission set"] = json.loads(result.out)["PermissionSet"]["PermissionSetArn"]
    guide.step(
        "operator",
        aws(
            "sso-admin attach-managed-policy-to-permission-set"
            " --managed-policy-arn arn:aws:iam::aws:policy/AdministratorAccess",
            *_permission_set_options(guide),
        ),
    )


def _permission_set_options(guide: Guide) -> list[str]:
    return [
        *("--instance-arn", guide.facts["instance"]),
        *("--permission-set-arn", guide.facts["permission set"]),
    ]


def _create_erin(guide: Guide) -> None:
    result = guide.step(
        "operator",
        aws("identitystore create-user --user-name erin --identity-store-id", guide.facts["store"]),
        show=json_member("UserId"),
    )
    guide.facts["erin"] = json.loads(result.out)["UserId"]


def _change_assignment(guide: Guide, change: str, account: str) -> None:
    """Create or delete erin's assignment in an account."""
    guide.step(
        "operator",
        aws(
            f"sso-admin {change}-account-assignment --principal-type USER --principal-id",
            guide.facts["erin"],
            *("--target-type", "AWS_ACCOUNT", "--target-id", guide.facts[account]),
            *_permission_set_options(guide),
        ),
    )


def _sign_in(guide: Guide) -> None:
    """Open a portal session for erin; write her token and her profiles where clients look.

    The profiles need no endpoint: that of the tour is in the environment of each command.
    """
    result = guide.step(
        "operator",
        ["daypass", "person", "token", "erin", "--json", "--data", str(guide.stage.data)],
        show=lambda out: f"a token until {json.loads(out)['expiresAt']}",
    )
    token = json.loads(result.out)
    start_url = f"https://{guide.facts['store']}.awsapps.com/start"
    name = hashlib.sha1(SESSION.encode(), usedforsecurity=False).hexdigest()
    cache = guide.stage.directory / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    (cache / f"{name}.json").write_text(json.dumps({"startUrl": start_url, **token}))
    (guide.stage.directory / "token").write_text(token["accessToken"])
    (guide.stage.directory / "config").write_text(_profiles(guide, start_url))
    guide.people["erin"] = {}
    guide.step(
        "erin",
        ["aws", "sso", "list-accounts", "--access-token", "file://token"],
        show=lambda out: " | ".join(each["accountName"] for each in json.loads(out)["accountList"]),
    )


def _profiles(guide: Guide, start_url: str) -> str:
    """Return an AWS configuration with a profile for each of erin's accounts."""
    profiles = "".join(
        f"[profile {account}]\nsso_session = {SESSION}\nsso_account_id = {guide.facts[account]}\n"
        f"sso_role_name = {PERMISSION_SET}\n"
        for account in ("dev", "sandbox")
    )
    return (
        f"[sso-session {SESSION}]\nsso_start_url = {start_url}\nsso_region = {REGION}\n{profiles}"
    )


def _save_credentials(guide: Guide) -> None:
    """Get a role's credentials from the portal, as a program that keeps them does."""
    result = guide.step(
        "erin",
        aws(
            f"sso get-role-credentials --role-name {PERMISSION_SET}"
            " --access-token file://token --account-id",
            guide.facts["sandbox"],
        ),
        show=lambda out: f"credentials {json.loads(out)['roleCredentials']['accessKeyId']}",
    )
    given = json.loads(result.out)["roleCredentials"]
    guide.add_person(
        "erin's job",
        {
            "AccessKeyId": given["accessKeyId"],
            "SecretAccessKey": given["secretAccessKey"],
            "SessionToken": given["sessionToken"],
        },
    )
