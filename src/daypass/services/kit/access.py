"""May this caller do this, here, now: the context keys, the policies in force, and the decision.

Context keys come from the verified credential, the socket and the clock, never from a header, a parameter or a body
that merely bears their name. The gate asks through the same function as every operation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from daypass.core import messages
from daypass.core.domain.group import Group
from daypass.core.domain.policies import Principal as Acting
from daypass.core.domain.record import Tag
from daypass.core.domain.role import Role
from daypass.core.domain.user import User
from daypass.core.faults import Denied
from daypass.core.keyring import KeyRing
from daypass.core.policy.combine import Decision, Layer, Policies, Request, decide
from daypass.core.policy.compile import compiled
from daypass.core.policy.decoded import decoded
from daypass.core.policy.explain import explain
from daypass.core.policy.principal import Kind
from daypass.core.policy.refusal import refusal
from daypass.core.policy.sets import PolicySet, Source
from daypass.core.timestamps import iso8601
from daypass.services.kit.caller import Caller
from daypass.state.directory import AccountView, Directory

Keys = Mapping[str, str | tuple[str, ...]]
"""Context keys in lower case; a tuple is a multivalued key."""

NO_KEYS: Keys = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a request besides its caller: the clock, the peer, the hop."""

    now: int
    source_ip: str
    secure: bool
    region: str
    user_agent: str = ""
    referer: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is to be allowed or not; `resource` is `*` where an action has no resource-level permissions."""

    action: str
    resource: str
    account: str
    """The account that owns the resource."""
    keys: Keys
    """The context keys of this action on this resource."""
    resource_policy: PolicySet | None = None
    requires_grant: bool = False
    """Whether the resource policy must name the caller or its account: roles and KMS keys."""


def asked(question: Question, caller: Caller, circumstances: Circumstances) -> Request:
    """Return a question as the engine takes it, with every condition key."""
    return Request(
        principal=caller.principal,
        action=question.action,
        resource=question.resource,
        resource_account=question.account,
        context=context(question, caller, circumstances),
    )


def ask(
    question: Question, caller: Caller, directory: Directory, circumstances: Circumstances
) -> tuple[Request, Decision]:
    """Decide whether the caller may, and return what was asked of the engine with its decision."""
    request = asked(question, caller, circumstances)
    return request, decide(request, in_force(question, caller, directory))


ENCODED = "EncodedAuthorizationMessage"
"""The element of a refusal that holds why."""

Seal = Callable[[dict[str, Any], str], str]
"""Seals a message for an account."""


def sealing(keyring: KeyRing, entropy: Callable[[int], bytes]) -> Seal:
    """Return what seals messages under a key ring."""
    return lambda message, account: messages.encode(
        message, account=account, ring=keyring, nonce=entropy(_NONCE_BYTES)
    )


_NONCE_BYTES = 12


def denied(
    question: Question,
    caller: Caller,
    directory: Directory,
    circumstances: Circumstances,
    seal: Seal,
) -> Denied:
    """Return the refusal in AWS's words, with the operator's view beside it.

    The reasons go to the log, sealed for the caller's account. Where that account owns the resource the caller gets them
    too: `sts:DecodeAuthorizationMessage` opens them.
    """
    request = asked(question, caller, circumstances)
    explanation = explain(request, in_force(question, caller, directory))
    decision = explanation.decision
    message = decoded(explanation, principal_id=caller.user_id, time=circumstances.now)
    reasons = seal(message, caller.account)
    return Denied(
        refusal(request, decision),
        operator=f"{decision.outcome.value}: {decision.layer}",
        details={ENCODED: reasons} if caller.account == question.account else {},
        reasons=reasons,
    )


def context(question: Question, caller: Caller, circumstances: Circumstances) -> Keys:
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
        "aws:sourceip": circumstances.source_ip,
        "aws:userid": caller.user_id,
        "aws:viaawsservice": "false",
    }
    if caller.principal.kind is not Kind.ANONYMOUS:
        keys["aws:principalarn"] = principal_arn(caller)
        keys["aws:principalisawsservice"] = "false"
    if circumstances.user_agent:
        keys["aws:useragent"] = circumstances.user_agent
    if circumstances.referer:
        keys["aws:referer"] = circumstances.referer
    if question.resource != "*":
        keys["aws:resourceaccount"] = question.account
    if isinstance(caller.record, User):
        keys["aws:username"] = caller.record.name
    for tag in caller.tags:
        keys[f"aws:principaltag/{tag.key.lower()}"] = tag.value
    if caller.session is not None:
        keys.update(_session_keys(caller, circumstances.now))
    keys.update(question.keys)
    return keys


def _session_keys(caller: Caller, now: int) -> dict[str, str | tuple[str, ...]]:
    session = caller.session
    assert session is not None  # noqa: S101 - the one caller has looked
    keys: dict[str, str | tuple[str, ...]] = {
        "aws:tokenissuetime": iso8601(session.issued),
        "aws:multifactorauthpresent": "false",
    }
    if session.mfa_time is not None and caller.principal.kind is not Kind.ROLE_SESSION:
        keys["aws:multifactorauthpresent"] = "true"
        keys["aws:multifactorauthage"] = str(max(0, now - session.mfa_time))
    if session.source_identity:
        keys["aws:sourceidentity"] = session.source_identity
    return keys


def principal_arn(caller: Caller) -> str:
    """Return `aws:PrincipalArn`: the role's own ARN for a role session, the caller's otherwise."""
    return caller.principal.role_arn or caller.principal.arn


PRINCIPAL_TYPES: Mapping[Kind, str] = {
    Kind.ROOT: "Account",
    Kind.USER: "User",
    Kind.ROLE_SESSION: "AssumedRole",
    Kind.FEDERATED_USER: "FederatedUser",
    Kind.ANONYMOUS: "Anonymous",
}


def in_force(question: Question, caller: Caller, directory: Directory) -> Policies:
    """Return every policy that bears on the question, compiled."""
    identity, boundary = _NO_IDENTITY, None
    if caller.record is not None:
        identity, boundary = _of_principal(caller.record, directory)
    session = None
    if caller.session is not None and caller.session.policies is not None:
        session = _session(caller.session.policies, directory)
    return Policies(
        identity=identity,
        boundary=boundary,
        session=session,
        resource=question.resource_policy,
        requires_grant=question.requires_grant,
        resource_layer=Layer.TRUST if question.requires_grant else Layer.RESOURCE,
    )


_NO_IDENTITY = PolicySet(())


def _session(texts: tuple[str, ...], directory: Directory) -> PolicySet:
    if any(text.startswith("arn:") for text in texts):
        return PolicySet(_session_policy(text, at, directory) for at, text in enumerate(texts))
    return _inline(texts)


@lru_cache(maxsize=1024)
def _inline(texts: tuple[str, ...]) -> PolicySet:
    return PolicySet(
        Source(compiled(text), f"session policy {at}") for at, text in enumerate(texts)
    )


def _session_policy(text: str, at: int, directory: Directory) -> Source:
    """Compile a document, or the managed policy `arn@version` that was named when the session was issued."""
    if not text.startswith("arn:"):
        return Source(compiled(text), f"session policy {at}")
    arn, _, wanted = text.rpartition("@")
    policy = directory.policy(arn)
    for version in policy.versions if policy else ():
        if version.id == wanted:
            return _managed(arn, version.document)
    # The policy or that version of it is gone: what can't be read allows nothing.
    return _managed(arn, NOTHING_ALLOWED)


def _managed(arn: str, text: str) -> Source:
    return Source(compiled(text), arn.rpartition("/")[2], arn)


def _of_principal(record: User | Role, directory: Directory) -> tuple[PolicySet, PolicySet | None]:
    """Return identity policies and boundary, kept with the account's revision."""
    account = directory.account(record.account)
    known: tuple[PolicySet, PolicySet | None] | None = account.cache.get(record.unique_id)
    if known is None:
        known = (_identity_policies(record, account, directory), _boundary(record, directory))
        account.cache[record.unique_id] = known
    return known


def _identity_policies(
    record: User | Role, account: AccountView, directory: Directory
) -> PolicySet:
    holders: list[Acting | Group] = [record]
    if isinstance(record, User):
        holders += [group for name in record.groups if (group := account.group(name))]
    sources = [
        Source(compiled(policy.document), policy.name)
        for holder in holders
        for policy in holder.inline
    ]
    sources += [
        _managed(name, policy.document)
        for holder in holders
        for name in holder.attached
        if (policy := directory.policy(name))
    ]
    return PolicySet(sources)


NOTHING_ALLOWED = '{"Version":"2012-10-17","Statement":[]}'


def _boundary(record: User | Role, directory: Directory) -> PolicySet | None:
    if not record.boundary:
        return None
    policy = directory.policy(record.boundary)
    # A boundary whose policy is gone allows nothing: unknown means no.
    return PolicySet([_managed(record.boundary, policy.document if policy else NOTHING_ALLOWED)])


def tag_keys(prefix: str, tags: tuple[Tag, ...]) -> dict[str, str | tuple[str, ...]]:
    """Return `prefix/key` for each tag, as in `aws:resourcetag/team`."""
    return {f"{prefix}/{tag.key.lower()}": tag.value for tag in tags}


def request_tag_keys(tags: tuple[Tag, ...]) -> dict[str, str | tuple[str, ...]]:
    """Return `aws:RequestTag/…` and `aws:TagKeys` for tags that a request passes; nothing for none."""
    if not tags:
        return {}
    keys = tag_keys("aws:requesttag", tags)
    keys["aws:tagkeys"] = tuple(tag.key for tag in tags)
    return keys
