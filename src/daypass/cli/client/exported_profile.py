"""A profile's credentials as `env`, `exec` and `process` export them, cached or fetched.

The cached path waits for this module too (`cached_answer`).
"""

from daypass.cli.client import run_command
from daypass.cli.credential_formats import END_VARIABLE, ExportedCredentials
from daypass.client import exported_variables
from daypass.client.configuration_files import DEFAULT_PROFILE

TYPE_CHECKING = False  # `typing` takes longer to load than a cached answer
if TYPE_CHECKING:
    from collections.abc import Mapping

    from daypass.client.cache_entry import CacheEntry


def variables_to_export(
    settings: "Mapping[str, str]", environ: "Mapping[str, str]"
) -> dict[str, str]:
    """Return a profile's variables for endpoints, region and authorities, with their record.

    Raises `OSError` as `exported_variables.with_absolute_bundle` does.
    """
    return exported_variables.variables_with_record(
        exported_variables.with_absolute_bundle(settings),
        exported_variables.PROFILE_ORIGIN,
        environ,
    )


def export(
    entry: "CacheEntry",
    variables: "Mapping[str, str]",
    environ: "Mapping[str, str]",
    *,
    profile: str,
    removed: tuple[str, ...],
) -> ExportedCredentials:
    """Return credentials with the variables to set and to unset beside them.

    `profile` is empty if none was named. `removed` are the variables that an earlier command
    exported, removed from `environ` already.
    """
    # Credentials of an unknown end must not get the end of those that were there before.
    old_end = (END_VARIABLE,) if END_VARIABLE in environ and not entry.expires else ()
    return ExportedCredentials(
        access_key_id=entry.access_key_id,
        secret_access_key=entry.secret_access_key,
        session_token=entry.session_token,
        expires=entry.expires,
        account=entry.account,
        variables=variables,
        unset=(
            *run_command.conflicting_variables(environ, profile=profile or DEFAULT_PROFILE),
            *old_end,
            *(name for name in removed if name not in variables),
        ),
    )
