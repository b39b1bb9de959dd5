"""Temporary credentials as statements for shells and as JSON for SDKs.

Sources: AWS CLI, `aws configure export-credentials --format`; AWS SDKs, "Process credential
provider"; the quoting rules of each shell's own manual.

A cached answer waits for this module: it loads neither typing, dataclasses, datetime, json nor
shlex.
"""

import time

TYPE_CHECKING = False  # `typing` takes longer to load than a cached answer
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

END_VARIABLE = "AWS_CREDENTIAL_EXPIRATION"
INVALID_KEY = "daypass-failed"
"""The key id and secret that a shell gets after a failure. No authority knows them, so the next
command fails instead of using older credentials."""
_INVALID_KEYS = {"AWS_ACCESS_KEY_ID": INVALID_KEY, "AWS_SECRET_ACCESS_KEY": INVALID_KEY}
_CLEARED_VARIABLES = ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", END_VARIABLE)
_UNQUOTED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+=:,./-"


class ExportedCredentials:
    """Temporary credentials as a command prints them.

    `expires` is seconds since 1970; 0 if the end is not known, which is then not printed.
    `variables` are those for endpoints, region and authorities, to be set beside the credentials;
    `unset` those that would select other credentials or endpoints, unset in formats that can.
    """

    __slots__ = (
        "access_key_id",
        "account",
        "expires",
        "secret_access_key",
        "session_token",
        "unset",
        "variables",
    )

    def __init__(
        self,
        access_key_id: str,
        secret_access_key: str,
        session_token: str,
        expires: int,
        account: str = "",
        variables: "Mapping[str, str] | None" = None,
        unset: tuple[str, ...] = (),
    ) -> None:
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key
        self.session_token = session_token
        self.expires = expires
        self.account = account
        self.variables = variables or {}
        self.unset = unset

    def __repr__(self) -> str:
        """Return the access key id and expiry, without secrets."""
        return f"Exported({self.access_key_id!r}, expires={self.expires})"

    def environment(self) -> dict[str, str]:
        """Return all variables to set: credentials, expiry, endpoints and region."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_SESSION_TOKEN": self.session_token,
            **({END_VARIABLE: _iso8601(self.expires)} if self.expires else {}),
            **self.variables,
        }


def _iso8601(seconds: int) -> str:
    """Return what `core.time.timestamps.iso8601` does, without datetime."""
    year, month, day, hour, minute, second, *_ = time.gmtime(seconds)
    return f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"


def _posix_exports(exported: ExportedCredentials) -> str:
    lines = [
        f"export {name}={_posix_quoted(value)}" for name, value in exported.environment().items()
    ]
    # An `eval` without quotes joins the lines. Only `unset` needs a semicolon before the next.
    unset = [f"unset {' '.join(exported.unset)};"] if exported.unset else []
    return "\n".join(unset + lines)


def _posix_quoted(text: str) -> str:
    """Return what `shlex.quote` does; shlex takes longer to load than a cached answer."""
    if text and not text.strip(_UNQUOTED):
        return text
    return "'" + text.replace("'", "'\"'\"'") + "'"


def _assignments(exported: ExportedCredentials) -> str:
    return "\n".join(f"{name}={value}" for name, value in exported.environment().items())


def _fish_statements(exported: ExportedCredentials) -> str:
    lines = [f"set -e {name};" for name in exported.unset]
    lines += [
        f"set -gx {name} {_fish_quoted(value)};" for name, value in exported.environment().items()
    ]
    return "\n".join(lines)


def _fish_quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _powershell_statements(exported: ExportedCredentials) -> str:
    lines = [f"Remove-Item -ErrorAction Ignore Env:{name}" for name in exported.unset]
    lines += [
        f"$Env:{name}={_powershell_quoted(value)}" for name, value in exported.environment().items()
    ]
    return "\n".join(lines)


def _powershell_quoted(text: str) -> str:
    """Return a single-quoted PowerShell string, in which no variable is expanded.

    PowerShell treats typographic quotes like plain ones, so they are doubled too.
    """
    for quote in "'\u2018\u2019\u201a\u201b":
        text = text.replace(quote, quote * 2)
    return f"'{text}'"


def _process_json(exported: ExportedCredentials) -> str:
    """Return the JSON that `credential_process` expects; for the formats `process` and `json`."""
    content = {
        "AccessKeyId": exported.access_key_id,
        "SecretAccessKey": exported.secret_access_key,
        "SessionToken": exported.session_token,
    }
    if exported.expires:
        content["Expiration"] = _iso8601(exported.expires)
    if exported.account:
        content["AccountId"] = exported.account
    members = "".join(f', "{name}": {_json_string(value)}' for name, value in content.items())
    return f'{{"Version": 1{members}}}'


def _json_string(text: str) -> str:
    """Return a JSON string; imports json only for text that needs escaping.

    Credentials do not, and an SDK waits for this code.
    """
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    import json

    return json.dumps(text)


_FORMATTERS: "Mapping[str, Callable[[ExportedCredentials], str]]" = {
    "env": _posix_exports,
    "env-no-export": _assignments,
    "fish": _fish_statements,
    "powershell": _powershell_statements,
    "json": _process_json,
    "process": _process_json,
}
FORMATS = tuple(_FORMATTERS)
_INVALID_ASSIGNMENTS = " ".join(f"{name}={value}" for name, value in _INVALID_KEYS.items())
_FAILURES: "Mapping[str, str]" = {
    "env": f"export {_INVALID_ASSIGNMENTS}; unset {' '.join(_CLEARED_VARIABLES)}; false",
    "env-no-export": "\n".join(
        [*_INVALID_ASSIGNMENTS.split(), *(f"{name}=" for name in _CLEARED_VARIABLES), "false"]
    ),
    "fish": "".join(f"set -gx {name} {value}; " for name, value in _INVALID_KEYS.items())
    + "".join(f"set -e {name}; " for name in _CLEARED_VARIABLES)
    + "false",
    "powershell": "".join(f"$Env:{name}='{value}'; " for name, value in _INVALID_KEYS.items())
    + "".join(f"$Env:{name}=$null; " for name in _CLEARED_VARIABLES)
    + "throw 'daypass failed'",
}


def format_credentials(exported: ExportedCredentials, style: str) -> str:
    """Return credentials in one of `FORMATS`."""
    return _FORMATTERS[style](exported)


def failure_statements(style: str) -> str:
    """Return statements that replace a shell's credentials by invalid ones and then fail.

    Empty for the JSON formats.
    """
    return _FAILURES.get(style, "")
