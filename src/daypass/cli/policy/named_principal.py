"""Make a principal and its condition keys from an ARN on the command line or in a test file."""

from typing import Any

from daypass.cli.command_error import CommandError

_PRINCIPAL_TYPES = {
    "root": "Account",
    "user": "User",
    "role-session": "AssumedRole",
    "federated-user": "FederatedUser",
    "anonymous": "Anonymous",
}
DEFAULT_SESSION_NAME = "session"
"""The session name for a role that is named without a session."""


def principal_from_arn(text: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the principal as a question file has it, and the condition keys that follow from it.

    A role's ARN means a session of the role. Raises `CommandError` for any other text.
    """
    principal = _principal(text)
    keys: dict[str, Any] = {}
    if principal["kind"] in _PRINCIPAL_TYPES:
        keys["aws:PrincipalType"] = _PRINCIPAL_TYPES[principal["kind"]]
        keys["aws:PrincipalAccount"] = principal.get("account", "anonymous")
    if "account" in principal:
        keys["aws:PrincipalArn"] = principal.get("role_arn", principal["arn"])
    if principal["kind"] == "user":
        keys["aws:username"] = principal["arn"].rpartition("/")[2]
    return principal, keys


def _principal(text: str) -> dict[str, str]:
    if text == "anonymous":
        return {"kind": "anonymous"}
    if text.endswith((".amazonaws.com", ".amazonaws.com.cn")) and ":" not in text:
        return {"kind": "service", "arn": text}
    parts = text.split(":", 5)
    if len(parts) == 6 and parts[0] == "arn":  # noqa: PLR2004 - an ARN
        service, account, resource = parts[2], parts[4], parts[5]
        kind, _, rest = resource.partition("/")
        name = rest.rpartition("/")[2]
        found = {"arn": text, "account": account}
        if service == "iam" and resource == "root":
            return {"kind": "root", **found}
        if service == "iam" and kind == "user" and name:
            return {"kind": "user", **found}
        if service == "iam" and kind == "role" and name:
            arn = f"{':'.join(parts[:2])}:sts::{account}:assumed-role/{name}/{DEFAULT_SESSION_NAME}"
            return {"kind": "role-session", "arn": arn, "account": account, "role_arn": text}
        if service == "iam" and kind in {"oidc-provider", "saml-provider"}:
            return {"kind": "web-identity" if kind == "oidc-provider" else "saml", "arn": text}
        if service == "sts" and kind == "assumed-role" and rest.count("/") == 1:
            role = f"{':'.join(parts[:2])}:iam::{account}:role/{rest.partition('/')[0]}"
            return {"kind": "role-session", **found, "role_arn": role}
    raise CommandError(
        f"`{text}` is not a principal",
        hint=(
            "the ARN of a user, role, role session, root or identity provider; a service such as"
            " ec2.amazonaws.com; or `anonymous`"
        ),
        code=2,
    )
