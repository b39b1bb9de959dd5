"""AssumeRole's rules: the actions that a trust policy must allow, and what the session gets.

`plan_session` says what the trust policy must allow; the caller of these functions asks it.
`grant_session` checks what depends on the role (its longest session) only afterwards, so that a
refusal says nothing about a role that does not trust the caller.

Sources: AWS STS API reference, AssumeRole; IAM user guide, "Pass session tags in AWS STS" and
"Monitor and control actions taken with assumed roles".
"""

import zlib
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from daypass.core import quotas
from daypass.core.domain.iam.role import HOUR, Role
from daypass.core.domain.record import Tag
from daypass.core.domain.tagging import check_tag_keys
from daypass.core.faults import Denied, Invalid, InvalidParameterValue, TooLarge
from daypass.core.sessions.person_session import PersonSession

ASSUME = "sts:AssumeRole"
ASSUME_WITH_SAML = "sts:AssumeRoleWithSAML"
TAG = "sts:TagSession"
SET_SOURCE_IDENTITY = "sts:SetSourceIdentity"

NO_KEYS: Mapping[str, str] = MappingProxyType({})

DUPLICATE_TAGS = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
RESERVED_TAGS = "Tag keys beginning with `aws:` are reserved for system use."
TRANSITIVE_NOT_PASSED = "The specified transitive tag key must be included in the requested tags."
TRANSITIVE_CONFLICT = (
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive"
    " tag key from the calling session."
)
CHAINED_TOO_LONG = (
    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role"
    " chaining."
)
ROLE_TOO_LONG = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


class SessionRequest(msgspec.Struct, frozen=True):
    """The parameters of an AssumeRole request that bear on the session."""

    session_name: str
    seconds: int | None = None
    tags: tuple[Tag, ...] = ()
    transitive: tuple[str, ...] = ()
    external_id: str = ""
    source_identity: str = ""
    with_mfa: bool = False


class CallingSession(msgspec.Struct, frozen=True):
    """What the new session inherits from the caller's session.

    The defaults are for a long-term key.
    """

    is_temporary: bool = False
    tags: tuple[Tag, ...] = ()
    """The transitive tags of the caller's session."""
    source_identity: str = ""
    person: PersonSession | None = None
    """Whose access the new session depends on, because the caller's does."""


LONG_TERM_KEY = CallingSession()
"""What a caller with a long-term key passes on: no tag and no source identity."""


class SessionPlan(msgspec.Struct, frozen=True):
    """A valid request, and what the role's trust policy must allow before it is granted."""

    request: SessionRequest
    calling: CallingSession
    actions: tuple[str, ...]
    """Actions such as `sts:TagSession`; the trust policy must allow each of them."""
    condition_keys: Mapping[str, str | tuple[str, ...]]
    """The condition keys that the request supplies, in lower case, with their values."""


class GrantedSession(msgspec.Struct, frozen=True):
    """What the session gets: its duration, tags, source identity, session policies and person."""

    seconds: int
    tags: tuple[Tag, ...] = ()
    transitive: tuple[str, ...] = ()
    source_identity: str = ""
    policies: tuple[str, ...] | None = None
    packed_percent: int | None = None
    """Percentage of the packed quota in use; None for a session without policies and passed
    tags."""
    person: PersonSession | None = None


def plan_session(
    request: SessionRequest,
    calling: CallingSession,
    *,
    action: str = ASSUME,
    provider_keys: Mapping[str, str] = NO_KEYS,
) -> SessionPlan:
    """Return what a request needs of the role's trust policy.

    `action` is the one by which the role is assumed. `provider_keys` are the condition keys that an
    identity provider's assertion brings, in lower case. Raises `InvalidParameterValue` for
    duplicate, reserved or conflicting tags, and `Denied` for a source identity other than the
    caller's session already has.
    """
    if request.tags or request.transitive:
        _check_tags(request, calling)
    if (
        request.source_identity
        and calling.source_identity
        and request.source_identity != calling.source_identity
    ):
        raise Denied("The source identity of a session cannot be changed.")
    actions = [action]
    if request.tags or calling.tags:
        actions.append(TAG)
    if request.source_identity or calling.source_identity:
        actions.append(SET_SOURCE_IDENTITY)
    keys = _condition_keys(request)
    if provider_keys:
        keys.update(provider_keys)
    return SessionPlan(request, calling, tuple(actions), keys)


def grant_session(
    plan: SessionPlan, role: Role, policies: tuple[str, ...] | None = None
) -> GrantedSession:
    """Return what the session gets, once the role's trust policy has allowed the plan.

    `policies` are the session policies: documents, and `arn@version` of managed ones; None if none
    were passed. Raises `Invalid` for a duration beyond the role's or that of role chaining, and
    `TooLarge` if policies and tags exceed the packed quota.
    """
    request, calling = plan.request, plan.calling
    seconds = HOUR if request.seconds is None else request.seconds
    if calling.is_temporary and seconds > HOUR:
        raise Invalid(CHAINED_TOO_LONG)
    if seconds > role.session_seconds_max:
        raise Invalid(ROLE_TOO_LONG)
    return GrantedSession(
        seconds=seconds,
        tags=_layered(role.tags, calling.tags, request.tags),
        transitive=(*[tag.key for tag in calling.tags], *request.transitive)
        if calling.tags
        else request.transitive,
        source_identity=request.source_identity or calling.source_identity,
        policies=policies,
        packed_percent=packed_percent(policies, request.tags),
        person=calling.person,
    )


def packed_percent(policies: tuple[str, ...] | None, tags: tuple[Tag, ...]) -> int | None:
    """Return the percentage of the packed quota that policies and tags use; None without either.

    Raises `TooLarge` above one hundred percent.
    """
    if not policies and not tags:
        return None
    packed = zlib.compress(msgspec.msgpack.encode((policies, tags)), 9)
    percent = -(-100 * len(packed) // quotas.PACKED_SESSION_BYTES_MAX)
    if percent > quotas.PERCENT_MAX:
        raise TooLarge(f"Packed size of session tags and policies consumes {percent}% of quota.")
    return percent


def _check_tags(request: SessionRequest, calling: CallingSession) -> None:
    check_tag_keys(
        request.tags,
        duplicate=lambda: InvalidParameterValue(DUPLICATE_TAGS),
        reserved=lambda: InvalidParameterValue(RESERVED_TAGS),
    )
    passed = {tag.key.lower() for tag in request.tags}
    if not {key.lower() for key in request.transitive} <= passed:
        raise InvalidParameterValue(TRANSITIVE_NOT_PASSED)
    if {tag.key.lower() for tag in calling.tags} & passed:
        raise InvalidParameterValue(TRANSITIVE_CONFLICT)


def _condition_keys(request: SessionRequest) -> dict[str, str | tuple[str, ...]]:
    """Return the condition keys of a request.

    A parameter that is not given has no key, not an empty one.
    """
    keys: dict[str, str | tuple[str, ...]] = {"sts:rolesessionname": request.session_name}
    if request.external_id:
        keys["sts:externalid"] = request.external_id
    if request.source_identity:
        keys["sts:sourceidentity"] = request.source_identity
    if request.tags:
        keys["aws:tagkeys"] = tuple(tag.key for tag in request.tags)
        keys |= {f"aws:requesttag/{tag.key.lower()}": tag.value for tag in request.tags}
    if request.transitive:
        keys["sts:transitivetagkeys"] = request.transitive
    if request.with_mfa:
        # The code was verified in this call, also for a long-term key.
        keys |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    return keys


def _layered(*layers: tuple[Tag, ...]) -> tuple[Tag, ...]:
    """Return the tags of all layers.

    A later layer replaces a tag whose key is equal without regard to case.
    """
    if not any(layers):
        return ()
    tags = {tag.key.lower(): tag for layer in layers for tag in layer}
    return tuple(tags.values())
