"""Turn a profile of `~/.aws/config` into the STS calls that yield its temporary credentials.

botocore reads the files; this module follows `source_profile` and refuses what it cannot follow.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError

from daypass.client import endpoints
from daypass.client.configuration_files import CONFIGURATION_BYTES_MAX, expand_path
from daypass.client.credentials_unavailable import CredentialsUnavailable
from daypass.files import bounded_reading

CHAINED_PROFILES_MAX = 8  # profiles that name one another as source_profile; ours


@dataclass(frozen=True, slots=True)
class STSStep:
    """One call of AssumeRole, or of GetSessionToken if `role_arn` is empty."""

    role_arn: str
    session_name: str
    """The profile's `role_session_name`; empty means the caller's own name."""
    seconds: int | None
    external_id: str
    mfa_serial: str


@dataclass(frozen=True, slots=True)
class CredentialPlan:
    """The STS calls for a profile's credentials, in order, and what signs the first.

    `source_profile` holds the keys that sign the first call; empty means the environment.
    """

    profile: str
    source_profile: str
    steps: tuple[STSStep, ...]
    region: str
    profiles: tuple[str, ...]
    """The requested profile, then each on its `source_profile` chain."""
    files: tuple[str, ...]
    """Absolute paths of the configuration and the credentials file."""
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """botocore's reading of both files, secrets included."""

    def endpoint_variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the variables for endpoints, region and certificate authorities.

        They depend on the files and on `AWS_` variables alone (`endpoints.profile_variables`).
        Raises `CredentialsUnavailable`.
        """
        return endpoints.profile_variables(self.profile, self.config, environ, region=self.region)


def plan_credentials(profile: str, *, seconds: int | None = None) -> CredentialPlan:
    """Return the plan for a profile; `seconds` overrides the last step's duration.

    Raises `CredentialsUnavailable`.
    """
    session = botocore.session.Session(profile=None)
    files = _configuration_files(session)
    try:
        config = session.full_config
    except BotoCoreError as error:
        raise CredentialsUnavailable(f"the configuration cannot be read: {error}") from error
    profiles: Mapping[str, Mapping[str, Any]] = config.get("profiles", {})
    steps: list[STSStep] = []
    name, seen = profile, [profile]
    region = ""
    while True:
        found = profiles.get(name)
        if found is None:
            known = ", ".join(sorted(profiles)) or "none"
            raise CredentialsUnavailable(f"there is no profile {name}", f"known profiles: {known}")
        region = region or str(found.get("region", ""))
        if "role_arn" not in found:
            break
        steps.append(_sts_step(name, found))
        if found.get("credential_source") == "Environment":
            name = ""
            break
        source = found.get("source_profile")
        if source is None:
            raise CredentialsUnavailable(
                f"profile {name} has a role_arn and no source_profile", "add source_profile = NAME"
            )
        if source == name and "aws_access_key_id" in found:
            break
        if source in seen or len(seen) >= CHAINED_PROFILES_MAX:
            raise CredentialsUnavailable(
                f"the profiles {' → '.join([*seen, str(source)])} lead in a circle"
            )
        name = str(source)
        seen.append(name)
    if not steps:
        steps = [STSStep("", "", None, "", str(profiles[name].get("mfa_serial", "")))]
    ordered = tuple(reversed(steps))
    if seconds is not None:
        ordered = (*ordered[:-1], replace(ordered[-1], seconds=seconds))
    return CredentialPlan(profile, name, ordered, region, tuple(seen), files, config)


def _configuration_files(session: Any) -> tuple[str, ...]:
    """Return the absolute paths of the session's configuration and credentials file.

    Raises `CredentialsUnavailable` for a path that exists and is not a readable file.
    """
    found = []
    for variable in ("config_file", "credentials_file"):
        path = os.path.abspath(expand_path(str(session.get_config_variable(variable))))  # noqa: PTH100
        if os.path.lexists(path):
            try:
                bounded_reading.require_file(path, CONFIGURATION_BYTES_MAX)
            except bounded_reading.UnreadableFile as error:
                raise CredentialsUnavailable(
                    f"the configuration cannot be read: {error}"
                ) from error
        found.append(path)
    return tuple(found)


def _sts_step(name: str, found: Mapping[str, Any]) -> STSStep:
    text = found.get("duration_seconds")
    if text is not None and not str(text).isdigit():
        raise CredentialsUnavailable(f"duration_seconds of profile {name} is not a number: {text}")
    return STSStep(
        role_arn=str(found["role_arn"]),
        session_name=str(found.get("role_session_name", "")),
        seconds=int(str(text)) if text is not None else None,
        external_id=str(found.get("external_id", "")),
        mfa_serial=str(found.get("mfa_serial", "")),
    )
