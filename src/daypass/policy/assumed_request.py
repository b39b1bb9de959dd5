"""The condition keys of a request that nobody has sent, with what was assumed about it.

The keys are made by the function that makes them for a server. What a request would show and a
question does not say is assumed, never in favour of an answer: the credentials have no MFA, and
the connection has no TLS. The client's address, its region and its name are not guessed at all.
"""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from daypass.core.account_ids import is_account_id
from daypass.core.arn import arn_parts
from daypass.core.policy.global_keys import (
    OWNERLESS_RESOURCES,
    ConditionKeys,
    OrganizationFacts,
    global_keys,
)
from daypass.core.policy.language.principal import WITHOUT_ACCOUNT, Principal, PrincipalKind


class CredentialKind(enum.StrEnum):
    """How the caller signs: with a long-term access key, or with temporary credentials."""

    ACCESS_KEY = "access-key"
    SESSION = "session"
    MFA_SESSION = "mfa-session"
    """Temporary credentials of GetSessionToken with an MFA code."""


class UnfitCredential(ValueError):
    """A kind of credential that a principal cannot have."""


class Assumption(NamedTuple):
    """What was assumed, with the reason: a condition key, or something else about the caller.

    The value None: the key is absent.
    """

    key: str
    value: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Organization:
    """An account's organization: its id, the path of the account's parent, its management."""

    organization: str
    path: str
    management: str


@dataclass(frozen=True, slots=True)
class AssumedRequest:
    """The condition keys of a request, in lower case, and those among them that were assumed."""

    keys: ConditionKeys
    assumptions: tuple[Assumption, ...]

    def json_keys(self) -> dict[str, str | list[str]]:
        """Return the keys as a question file has them."""
        return {
            key: value if isinstance(value, str) else list(value)
            for key, value in self.keys.items()
        }

    def with_keys(self, more: Mapping[str, str | tuple[str, ...]]) -> "AssumedRequest":
        """Return the request with further keys; a key that was given is assumed no longer."""
        given = {key.lower(): value for key, value in more.items()}
        return AssumedRequest(
            self.keys | given,
            tuple(each for each in self.assumptions if each.key.lower() not in given),
        )


@dataclass(frozen=True, slots=True)
class _Tag:
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class _Session:
    issued: int
    has_mfa: bool
    source_identity: str = ""
    federated_provider: str = ""
    identity_store_user: str = ""

    def mfa_age_seconds(self, *, steady: int) -> int | None:
        return max(0, steady - self.issued) if self.has_mfa else None


@dataclass(frozen=True, slots=True)
class _Caller:
    principal: Principal
    tags: tuple[_Tag, ...]
    session: _Session | None


@dataclass(frozen=True, slots=True)
class _Connection:
    now: int
    secure: bool
    lead: int = 0
    source_ip: str = ""
    region: str = ""
    user_agent: str = ""
    referer: str = ""


@dataclass(frozen=True, slots=True)
class _Resource:
    resource: str
    account: str


def assume_request(
    principal: Principal,
    *,
    resource: str,
    account: str,
    now: int,
    credential: CredentialKind | None = None,
    is_secure: bool = False,
    tags: Mapping[str, str] | None = None,
    callers_organization: OrganizationFacts | None = None,
    owners_organization: OrganizationFacts | None = None,
) -> AssumedRequest:
    """Return the condition keys of a request at a second since 1970, as a server makes them.

    `account` owns the resource. Without a `credential`, a user has a long-term access key, root and
    a role temporary credentials without MFA. Raises `UnfitCredential`.
    """
    kind = _checked_credential(principal, credential)
    is_session = kind in {CredentialKind.SESSION, CredentialKind.MFA_SESSION}
    session = _Session(now, kind is CredentialKind.MFA_SESSION) if is_session else None
    keys = global_keys(
        _Resource(resource, account),
        _Caller(principal, tuple(_Tag(*each) for each in (tags or {}).items()), session),
        _Connection(now, is_secure),
        callers_organization=callers_organization,
        owners_organization=owners_organization,
    )
    return AssumedRequest(keys, tuple(_assumptions(keys, kind, is_secure=is_secure)))


def owners_account(resource: str, caller: str) -> tuple[str, tuple[Assumption, ...]]:
    """Return the account that owns a resource for which none is given, with what that assumes.

    The account in the resource's ARN; without one, as for S3's buckets, the caller's.
    """
    parts = arn_parts(resource)
    if parts is not None and is_account_id(parts[4]):
        return parts[4], ()
    if resource in OWNERLESS_RESOURCES:
        return caller, ()
    why = "the caller's account, because the resource's ARN has none"
    return caller, (Assumption("aws:ResourceAccount", caller, why),)


def _checked_credential(
    principal: Principal, credential: CredentialKind | None
) -> CredentialKind | None:
    """Return the kind of credential; None for callers that have none."""
    kind = principal.kind
    if kind in WITHOUT_ACCOUNT:
        if credential is not None:
            raise UnfitCredential(f"a caller of the kind {kind} has no credentials of an account")
        return None
    if kind is PrincipalKind.USER:
        return credential or CredentialKind.ACCESS_KEY
    if kind is PrincipalKind.ROOT:
        return credential or CredentialKind.SESSION
    if credential not in {None, CredentialKind.SESSION}:
        raise UnfitCredential(
            f"a {kind} has temporary credentials without MFA, whoever made them: `session`"
        )
    return CredentialKind.SESSION


_MFA_KEY = "aws:MultiFactorAuthPresent"
_ISSUE_KEY = "aws:TokenIssueTime"


def _assumptions(
    keys: ConditionKeys, credential: CredentialKind | None, *, is_secure: bool
) -> Iterator[Assumption]:
    def assumed(key: str, why: str) -> Assumption:
        value = keys.get(key.lower())
        return Assumption(key, value if isinstance(value, str) else None, why)

    if credential is CredentialKind.ACCESS_KEY:
        yield assumed(_MFA_KEY, "a long-term access key")
        yield assumed(_ISSUE_KEY, "a long-term access key")
    elif credential is CredentialKind.SESSION:
        yield assumed(_MFA_KEY, "temporary credentials without MFA")
        yield assumed(_ISSUE_KEY, "issued now")
    elif credential is CredentialKind.MFA_SESSION:
        yield assumed(_MFA_KEY, "temporary credentials made with MFA")
        yield assumed("aws:MultiFactorAuthAge", "the MFA code was given now")
        yield assumed(_ISSUE_KEY, "issued now")
    yield assumed("aws:SecureTransport", "HTTPS" if is_secure else "plain HTTP")
    yield assumed("aws:ViaAWSService", "no AWS service passes the request on")
    yield assumed("aws:CurrentTime", "now")
    yield assumed("aws:EpochTime", "now")
