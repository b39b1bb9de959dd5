"""The condition keys of a request.

They come from the verified credential, the directory, the socket and the clock, never from a
header, a parameter or a body that merely has a key's name. Source: IAM user guide, "AWS global
condition context keys".
"""

import hashlib
from collections.abc import Mapping

import msgspec

from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.record import Tag
from daypass.core.policy.decision.refusal_record import TagKeys
from daypass.core.policy.language.principal import PrincipalKind
from daypass.core.timestamps import iso8601
from daypass.services.kit.authorization_question import (
    AuthorizationQuestion,
    Circumstances,
    ContextKeys,
)
from daypass.services.kit.caller import Caller
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.directory import Directory

OWNERLESS_RESOURCES = frozenset({"*", "arn:aws:s3:::*"})
"""Resources without an owner, of actions on a whole account such as ListAllMyBuckets."""


def request_context_keys(
    question: AuthorizationQuestion,
    caller: Caller,
    directory: Directory,
    circumstances: Circumstances,
) -> ContextKeys:
    """Return every condition key of a question, by its name in lower case.

    The global keys are filled in here; the question's own keys, such as the `sts` keys of
    AssumeRole, take precedence.
    """
    keys: dict[str, str | tuple[str, ...]] = {
        "aws:currenttime": iso8601(circumstances.now),
        "aws:epochtime": str(circumstances.now),
        "aws:principalaccount": caller.account or "anonymous",
        "aws:principaltype": PRINCIPAL_TYPES[caller.principal.kind],
        "aws:requestedregion": circumstances.region,
        "aws:securetransport": "true" if circumstances.secure else "false",
        "aws:userid": caller.user_id,
        "aws:viaawsservice": "false",
    }
    if circumstances.source_ip:
        keys["aws:sourceip"] = circumstances.source_ip
    if caller.principal.kind is not PrincipalKind.ANONYMOUS:
        keys["aws:principalarn"] = principal_arn(caller)
        keys["aws:principalisawsservice"] = "false"
    if circumstances.user_agent:
        keys["aws:useragent"] = circumstances.user_agent
    if circumstances.referer:
        keys["aws:referer"] = circumstances.referer
    if question.resource not in OWNERLESS_RESOURCES:
        keys["aws:resourceaccount"] = question.account
    keys.update(_organization_keys(question, caller, directory))
    if isinstance(caller.record, User):
        keys["aws:username"] = caller.record.name
    for tag in caller.tags:
        keys[f"aws:principaltag/{tag.key.lower()}"] = tag.value
    if caller.session is not None:
        keys.update(_session_keys(caller, circumstances.now + circumstances.lead))
    if question.tags is not None:
        keys.update(question.tags.keys)
    keys.update(question.keys)
    return keys


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
    """Return `prefix/key` with its value for each tag, as in `aws:resourcetag/team`."""
    return {f"{prefix}/{tag.key.lower()}": tag.value for tag in tags}


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
