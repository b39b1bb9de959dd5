"""The context keys of a request.

They come from the verified credential, the directory, the socket and the clock, never from a header, a parameter or a body
that merely bears their name. Source: IAM user guide, "AWS global condition context keys".
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
from daypass.services.kit.caller import Caller
from daypass.services.kit.question import Circumstances, Keys, Question
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.directory import Directory

ACCOUNT_WIDE = frozenset({"*", "arn:aws:s3:::*"})
"""Resources that nobody owns: of actions on a whole account, ListAllMyBuckets among them."""


def context(
    question: Question, caller: Caller, directory: Directory, circumstances: Circumstances
) -> Keys:
    """Fill the global condition keys, and those of the question over them.

    Sources: AWS global condition context keys; `sts` keys of AssumeRole come with the question.
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
    if question.resource not in ACCOUNT_WIDE:
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
    question: Question, caller: Caller, directory: Directory
) -> dict[str, str | tuple[str, ...]]:
    """Return the keys of both accounts' organizations: what is known of them, never what a caller says."""
    keys: dict[str, str | tuple[str, ...]] = {}
    above = directory.control_policies_of(caller.account)
    if above is not None:
        keys["aws:principalorgid"] = above.organization
        keys["aws:principalorgpaths"] = (above.path,)
        keys["aws:principalorgmasteraccountid"] = above.management
    if question.resource not in ACCOUNT_WIDE:
        above = directory.control_policies_of(question.account)
        if above is not None:
            keys["aws:resourceorgid"] = above.organization
            keys["aws:resourceorgpaths"] = (above.path,)
    return keys


def _session_keys(caller: Caller, steady: int) -> dict[str, str | tuple[str, ...]]:
    session = caller.session
    assert session is not None  # noqa: S101 - the one caller has looked
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
    """Return `prefix/key` for each tag, as in `aws:resourcetag/team`."""
    return {f"{prefix}/{tag.key.lower()}": tag.value for tag in tags}


def role_tags(role: Role | None, account: AccountView) -> TagKeys:
    """Return the keys that a role's tags become, kept with the account's revision; a missing role has no tags."""
    if role is None or not role.tags:
        return _UNTAGGED
    known: TagKeys | None = account.cache.get(f"tags of {role.unique_id}")
    if known is None:
        known = account.cache[f"tags of {role.unique_id}"] = _role_tags(role.tags)
    return known


def _role_tags(tags: tuple[Tag, ...]) -> TagKeys:
    keys = {**tag_keys("aws:resourcetag", tags), **tag_keys("iam:resourcetag", tags)}
    return TagKeys(keys, hashlib.sha256(msgspec.msgpack.encode(tags)).digest())


_UNTAGGED = _role_tags(())


def request_tag_keys(tags: tuple[Tag, ...]) -> dict[str, str | tuple[str, ...]]:
    """Return `aws:RequestTag/…` and `aws:TagKeys` for tags that a request passes; nothing for none."""
    if not tags:
        return {}
    keys = tag_keys("aws:requesttag", tags)
    keys["aws:tagkeys"] = tuple(tag.key for tag in tags)
    return keys
