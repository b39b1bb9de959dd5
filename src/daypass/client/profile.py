"""A profile of `~/.aws/config` as a plan: whose keys, which role, with what.

botocore reads the files; this module only follows `source_profile` and says what cannot be followed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError

CHAIN_MAX = 8


class Unusable(Exception):
    """A profile that leads to no credentials; `hint` says what to write."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Step:
    """One AssumeRole, or one GetSessionToken where `role_arn` is empty."""

    profile: str
    role_arn: str
    session_name: str
    seconds: int | None
    external_id: str
    mfa_serial: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How to get from keys to credentials: the profile with the keys (empty: the environment), then each step."""

    profile: str
    base: str
    steps: tuple[Step, ...]
    region: str

    def name(self, endpoint: str) -> str:
        """Return what the credentials are kept under: everything that makes them what they are."""
        return repr((endpoint, self.base, self.steps))


def plan(profile: str, *, seconds: int | None = None) -> Plan:
    """Return the plan of a profile; raises `Unusable`."""
    session = botocore.session.Session(profile=None)
    try:
        config = session.full_config
    except BotoCoreError as error:
        raise Unusable(f"the configuration cannot be read: {error}") from error
    profiles: Mapping[str, Mapping[str, Any]] = config.get("profiles", {})
    steps: list[Step] = []
    name, seen = profile, [profile]
    region = ""
    while True:
        found = profiles.get(name)
        if found is None:
            known = ", ".join(sorted(profiles)) or "none"
            raise Unusable(f"there is no profile {name}", f"known profiles: {known}")
        region = region or str(found.get("region", ""))
        if "role_arn" not in found:
            break
        steps.append(_step(name, found))
        if found.get("credential_source") == "Environment":
            return Plan(profile, "", tuple(reversed(steps)), region)
        source = found.get("source_profile")
        if source is None:
            raise Unusable(
                f"profile {name} has a role_arn and no source_profile", "add source_profile = NAME"
            )
        if source == name and "aws_access_key_id" in found:
            break
        if source in seen or len(seen) >= CHAIN_MAX:
            raise Unusable(f"the profiles {' → '.join([*seen, str(source)])} lead in a circle")
        name = str(source)
        seen.append(name)
    if not steps:
        steps = [Step(profile, "", "", None, "", str(profiles[name].get("mfa_serial", "")))]
    ordered = tuple(reversed(steps))
    if seconds is not None:
        last = ordered[-1]
        ordered = (*ordered[:-1], _lasting(last, seconds))
    return Plan(profile, name, ordered, region)


def _lasting(step: Step, seconds: int) -> Step:
    return Step(
        step.profile, step.role_arn, step.session_name, seconds, step.external_id, step.mfa_serial
    )


def _step(name: str, found: Mapping[str, Any]) -> Step:
    text = found.get("duration_seconds")
    if text is not None and not str(text).isdigit():
        raise Unusable(f"duration_seconds of profile {name} is not a number: {text}")
    return Step(
        profile=name,
        role_arn=str(found["role_arn"]),
        session_name=str(found.get("role_session_name", "")),
        seconds=int(str(text)) if text is not None else None,
        external_id=str(found.get("external_id", "")),
        mfa_serial=str(found.get("mfa_serial", "")),
    )
