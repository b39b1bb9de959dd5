"""Find the source credentials of a plan: those that sign its first STS call.

botocore's providers find them, in botocore's order (`botocore.credentials`); each is asked here, so
that a failure can be told as that provider's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.credentials import EnvProvider, ProfileProviderBuilder

from daypass.client.credential_plan import CredentialPlan, known_profiles
from daypass.client.credentials_unavailable import CredentialsUnavailable
from daypass.client.source_faults import UnusableKey, source_fault

_FILE_METHODS = frozenset({"env", "shared-credentials-file", "config-file"})
"""botocore's names for the providers that read only the environment and the two files. Credentials
of other providers may change without a trace there."""
_ROLE_METHOD = "assume-role"
"""botocore's provider of roles, in whose place the plan's steps stand."""


@dataclass(frozen=True, slots=True, repr=False)
class SourceCredentials:
    """Credentials that botocore found; `method` is its name of the provider."""

    method: str
    access_key_id: str
    secret_access_key: str
    session_token: str
    """Empty for an access key, which does not expire."""
    expires: int = 0
    """Seconds since 1970; 0 if the provider does not say."""
    account: str = ""
    """Empty if the provider does not say."""

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
        providers = _providers(plan)
    except Exception as error:  # the values of many keys are converted here
        raise CredentialsUnavailable(
            f"profile {plan.profile} cannot be used: {error}", "correct its values in ~/.aws/config"
        ) from error
    for provider in providers:
        found = _credentials_of(provider, plan)
        if found is not None:
            return found
    raise _no_credentials(plan)


def _providers(plan: CredentialPlan) -> Sequence[Any]:
    """Return the providers that botocore would ask for a plan's source, in its order."""
    session = plan.session()
    if plan.has_roles and plan.source_profile:
        builder = ProfileProviderBuilder(session)
        return list(builder.providers(profile_name=plan.source_profile, disable_env_vars=True))
    known = session.get_component("credential_provider").providers
    if plan.credential_source:
        named = [EnvProvider(), *known]
        return [each for each in named if plan.credential_source == each.CANONICAL_NAME][:1]
    return [each for each in known if each.METHOD != _ROLE_METHOD]


def _credentials_of(provider: Any, plan: CredentialPlan) -> SourceCredentials | None:
    """Return a provider's credentials, None if it has none; raises `CredentialsUnavailable`."""
    try:
        found = provider.load()
        if found is None:
            return None
        keys = found.get_frozen_credentials()
        # The end has no public name; botocore's own CLI reads it in this way.
        end = getattr(found, "_expiry_time", None)
        expires = 0 if end is None else int(end.timestamp())
    except Exception as error:  # a provider raises whatever the libraries that it uses do
        raise source_fault(provider.METHOD, plan, error) from error
    for value in (keys.access_key, keys.secret_key):
        if not _is_word(value):
            raise source_fault(
                provider.METHOD, plan, UnusableKey("one is empty or has a control character")
            )
    if keys.token and not _is_word(keys.token):
        raise source_fault(provider.METHOD, plan, UnusableKey("one has a control character"))
    account = str(keys.account_id or "")
    return SourceCredentials(
        method=found.method,
        access_key_id=keys.access_key,
        secret_access_key=keys.secret_key,
        session_token=keys.token or "",
        expires=expires,
        account=account if _is_word(account) else "",
    )


def _is_word(value: object) -> bool:
    """Say whether a value can be part of credentials: printable text, without line ends."""
    return isinstance(value, str) and value != "" and value.isprintable()


def _no_credentials(plan: CredentialPlan) -> CredentialsUnavailable:
    if plan.credential_source:
        where = {"Environment": "the environment"}.get(
            plan.credential_source, plan.credential_source
        )
        return CredentialsUnavailable(
            f"{where} holds no keys, which profile {plan.profiles[-1]} names as credential_source",
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run it where there are some",
        )
    if plan.source_profile:
        return CredentialsUnavailable(
            f"profile {plan.source_profile} holds no keys", "run aws configure, or sign in first"
        )
    return CredentialsUnavailable(
        "there is no profile default, and the environment holds no keys",
        f"name a profile with --profile; {known_profiles(plan.config)}",
    )
