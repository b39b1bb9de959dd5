"""The condition keys of a request: the global ones, its resource's tags and the question's own.

They come from the verified credential, the directory, the socket and the clock, never from a
header, a parameter or a body that merely has a key's name. The global keys are made by
`core.policy.global_keys`, for `daypass policy` too.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from daypass.core.domain.iam.role import Role
from daypass.core.domain.record import Tag
from daypass.core.policy.decision.refusal_record import TagKeys
from daypass.core.policy.global_keys import KEYS_OF_ANY_REQUEST, OWNERLESS_RESOURCES, global_keys
from daypass.services.kit.authorization_question import (
    AuthorizationQuestion,
    Circumstances,
    ContextKeys,
)
from daypass.services.kit.caller import Caller
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.directory import Directory


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
            make = KEYS_OF_ANY_REQUEST.get(key)
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
    callers_organization = directory.control_policies_of(caller.account)
    owners_organization = None
    if question.resource not in OWNERLESS_RESOURCES:
        owners_organization = directory.control_policies_of(question.account)
    keys = global_keys(
        question,
        caller,
        circumstances,
        callers_organization=callers_organization,
        owners_organization=owners_organization,
    )
    keys.update(question.keys)
    return keys


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
