"""Make a principal from an ARN on the command line or in a test file."""

from typing import NamedTuple

from daypass.cli.command_error import CommandError
from daypass.policy.assumed_request import Assumption

DEFAULT_SESSION_NAME = "session"
"""The session name for a role that is named without a session."""


class NamedPrincipal(NamedTuple):
    """A principal as a question file has it, and what was assumed about it."""

    principal: dict[str, str]
    assumptions: tuple[Assumption, ...] = ()


def principal_from_arn(text: str, session_name: str = "") -> NamedPrincipal:
    """Return the principal of an ARN; a role's ARN means a session of the role.

    `session_name` is that session's name. Raises `CommandError` for any other text, and for a name
    beside the ARN of anything but a role.
    """
    found = _principal(text, session_name or DEFAULT_SESSION_NAME)
    is_role = ":role/" in text
    if session_name and not is_role:
        raise CommandError(
            f"`{text}` is not a role, whose session could have the name `{session_name}`", code=2
        )
    if found["kind"] != "role-session" or session_name:
        return NamedPrincipal(found)
    return NamedPrincipal(
        found,
        (
            Assumption("session name", DEFAULT_SESSION_NAME, "a role was named, not a session")
            if is_role
            else Assumption(
                "role", found["role_arn"], "a session's ARN leaves out the role's path"
            ),
        ),
    )


def _principal(text: str, session_name: str) -> dict[str, str]:
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
            arn = f"{':'.join(parts[:2])}:sts::{account}:assumed-role/{name}/{session_name}"
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
