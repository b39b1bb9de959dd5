"""The options of `env`, `exec` and `process`, and the credentials of a profile for all three."""

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from daypass.cli.client import exported_profile
from daypass.cli.command_error import CommandError
from daypass.cli.credential_formats import ExportedCredentials

if TYPE_CHECKING:
    from daypass.client.credential_plan import CredentialPlan

PROFILE_OPTION = click.option(
    "--profile",
    "-p",
    metavar="NAME",
    envvar="AWS_PROFILE",
    default="default",
    show_default=True,
    help="A profile of ~/.aws/config.",
)
DURATION_OPTION = click.option(
    "--duration",
    metavar="SECONDS",
    type=click.IntRange(900, 129_600),
    help="How long the credentials last.",
)
MFA_CODE_OPTION = click.option(
    "--mfa-code",
    metavar="CODE",
    help="The MFA code, if there is no terminal to ask on; it can be used once.",
)
FRESH_OPTION = click.option(
    "--fresh", is_flag=True, help="Fetch new credentials even if the cache has some."
)


def profile_credentials(
    profile: str,
    *,
    duration: int | None,
    code: str | None,
    is_fresh: bool,
    is_credentials_only: bool = False,
) -> ExportedCredentials:
    """Return a profile's credentials, from the cache or from STS, with variables for endpoints.

    `is_credentials_only` leaves those variables out. Raises `CommandError`.
    """
    from daypass.client import (
        cache,
        cached_credentials,
        credential_plan,
        exported_variables,
        fetch,
        source_credentials,
    )
    from daypass.client.credentials_unavailable import CredentialsUnavailable
    from daypass.client.private_files import UnsafeDirectory

    removed = exported_variables.remove_exported(os.environ, exported_variables.PROFILE_ORIGIN)
    try:
        static_name = _profile_cache_name(profile) if duration is None else None
        plan = credential_plan.plan_credentials(profile, seconds=duration)
        variables: dict[str, str] = {}
        settings: Mapping[str, str] | None
        if is_credentials_only:
            settings = _endpoint_variables_if_valid(plan)
        else:
            settings = plan.endpoint_variables(os.environ)
            variables = exported_profile.variables_to_export(settings, os.environ)
        keys = source_credentials.find_source_credentials(plan)
        key = keyring_key()
        kept = cache.CredentialCache(cache.cache_directory(os.environ), key=key)
        found = fetch.get_credentials(
            plan,
            keys,
            kept,
            now=time.time(),  # noqa: TID251 - a command is an edge
            ask=(lambda _serial: code) if code else fetch.ask_on_terminal,
            is_fresh=is_fresh,
        )
        # The keys may have been exchanged in the files while the user typed a code, so the name is
        # computed again.
        if (
            static_name is not None
            and keys.is_from_files
            and static_name == _profile_cache_name(profile)
        ):
            kept.put(static_name, found.replace(variables=settings))
            if key is not None:
                cached_credentials.drop_cached_credentials(static_name, os.environ)
    except (CredentialsUnavailable, UnsafeDirectory) as error:
        raise CommandError(str(error), hint=getattr(error, "hint", ""), code=2) from error
    except fetch.STSFailed as error:
        raise CommandError(
            str(error), hint="check the role's trust policy, and whether it requires MFA"
        ) from error
    return exported_profile.export(found, variables, os.environ, profile=profile, removed=removed)


def _endpoint_variables_if_valid(plan: "CredentialPlan") -> dict[str, str] | None:
    """Return the variables for endpoints that `env` would export; None if it would refuse them.

    They are cached by `process` too, which does not need them, for an `env` that comes later.
    """
    try:
        return plan.endpoint_variables(os.environ)
    except Exception:  # noqa: BLE001 - a configuration that stops `env` does not stop `process`
        return None


def _profile_cache_name(profile: str) -> str | None:
    """Return the name by which `cached_credentials` finds a profile's credentials.

    None if a configuration file cannot be read.
    """
    from daypass.client import cached_credentials

    try:
        return cached_credentials.profile_cache_name(profile, os.environ)
    except OSError:
        return None


def keyring_key() -> bytes | None:
    """Return the cache's key from the system's keyring, created if missing; None: no keyring."""
    if os.environ.get("DAYPASS_KEYRING") == "file":
        return None
    import base64
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keyring
        import keyring.errors

    backend = keyring.get_keyring()
    if backend.priority < 1 or "plaintext" in type(backend).__module__.lower():
        return None
    try:
        text = keyring.get_password("daypass", "cache")
        if text is None:
            # The client is an edge.
            text = base64.b64encode(os.urandom(32)).decode("ascii")  # noqa: TID251
            keyring.set_password("daypass", "cache", text)
        return base64.b64decode(text)
    except keyring.errors.KeyringError:
        return None
