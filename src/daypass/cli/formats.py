"""Temporary credentials as shells and SDKs take them.

Sources: AWS CLI, `aws configure export-credentials --format`; AWS SDKs, "Process credential provider".
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from daypass.core.timestamps import iso8601


class Exported(NamedTuple):
    """What a command hands out; `expires` is seconds since 1970."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires: int
    account: str = ""
    endpoint: str = ""
    region: str = ""

    def __repr__(self) -> str:
        """Show which credentials these are, and no secret."""
        return f"Exported({self.access_key_id!r}, expires={self.expires})"

    def environment(self) -> dict[str, str]:
        """Return the variables that every AWS client reads."""
        values = {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
            "AWS_CREDENTIAL_EXPIRATION": iso8601(self.expires),
        }
        if self.region:
            values |= {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        if self.endpoint:
            values["AWS_ENDPOINT_URL"] = self.endpoint
        return values


def _export(exported: Exported) -> str:
    import shlex

    lines = [
        f"export {name}={shlex.quote(value)}" for name, value in exported.environment().items()
    ]
    return "\n".join(lines)


def _plain(exported: Exported) -> str:
    return "\n".join(f"{name}={value}" for name, value in exported.environment().items())


def _fish(exported: Exported) -> str:
    return "\n".join(f"set -gx {name} '{value}'" for name, value in exported.environment().items())


def _powershell(exported: Exported) -> str:
    return "\n".join(f'$Env:{name}="{value}"' for name, value in exported.environment().items())


def _json(exported: Exported) -> str:
    """Return the JSON that `credential_process` expects; `process` and `json` are the same."""
    content = {
        "AccessKeyId": exported.access_key_id,
        "SecretAccessKey": exported.secret_access_key,
        "SessionToken": exported.session_token,
        "Expiration": iso8601(exported.expires),
    }
    if exported.account:
        content["AccountId"] = exported.account
    members = "".join(f', "{name}": {_quoted(value)}' for name, value in content.items())
    return f'{{"Version": 1{members}}}'


def _quoted(text: str) -> str:
    """Write a JSON string; a credential's characters stand for themselves, and spare an SDK that waits the import."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    import json

    return json.dumps(text)


_RENDER: Mapping[str, Callable[[Exported], str]] = {
    "env": _export,
    "env-no-export": _plain,
    "fish": _fish,
    "powershell": _powershell,
    "json": _json,
    "process": _json,
}
FORMATS = tuple(_RENDER)


def render(exported: Exported, style: str) -> str:
    """Return the credentials in one of `FORMATS`."""
    return _RENDER[style](exported)
