"""Find the source credentials of a plan: those that sign its first STS call."""

from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.credentials import EnvProvider
from botocore.exceptions import BotoCoreError

from daypass.client.credential_plan import CredentialPlan
from daypass.client.credentials_unavailable import CredentialsUnavailable

_FILE_METHODS = frozenset({"env", "shared-credentials-file", "config-file"})
"""botocore's names for the providers that read only the environment and the two files. Credentials
of other providers may change without a trace there."""


@dataclass(frozen=True, slots=True, repr=False)
class SourceCredentials:
    """Credentials that botocore found; `method` is its name of the provider."""

    method: str
    access_key_id: str
    secret_access_key: str
    session_token: str

    def __repr__(self) -> str:
        """Return the provider and access key id, without secrets."""
        return f"SourceCredentials({self.method!r}, {self.access_key_id!r})"

    @property
    def is_from_files(self) -> bool:
        """Say whether only environment variables and the two files determine these credentials."""
        return self.method in _FILE_METHODS


def find_source_credentials(plan: CredentialPlan) -> SourceCredentials:
    """Return a plan's source credentials.

    Raises `CredentialsUnavailable` if there are none or they cannot be read.
    """
    try:
        found = (
            _session_without_roles(plan.source_profile).get_credentials()
            if plan.source_profile
            else EnvProvider().load()
        )
        if found is None:
            where = f"profile {plan.source_profile}" if plan.source_profile else "the environment"
            raise CredentialsUnavailable(
                f"{where} holds no keys", "run aws configure, or sign in first"
            )
        frozen = found.get_frozen_credentials()
    except BotoCoreError as error:
        raise CredentialsUnavailable(
            f"the keys of profile {plan.source_profile or plan.profile} cannot be read: {error}"
        ) from error
    return SourceCredentials(
        found.method, frozen.access_key or "", frozen.secret_key or "", frozen.token or ""
    )


def _session_without_roles(profile: str) -> Any:
    """Return a botocore session that reads a profile's own keys and assumes no role itself."""
    session = botocore.session.Session(profile=profile)
    resolver = session.get_component("credential_provider")
    for name in ("assume-role", "assume-role-with-web-identity"):
        resolver.remove(name)
    return session
