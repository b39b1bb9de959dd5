"""The options of `env`, `exec` and `process`, and the credentials of a profile for all three."""

import contextlib
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from daypass.cli.client import exported_profile
from daypass.cli.command_error import CommandError
from daypass.cli.credential_formats import ExportedCredentials
from daypass.client import configuration_files

if TYPE_CHECKING:
    from daypass.client.cache_entry import CacheEntry
    from daypass.client.credential_plan import CredentialPlan
    from daypass.client.sts.fetch import AnyCache
    from daypass.client.sts.scope_down import ScopeDown

PROFILE_OPTION = click.option(
    "--profile",
    "-p",
    metavar="NAME",
    envvar=configuration_files.PROFILE_VARIABLES,
    default="",
    show_default=configuration_files.DEFAULT_PROFILE,
    help="A profile of ~/.aws/config, else the one that AWS_DEFAULT_PROFILE or AWS_PROFILE names.",
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
    scope: "ScopeDown | None" = None,
) -> ExportedCredentials:
    """Return a profile's credentials, from the cache or from STS, with variables for endpoints.

    An empty `profile` means that none was named (`credential_plan.plan_credentials`).
    `is_credentials_only` leaves the variables out; `scope` narrows the credentials. Raises
    `CommandError`.
    """
    from daypass.client import credential_plan, exported_variables, source_credentials
    from daypass.client.credentials_unavailable import CredentialsUnavailable
    from daypass.client.private_files import UnsafeDirectory
    from daypass.client.sts import fetch

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
            variables = _variables_to_export(settings)
        keys = source_credentials.find_source_credentials(plan)
        kept, key = _open_cache()
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
            and not fetch.is_source_itself(plan, keys)
            and static_name == _profile_cache_name(profile)
        ):
            _store_for_lookups(kept, static_name, found.replace(variables=settings), key)
        if scope is not None:
            from daypass.client.sts.scope_down import narrow_credentials

            found = narrow_credentials(found, plan, fetch.sts_endpoint(plan), scope)
    except (CredentialsUnavailable, UnsafeDirectory) as error:
        raise CommandError(str(error), hint=getattr(error, "hint", ""), code=2) from error
    except fetch.STSFailed as error:
        raise CommandError(str(error), hint=error.hint) from error
    return exported_profile.export(found, variables, os.environ, profile=profile, removed=removed)


def _open_cache() -> "tuple[AnyCache, bytes | None]":
    """Return the cache and its key from a keyring; a stand-in if the cache cannot be used.

    A container may have no home directory, or one without write access: its commands get their
    credentials all the same. Raises `private_files.UnsafeDirectory`.
    """
    from daypass.client import cache
    from daypass.client.sts import fetch

    path = cache.cache_directory(os.environ)
    if not path:
        return fetch.NoCache(), None
    key = keyring_key()
    try:
        return cache.CredentialCache(path, key=key), key
    except OSError:
        return fetch.NoCache(), key


def _store_for_lookups(kept: "AnyCache", name: str, entry: "CacheEntry", key: bytes | None) -> None:
    """Store credentials under the name by which `cached_credentials` finds them, if that can be."""
    from daypass.client import cached_credentials

    with contextlib.suppress(OSError):
        kept.put(name, entry)
        if key is not None:
            cached_credentials.drop_cached_credentials(name, os.environ)


def _variables_to_export(settings: Mapping[str, str]) -> dict[str, str]:
    try:
        return exported_profile.variables_to_export(settings, os.environ)
    except OSError as error:
        raise CommandError(
            "ca_bundle is a relative path, and the working directory does not exist any more",
            hint="change to another directory",
            code=2,
        ) from error


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

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import keyring

        backend = keyring.get_keyring()
        if backend.priority < 1 or "plaintext" in type(backend).__module__.lower():
            return None
        text = keyring.get_password("daypass", "cache")
        if text is None:
            # The client is an edge.
            text = base64.b64encode(os.urandom(32)).decode("ascii")  # noqa: TID251
            keyring.set_password("daypass", "cache", text)
        return base64.b64decode(text)
    except Exception:  # noqa: BLE001 - a backend may need a home, a bus or a session that is missing
        return None
