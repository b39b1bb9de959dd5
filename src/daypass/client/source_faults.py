"""Tell why a file or a provider's credentials cannot be used: where, what was wrong, what to do.

A message never repeats a line of a file or the output of a program, which may hold a secret.
"""

import configparser
import json
from typing import TYPE_CHECKING, Any

from botocore.compat import compat_shell_split
from botocore.exceptions import ConfigParseError, CredentialRetrievalError

from daypass.client.configuration_files import DEFAULT_PROFILE
from daypass.client.credentials_unavailable import CredentialsUnavailable

if TYPE_CHECKING:
    from daypass.client.credential_plan import CredentialPlan

PROCESS_METHOD = "custom-process"
"""botocore's name of the provider that runs `credential_process`."""
_CHARACTERS_MAX = 600  # of what a program says of its own failure; ours: it begins with the cause
_HINTS = {
    "sso": "run aws sso login --profile {profile}",
    "login": "run aws login --profile {profile}",
    "assume-role-with-web-identity": "check web_identity_token_file and role_arn",
    "env": "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what belongs to them anew",
    "container-role": "check the AWS_CONTAINER_ variables and the endpoint that they name",
    "iam-role": "check the machine's instance profile",
}
_USUAL_HINT = "correct the keys in ~/.aws/credentials, or run aws configure --profile {profile}"
_PROCESS_HINT = (
    "run the command by itself: it must print one JSON object with Version 1, AccessKeyId and "
    "SecretAccessKey, for temporary credentials also SessionToken and an Expiration to come"
)


class UnusableKey(Exception):
    """A part of credentials that no request can carry."""


_OUTPUT_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (json.JSONDecodeError, "printed no JSON"),
    (UnicodeDecodeError, "printed bytes that are not UTF-8"),
    (AttributeError, "printed JSON that is not an object"),
    (RecursionError, "printed JSON with too many levels"),
    (ValueError, "printed an Expiration that is not a date"),
    (OverflowError, "printed an Expiration that is not a date"),
    (TypeError, "printed a key that is not a text, or an Expiration without a time zone"),
    (RuntimeError, "printed credentials that have expired"),
    (UnusableKey, "printed a key that is empty or has a control character"),
)
"""What a program did if botocore raises such an exception; the first row that fits counts."""


def file_fault(error: ConfigParseError) -> CredentialsUnavailable:
    """Return the exception for a configuration file that is not in the form of one."""
    told: Any = error.kwargs  # the stubs leave out `error`
    cause = told["error"]
    words, line = "it is not UTF-8", 0
    if isinstance(cause, configparser.MissingSectionHeaderError):
        words, line = "a line stands before the first [section]", cause.lineno
    elif isinstance(cause, configparser.ParsingError):
        words, line = "a line is neither a [section] nor KEY = VALUE", cause.errors[0][0]
    elif isinstance(cause, configparser.DuplicateSectionError):
        words, line = f"the section [{cause.section}] stands there twice", cause.lineno or 0
    elif isinstance(cause, configparser.DuplicateOptionError):
        words = f"{cause.option} stands twice in the section [{cause.section}]"
        line = cause.lineno or 0
    elif not isinstance(cause, UnicodeDecodeError):
        words = "an indented line is not KEY = VALUE"
    where = f", line {line}" if line else ""
    return CredentialsUnavailable(
        f"the configuration cannot be read: {told['path']}{where}: {words}",
        "correct the file in an editor",
    )


def source_fault(method: str, plan: "CredentialPlan", error: Exception) -> CredentialsUnavailable:
    """Return the exception for a provider that failed; `method` is botocore's name of it."""
    if isinstance(error, ConfigParseError):
        return file_fault(error)
    profile = plan.source_profile or plan.profile or DEFAULT_PROFILE
    if method == PROCESS_METHOD:
        command = plan.config["profiles"][profile]["credential_process"]
        return _process_fault(profile, command, error)
    return CredentialsUnavailable(
        f"the keys of profile {profile} cannot be read: {error_words(error)}",
        _HINTS.get(method, _USUAL_HINT).format(profile=profile),
    )


def unusable_profile(profile: str, command: str, error: Exception) -> CredentialsUnavailable:
    """Return the exception for a profile that one of botocore's own sessions could not use.

    `command` is its `credential_process`, or empty.
    """
    if isinstance(error, ConfigParseError):
        return file_fault(error)
    profile = profile or DEFAULT_PROFILE
    if command:
        return _process_fault(profile, command, error)
    return CredentialsUnavailable(
        f"the keys of profile {profile} cannot be read: {error_words(error)}",
        _USUAL_HINT.format(profile=profile),
    )


def _process_fault(profile: str, command: Any, error: Exception) -> CredentialsUnavailable:
    return CredentialsUnavailable(
        f"credential_process of profile {profile} {_process_words(command, error)}: `{command}`",
        _PROCESS_HINT,
    )


def error_words(error: Exception) -> str:
    """Return an exception's own words in one line of bounded length."""
    if isinstance(error, KeyError):
        return f"{error.args[0]} is missing"
    if isinstance(error, OSError) and error.strerror:
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{error.strerror}"
    return _one_line(str(error)) or "no reason was given"


def _process_words(command: Any, error: Exception) -> str:
    """Return what is wrong with a program, its answer or the way it is written."""
    if not isinstance(command, str) or not command.strip() or "\0" in command:
        return "is not a command"
    try:
        compat_shell_split(command)
    except ValueError:
        return "has an open quote"
    if isinstance(error, CredentialRetrievalError):
        told: Any = error.kwargs  # the stubs leave out `error_msg`
        return f"failed ({_one_line(str(told['error_msg'])) or 'it did not say why'})"
    if isinstance(error, OSError):
        return f"cannot be run ({error.strerror or 'unknown reason'})"
    for kind, words in _OUTPUT_WORDS:
        if isinstance(error, kind):
            return words
    return f"failed ({error_words(error)})"


def _one_line(text: str) -> str:
    return " ".join(text[:_CHARACTERS_MAX].split())
