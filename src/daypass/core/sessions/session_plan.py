"""AssumeRole, as a rule: what a request asks of a role, which actions that implies, and what the session becomes.

Nothing here asks a policy; `plan` says what has to be asked. What would tell an outsider about the role (its longest
session) is checked by `granted`, after the policies have said yes.

Sources: AWS STS API reference, AssumeRole; IAM user guide, "Pass session tags in AWS STS" and "Monitor and control
actions taken with assumed roles".
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from daypass.core import quotas
from daypass.core.domain.iam.role import HOUR, Role
from daypass.core.domain.record import Tag
from daypass.core.faults import Denied, Invalid, TooLarge

ASSUME = "sts:AssumeRole"
TAG = "sts:TagSession"
SET_SOURCE_IDENTITY = "sts:SetSourceIdentity"

DUPLICATE_TAGS = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
RESERVED_TAGS = "Tag keys beginning with `aws:` are reserved for system use."
TRANSITIVE_NOT_PASSED = "The specified transitive tag key must be included in the requested tags."
TRANSITIVE_CONFLICT = (
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive"
    " tag key from the calling session."
)
CHAINED_TOO_LONG = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
ROLE_TOO_LONG = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


@dataclass(frozen=True, slots=True)
class Wish:
    """What a call asks for, as its parameters say."""

    session_name: str
    seconds: int | None = None
    tags: tuple[Tag, ...] = ()
    transitive: tuple[str, ...] = ()
    external_id: str = ""
    source_identity: str = ""
    with_mfa: bool = False


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What the calling session hands on: nothing for a long-term key."""

    is_temporary: bool = False
    tags: tuple[Tag, ...] = ()
    """Tags of the calling session that are transitive."""
    source_identity: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A session that nobody has allowed yet."""

    wish: Wish
    inherited: Inheritance
    actions: tuple[str, ...]
    """What the role's trust policy has to be asked, each on its own."""
    keys: Mapping[str, str | tuple[str, ...]]
    """The condition keys that the call brings, in lower case."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What the session will be."""

    seconds: int
    tags: tuple[Tag, ...] = ()
    transitive: tuple[str, ...] = ()
    source_identity: str = ""
    policies: tuple[str, ...] | None = None
    packed_percent: int | None = None
    """How much of what a session may carry is used; nothing where it carries nothing."""


def plan(wish: Wish, inherited: Inheritance) -> Plan:
    """Say what the call implies.

    Raises `Invalid` for tags that cannot be meant, and `Denied` for a source identity other than the session's own.
    """
    _check_tags(wish, inherited)
    if (
        wish.source_identity
        and inherited.source_identity
        and wish.source_identity != inherited.source_identity
    ):
        raise Denied("The source identity of a session cannot be changed.")
    actions = [ASSUME]
    if wish.tags or inherited.tags:
        actions.append(TAG)
    if wish.source_identity or inherited.source_identity:
        actions.append(SET_SOURCE_IDENTITY)
    return Plan(wish, inherited, tuple(actions), _keys(wish))


def granted(plan: Plan, role: Role, policies: tuple[str, ...] | None = None) -> Granted:
    """Say what the session becomes, now that the role trusts the caller.

    `policies` are its session policies: documents, or `arn@version` of managed ones; None where none were passed.
    Raises `Invalid` for a duration beyond the role's or the chain's, and `TooLarge` for more than a session carries.
    """
    wish, inherited = plan.wish, plan.inherited
    seconds = HOUR if wish.seconds is None else wish.seconds
    if inherited.is_temporary and seconds > HOUR:
        raise Invalid(CHAINED_TOO_LONG)
    if seconds > role.session_seconds_max:
        raise Invalid(ROLE_TOO_LONG)
    return Granted(
        seconds=seconds,
        tags=_overlaid(role.tags, inherited.tags, wish.tags),
        transitive=(*(tag.key for tag in inherited.tags), *wish.transitive),
        source_identity=wish.source_identity or inherited.source_identity,
        policies=policies,
        packed_percent=packed_percent(policies, wish.tags),
    )


def packed_percent(policies: tuple[str, ...] | None, tags: tuple[Tag, ...]) -> int | None:
    """Return how much of a session's room policies and tags take, in percent; raises `TooLarge` over a hundred."""
    if not policies and not tags:
        return None
    packed = zlib.compress(msgspec.msgpack.encode((policies, tags)), 9)
    percent = -(-100 * len(packed) // quotas.PACKED_SESSION_BYTES_MAX)
    if percent > quotas.PERCENT_MAX:
        raise TooLarge(f"Packed size of session tags and policies consumes {percent}% of quota.")
    return percent


def _check_tags(wish: Wish, inherited: Inheritance) -> None:
    passed = [tag.key.lower() for tag in wish.tags]
    if len(set(passed)) != len(passed):
        raise Invalid(DUPLICATE_TAGS)
    if any(key.startswith("aws:") for key in passed):
        raise Invalid(RESERVED_TAGS)
    if not {key.lower() for key in wish.transitive} <= set(passed):
        raise Invalid(TRANSITIVE_NOT_PASSED)
    if {tag.key.lower() for tag in inherited.tags} & set(passed):
        raise Invalid(TRANSITIVE_CONFLICT)


def _keys(wish: Wish) -> dict[str, str | tuple[str, ...]]:
    """Return the keys of the call: one that it supplies nothing for is absent, never empty."""
    keys: dict[str, str | tuple[str, ...]] = {"sts:rolesessionname": wish.session_name}
    if wish.external_id:
        keys["sts:externalid"] = wish.external_id
    if wish.source_identity:
        keys["sts:sourceidentity"] = wish.source_identity
    if wish.tags:
        keys["aws:tagkeys"] = tuple(tag.key for tag in wish.tags)
        keys |= {f"aws:requesttag/{tag.key.lower()}": tag.value for tag in wish.tags}
    if wish.transitive:
        keys["sts:transitivetagkeys"] = wish.transitive
    if wish.with_mfa:
        # Verified a moment ago, also when the caller used a long-term key.
        keys |= {"aws:multifactorauthpresent": "true", "aws:multifactorauthage": "0"}
    return keys


def _overlaid(*layers: tuple[Tag, ...]) -> tuple[Tag, ...]:
    """Return the tags of all layers; a later one wins over an earlier one whose key differs at most in case."""
    tags = {tag.key.lower(): tag for layer in layers for tag in layer}
    return tuple(tags.values())
