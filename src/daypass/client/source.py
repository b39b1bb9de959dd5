"""Whose keys a plan starts with, and where they were found."""

from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.credentials import EnvProvider
from botocore.exceptions import BotoCoreError

from daypass.client.profile import Plan
from daypass.client.unusable import Unusable

_OF_FILES = frozenset({"env", "shared-credentials-file", "config-file"})
"""Where keys stand in variables or in the two files, as botocore calls the places; elsewhere they may change unseen."""


@dataclass(frozen=True, slots=True, repr=False)
class Source:
    """Keys that a plan starts with; `method` is where botocore found them."""

    method: str
    access_key_id: str
    secret_access_key: str
    session_token: str

    def __repr__(self) -> str:
        """Show which keys these are, and no secret."""
        return f"Source({self.method!r}, {self.access_key_id!r})"

    @property
    def is_written_down(self) -> bool:
        """Say whether the variables and the two files alone decide which keys these are."""
        return self.method in _OF_FILES


def find(plan: Plan) -> Source:
    """Return the keys that a plan starts with. Raises `Unusable` if there are none, or if they cannot be read."""
    try:
        found = _session(plan.base).get_credentials() if plan.base else EnvProvider().load()
        if found is None:
            where = f"profile {plan.base}" if plan.base else "the environment"
            raise Unusable(f"{where} holds no keys", "aws configure, or sign in first")
        frozen = found.get_frozen_credentials()
    except BotoCoreError as error:
        raise Unusable(f"the keys of profile {plan.base or plan.profile} cannot be had: {error}") from error  # fmt: skip
    return Source(
        found.method, frozen.access_key or "", frozen.secret_key or "", frozen.token or ""
    )


def _session(profile: str) -> Any:
    """Return a session that reads a profile's own keys and assumes no role by itself."""
    session = botocore.session.Session(profile=profile)
    resolver = session.get_component("credential_provider")
    for name in ("assume-role", "assume-role-with-web-identity"):
        resolver.remove(name)
    return session
