"""The condition keys of a request.

They come from the verified credential, the directory, the socket and the clock, never from a
header, a parameter or a body that merely has a key's name. Source: IAM user guide, "AWS global
condition context keys".
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.record import Tag
from daypass.core.policy.decision.refusal_record import TagKeys
from daypass.core.policy.language.principal import PrincipalKind
from daypass.core.policy.language.resources import ACCOUNT_WIDE_RESOURCES
from daypass.core.time.timestamps import iso8601
from daypass.services.kit.authorization_question import (
    AuthorizationQuestion,
    Circumstances,
    ContextKeys,
)
from daypass.services.kit.caller import Caller
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.directory import Directory

OWNERLESS_RESOURCES = frozenset({"*", *ACCOUNT_WIDE_RESOURCES.values()})
"""Resources without an owner, of actions on a whole account such as ListAllMyBuckets."""


class RequestKeys(Mapping[str, str | tuple[str, ...]]):
    """The condition keys of a question, by name in lower case, each made when it is asked for.

    Most policies ask for none of them, or for one or two. The question's own keys, such as the
    `sts` keys of AssumeRole, take precedence over the global ones.

    The keys of the resource's tags stand beside the others and are never copied, so that a refusal
    costs the same however many tags there are: its cost would tell which roles exist.
    """

    __slots__ = ("_caller", "_circumstances", "_directory", "_question", "_without_tags")

    def __init__(
        self,
        question: AuthorizationQuestion,
        caller: Caller,
        directory: Directory,
        circumstances: Circumstances,
    ) -> None:
        self._question = question
        self._caller = caller
        self._directory = directory
        self._circumstances = circumstances
        self._without_tags: dict[str, str | tuple[str, ...]] | None = None

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key; `default` if the request has no such key."""
        own = self._question.keys.get(key)
        if own is not None:
            return own
        if self._without_tags is None:
            make = _GLOBAL_KEYS.get(key)
            if make is not None:
                value = make(self._question, self._caller, self._circumstances)
                return default if value is None else value
        tags = self._question.tags
        if tags is not None and key in tags.keys:
            return tags.keys[key]
        return self.without_tags().get(key, default)

    def __getitem__(self, key: str) -> str | tuple[str, ...]:
        value: str | tuple[str, ...] | None = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        yield from self.without_tags()
        if self._question.tags is not None:
            yield from self._question.tags.keys

    def __len__(self) -> int:
        tags = self._question.tags
        return len(self.without_tags()) + (0 if tags is None else len(tags.keys))

    def without_tags(self) -> ContextKeys:
        """Return every key except those of the resource's tags."""
        if self._without_tags is None:
            self._without_tags = _make_keys(
                self._question, self._caller, self._directory, self._circumstances
            )
        return self._without_tags


def _make_keys(
    question: AuthorizationQuestion,
    caller: Caller,
    directory: Directory,
    circumstances: Circumstances,
) -> dict[str, str | tuple[str, ...]]:
    keys: dict[str, str | tuple[str, ...]] = {}
    for name, make in _GLOBAL_KEYS.items():
        value = make(question, caller, circumstances)
        if value is not None:
            keys[name] = value
    keys.update(_organization_keys(question, caller, directory))
    for tag in caller.tags:
        keys[f"aws:principaltag/{tag.key.lower()}"] = tag.value
    if caller.session is not None:
        keys.update(_session_keys(caller, circumstances.now + circumstances.lead))
    keys.update(question.keys)
    return keys


def _resource_account(question: AuthorizationQuestion) -> str | None:
    return None if question.resource in OWNERLESS_RESOURCES else question.account


def _is_anonymous(caller: Caller) -> bool:
    return caller.principal.kind is PrincipalKind.ANONYMOUS


_GLOBAL_KEYS: Mapping[str, Callable[[AuthorizationQuestion, Caller, Circumstances], str | None]] = {
    "aws:currenttime": lambda _question, _caller, now: iso8601(now.now),
    "aws:epochtime": lambda _question, _caller, now: str(now.now),
    "aws:principalaccount": lambda _question, caller, _now: caller.account or "anonymous",
    "aws:principaltype": lambda _question, caller, _now: PRINCIPAL_TYPES[caller.principal.kind],
    "aws:requestedregion": lambda _question, _caller, now: now.region,
    "aws:securetransport": lambda _question, _caller, now: "true" if now.secure else "false",
    "aws:userid": lambda _question, caller, _now: caller.user_id,
    "aws:viaawsservice": lambda _question, _caller, _now: "false",
    "aws:sourceip": lambda _question, _caller, now: now.source_ip or None,
    "aws:principalarn": lambda _question, caller, _now: (
        None if _is_anonymous(caller) else principal_arn(caller)
    ),
    "aws:principalisawsservice": lambda _question, caller, _now: (
        None if _is_anonymous(caller) else "false"
    ),
    "aws:useragent": lambda _question, _caller, now: now.user_agent or None,
    "aws:referer": lambda _question, _caller, now: now.referer or None,
    "aws:resourceaccount": lambda question, _caller, _now: _resource_account(question),
    "aws:username": lambda _question, caller, _now: (
        caller.record.name if isinstance(caller.record, User) else None
    ),
}
"""Keys that a question, its caller and the circumstances give by themselves; None: no such key.

No tag's key and no session's key has one of these names.
"""


def _organization_keys(
    question: AuthorizationQuestion, caller: Caller, directory: Directory
) -> dict[str, str | tuple[str, ...]]:
    """Return the keys of the caller's and the resource's organizations, from the directory."""
    keys: dict[str, str | tuple[str, ...]] = {}
    policies_above = directory.control_policies_of(caller.account)
    if policies_above is not None:
        keys["aws:principalorgid"] = policies_above.organization
        keys["aws:principalorgpaths"] = (policies_above.path,)
        keys["aws:principalorgmasteraccountid"] = policies_above.management
    if question.resource not in OWNERLESS_RESOURCES:
        policies_above = directory.control_policies_of(question.account)
        if policies_above is not None:
            keys["aws:resourceorgid"] = policies_above.organization
            keys["aws:resourceorgpaths"] = (policies_above.path,)
    return keys


def _session_keys(caller: Caller, steady: int) -> dict[str, str | tuple[str, ...]]:
    """Return the keys of a session: when it was issued, its MFA, its source identity."""
    session = caller.session
    assert session is not None  # noqa: S101 - checked by the one caller
    keys: dict[str, str | tuple[str, ...]] = {
        "aws:tokenissuetime": iso8601(session.issued),
        "aws:multifactorauthpresent": "false",
    }
    age = session.mfa_age_seconds(steady=steady)
    if age is not None and caller.principal.kind is not PrincipalKind.ROLE_SESSION:
        keys["aws:multifactorauthpresent"] = "true"
        keys["aws:multifactorauthage"] = str(age)
    if session.source_identity:
        keys["aws:sourceidentity"] = session.source_identity
    return keys


def principal_arn(caller: Caller) -> str:
    """Return `aws:PrincipalArn`: the role's own ARN for a role session, the caller's otherwise."""
    return caller.principal.role_arn or caller.principal.arn


PRINCIPAL_TYPES: Mapping[PrincipalKind, str] = {
    PrincipalKind.ROOT: "Account",
    PrincipalKind.USER: "User",
    PrincipalKind.ROLE_SESSION: "AssumedRole",
    PrincipalKind.FEDERATED_USER: "FederatedUser",
    PrincipalKind.ANONYMOUS: "Anonymous",
}


def tag_keys(prefix: str, tags: tuple[Tag, ...]) -> dict[str, str | tuple[str, ...]]:
    """Return `prefix/key` with its value for each tag, as in `aws:resourcetag/team`.

    Of keys that differ in case alone the first counts, so that a tag that is added later never
    takes the place of one that policies rely on.
    """
    found: dict[str, str | tuple[str, ...]] = {
        f"{prefix}/{tag.key.lower()}": tag.value for tag in tags
    }
    if len(found) < len(tags):
        for tag in reversed(tags):
            found[f"{prefix}/{tag.key.lower()}"] = tag.value
    return found


def role_tag_keys(role: Role | None, account: AccountView) -> TagKeys:
    """Return the condition keys of a role's tags; a missing role has no tags.

    They are cached in the account's view, which is made anew when the account changes.
    """
    if role is None or not role.tags:
        return _UNTAGGED
    keys: TagKeys | None = account.cache.get(f"tags of {role.unique_id}")
    if keys is None:
        keys = account.cache[f"tags of {role.unique_id}"] = _compute_role_tag_keys(role.tags)
    return keys


def _compute_role_tag_keys(tags: tuple[Tag, ...]) -> TagKeys:
    """Return the condition keys of a role's tags, with the tags' hash."""
    keys = {**tag_keys("aws:resourcetag", tags), **tag_keys("iam:resourcetag", tags)}
    return TagKeys(keys, hashlib.sha256(msgspec.msgpack.encode(tags)).digest())


_UNTAGGED = _compute_role_tag_keys(())


def request_tag_keys(tags: tuple[Tag, ...]) -> dict[str, str | tuple[str, ...]]:
    """Return `aws:RequestTag/…` and `aws:TagKeys` for tags in a request; empty without tags."""
    if not tags:
        return {}
    keys = tag_keys("aws:requesttag", tags)
    keys["aws:tagkeys"] = tuple(tag.key for tag in tags)
    return keys
