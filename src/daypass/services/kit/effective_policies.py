"""Every policy that bears on a question, compiled: the caller's own, and what stands above both accounts."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from daypass.core.arn import resource_name
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.identity import PrincipalRecord as Acting
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.organizations.policies.control_policies import ControlPolicies
from daypass.core.policy.decision.compile import (
    compile_stored_text,
    compile_text,
    compile_uncached_text,
)
from daypass.core.policy.decision.levels import OrganizationLevels
from daypass.core.policy.decision.model import EffectivePolicies, Layer
from daypass.core.policy.decision.policy_sets import NamedPolicy, PolicySet
from daypass.core.policy.language.principal import Principal
from daypass.services.kit.caller import Caller
from daypass.services.kit.question import Question
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.tracking_directory import TrackingDirectory


def in_force(question: Question, caller: Caller, directory: Directory) -> EffectivePolicies:
    """Return every policy that bears on the question, compiled."""
    identity, boundary = NO_IDENTITY, None
    if caller.record is not None:
        identity, boundary = of_principal(caller.record, directory)
    session = None
    if caller.session is not None and caller.session.policies is not None:
        session = _session(caller.session.policies, directory)
    owners = directory.control_policies_of(question.account)
    return EffectivePolicies(
        identity=identity,
        boundary=boundary,
        session=session,
        scps=scps_above(caller.principal, directory),
        rcps=owners.rcps if owners and _is_member(owners, question.account) else None,
        resource=question.resource_policy,
        requires_grant=question.requires_grant,
        resource_layer=Layer.TRUST if question.requires_grant else Layer.RESOURCE,
    )


def scps_above(principal: Principal, directory: Directory) -> OrganizationLevels | None:
    """Return the SCPs above a principal; none outside organizations, for a management account, and where they are off."""
    above = directory.control_policies_of(principal.account)
    return above.scps if above and _is_member(above, principal.account) else None


def _is_member(above: ControlPolicies, account: str) -> bool:
    """Say whether an organization's policies reach an account: not the management account."""
    return account != above.management


def ask_for(family: str, policies: EffectivePolicies) -> bool:
    """Say whether any policy of any kind asks for condition keys of a family, such as `s3:existingobjecttag`."""
    kinds = (
        policies.identity,
        policies.boundary,
        policies.session,
        policies.resource,
        policies.endpoint,
        *(policies.scps or ()),
        *(policies.rcps or ()),
    )
    return any(kind is not None and family in kind.key_families for kind in kinds)


NO_IDENTITY = PolicySet(())


def is_managed(text: str) -> bool:
    """Say whether a session's policy is the `arn@version` of a managed one, not a document."""
    return text.startswith("arn:")


def _session(texts: tuple[str, ...], directory: Directory) -> PolicySet:
    if any(map(is_managed, texts)):
        return PolicySet(_session_policy(text, at, directory) for at, text in enumerate(texts))
    return _inline(texts)


@lru_cache(maxsize=1024)
def _inline(texts: tuple[str, ...]) -> PolicySet:
    return PolicySet(
        NamedPolicy(compile_uncached_text(text), f"session policy {at}")
        for at, text in enumerate(texts)
    )


def _session_policy(text: str, at: int, directory: Directory) -> NamedPolicy:
    """Compile a document, or the managed policy `arn@version` that was named when the session was issued."""
    if not is_managed(text):
        return NamedPolicy(compile_stored_text(text), f"session policy {at}")
    arn, _, wanted = text.rpartition("@")
    policy = directory.by_arn(ManagedPolicy, arn)
    for version in policy.versions if policy else ():
        if version.id == wanted:
            return _managed(arn, version.document)
    # The policy or that version of it is gone: what can't be read allows nothing.
    return _managed(arn, NOTHING_ALLOWED)


def _managed(arn: str, text: str) -> NamedPolicy:
    return NamedPolicy(compile_stored_text(text), resource_name(arn), arn)


def of_principal(record: User | Role, directory: Directory) -> tuple[PolicySet, PolicySet | None]:
    """Return identity policies and boundary, kept with the account's revision."""
    account = directory.account(record.account)
    known: _Compiled | None = account.cache.get(record.unique_id)
    if known is None:
        known = account.cache[record.unique_id] = _compiled(record, directory)
    for other in known.others:
        # Whoever finds the sets in the cache stands on these accounts as well as whoever has compiled them. The account's own
        # revision does not tell of them: when AWS changes a policy, later snapshots forget what was compiled, and the revision of
        # the account that has attached it stays as it is.
        directory.partition(other)
    return known.identity, known.boundary


class _Compiled(NamedTuple):
    """What is kept of a principal's own policies."""

    identity: PolicySet
    boundary: PolicySet | None
    others: tuple[str, ...]
    """Beside the principal's own account, those whose policies it has attached: in practice AWS."""


def _compiled(record: User | Role, directory: Directory) -> _Compiled:
    recording = TrackingDirectory(directory)
    account = recording.account(record.account)
    # What is kept is of the account as it is, however old the record is that somebody came with.
    own = account.by_id(User, record.unique_id) or account.by_id(Role, record.unique_id)
    if own is None:
        return _Compiled(NO_IDENTITY, None, ())
    identity = _identity_policies(own, account, recording)
    boundary = _boundary(own, recording)
    return _Compiled(identity, boundary, tuple(recording.read.keys() - {account.id}))


def prepared(caller: Caller, directory: Directory) -> Iterator[None]:
    """Compile the caller's own policies, a document in each step; gives nothing where all of them are compiled.

    Otherwise the first decision after a start compiles everything that a user and its groups hold in one turn of the event loop.
    """
    record = caller.record
    if record is None:
        return
    account = directory.account(record.account)
    if record.unique_id in account.cache:
        return
    attached = [name for holder in _holders(record, account) for name in holder.attached]
    texts = [policy.document for holder in _holders(record, account) for policy in holder.inline]
    names = [*attached, *([record.boundary] if record.boundary else [])]
    texts += [
        policy.document for name in names if (policy := directory.by_arn(ManagedPolicy, name))
    ]
    for text in texts:
        known = compile_text.cache_info().misses
        compile_stored_text(text)
        if compile_text.cache_info().misses != known:
            yield


def _holders(record: User | Role, account: AccountView) -> list[Acting | Group]:
    """Return a user with its groups, or a role."""
    groups = (
        [account.by_id(Group, name) for name in record.groups] if isinstance(record, User) else []
    )
    return [record, *(group for group in groups if group)]


def _identity_policies(
    record: User | Role, account: AccountView, directory: Directory
) -> PolicySet:
    holders = _holders(record, account)
    sources = [
        NamedPolicy(compile_stored_text(policy.document), policy.name)
        for holder in holders
        for policy in holder.inline
    ]
    sources += [
        _managed(name, policy.document)
        for holder in holders
        for name in holder.attached
        if (policy := directory.by_arn(ManagedPolicy, name))
    ]
    return PolicySet(sources)


NOTHING_ALLOWED = '{"Version":"2012-10-17","Statement":[]}'


def _boundary(record: User | Role, directory: Directory) -> PolicySet | None:
    if not record.boundary:
        return None
    policy = directory.by_arn(ManagedPolicy, record.boundary)
    # A boundary whose policy is gone allows nothing: unknown means no.
    return PolicySet([_managed(record.boundary, policy.document if policy else NOTHING_ALLOWED)])
