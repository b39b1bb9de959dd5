"""The tour's chapters about organizations: an SCP and an RCP that override other permissions."""

import json

from daypass.cli.tour.guide import Guide, aws

DENY_USERS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}],
}


def scp_stops_administrator(guide: Guide) -> None:
    """Create a member account with an administrator, and an SCP that denies him an action."""
    guide.chapter("9  A member account has an administrator, and a policy above him that holds")
    guide.facts["dev"] = create_account(guide, "dev")
    _borrow_root(guide, "dev")
    guide.step("dev root", ["aws", "iam", "create-user", "--user-name", "admin"])
    guide.step(
        "dev root",
        aws(
            "iam attach-user-policy --user-name admin"
            " --policy-arn arn:aws:iam::aws:policy/AdministratorAccess"
        ),
    )
    _create_access_key(guide, "dev root", "admin")
    guide.step("admin", ["aws", "iam", "create-user", "--user-name", "bob"])
    policy = _create_policy(guide, "no-users", "SERVICE_CONTROL_POLICY", DENY_USERS)
    _attach_policy(guide, policy, guide.facts["dev"])
    guide.step(
        "admin",
        ["aws", "iam", "create-user", "--user-name", "carol"],
        expect="with an explicit deny in a service control policy",
    )


def rcp_stops_outsider(guide: Guide) -> None:
    """Create a role that trusts an outside account, and an RCP that denies outsiders access."""
    guide.chapter("11  A role trusts somebody outside; a policy above the role does not")
    outside = guide.facts["outside"] = create_account(guide, "outside")
    guide.step(
        "operator",
        ["aws", "organizations", "remove-account-from-organization", "--account-id", outside],
    )
    _borrow_root(guide, "outside")
    guide.step("outside root", ["aws", "iam", "create-user", "--user-name", "mallory"])
    everything = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    guide.step(
        "outside root",
        aws(
            "iam put-user-policy --user-name mallory --policy-name all --policy-document",
            guide.file("all.json", everything),
        ),
    )
    _create_access_key(guide, "outside root", "mallory")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{outside}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    guide.step(
        "dev root",
        aws(
            "iam create-role --role-name open-door --assume-role-policy-document",
            guide.file("open.json", trust),
        ),
    )
    role = f"arn:aws:iam::{guide.facts['dev']}:role/open-door"
    assume = ["aws", "sts", "assume-role", "--role-arn", role, "--role-session-name", "mallory"]
    guide.step("mallory", assume)
    _keep_outsiders_out(guide)
    guide.step("mallory", assume, expect="AccessDenied")


def _keep_outsiders_out(guide: Guide) -> None:
    result = guide.step("operator", ["aws", "organizations", "list-roots"])
    root = json.loads(result.out)["Roots"][0]["Id"]
    result = guide.step("operator", ["aws", "organizations", "describe-organization"])
    organization = json.loads(result.out)["Organization"]["Id"]
    guide.step(
        "operator",
        aws(
            f"organizations enable-policy-type --root-id {root}"
            " --policy-type RESOURCE_CONTROL_POLICY"
        ),
    )
    ours_alone = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sts:*",
                "Resource": "*",
                "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": organization}},
            }
        ],
    }
    policy = _create_policy(guide, "ours-alone", "RESOURCE_CONTROL_POLICY", ours_alone)
    _attach_policy(guide, policy, root)


def create_account(guide: Guide, name: str) -> str:
    """Create an account in the organization; return its id."""
    result = guide.step(
        "operator",
        aws("organizations create-account --account-name", name, "--email", f"{name}@example.com"),
    )
    request = json.loads(result.out)["CreateAccountStatus"]["Id"]
    result = guide.step(
        "operator",
        aws("organizations describe-create-account-status --create-account-request-id", request),
    )
    account: str = json.loads(result.out)["CreateAccountStatus"]["AccountId"]
    return account


def _borrow_root(guide: Guide, name: str) -> None:
    result = guide.step(
        "operator",
        [
            *("daypass", "root", "--data", str(guide.stage.data)),
            *("--account", guide.facts[name], "--format", "json"),
        ],
    )
    guide.add_person(f"{name} root", json.loads(result.out))


def _create_access_key(guide: Guide, owner: str, user: str) -> None:
    result = guide.step(owner, ["aws", "iam", "create-access-key", "--user-name", user])
    guide.add_person(user, json.loads(result.out)["AccessKey"])


def _create_policy(guide: Guide, name: str, kind: str, document: object) -> str:
    result = guide.step(
        "operator",
        aws(
            f"organizations create-policy --name {name} --type {kind} --description",
            *("", "--content", guide.file(f"{name}.json", document)),
        ),
    )
    policy: str = json.loads(result.out)["Policy"]["PolicySummary"]["Id"]
    return policy


def _attach_policy(guide: Guide, policy: str, target: str) -> None:
    guide.step(
        "operator",
        ["aws", "organizations", "attach-policy", "--policy-id", policy, "--target-id", target],
    )
