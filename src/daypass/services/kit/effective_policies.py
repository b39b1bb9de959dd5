"""The compiled policies that apply to a question: the caller's and both organizations'."""

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
from daypass.services.kit.authorization_question import AuthorizationQuestion
from daypass.services.kit.caller import Caller
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.tracking_directory import TrackingDirectory


def effective_policies(
    question: AuthorizationQuestion, caller: Caller, directory: Directory
) -> EffectivePolicies:
    """Return every policy that applies to a question, compiled, by kind."""
    identity, boundary = NO_IDENTITY_POLICIES, None
    scope_downs: tuple[PolicySet, ...] = ()
    if caller.record is not None:
        identity, boundary = principal_policies(caller.record, directory)
    session = None
    if caller.session is not None:
        if caller.session.policies is not None:
            session = _session_policies(caller.session.policies, directory)
        if caller.session.scope_downs:
            scope_downs = _scope_downs(caller.session.scope_downs)
    account = caller.principal.account
    above_caller = above_owner = directory.control_policies_of(account)
    if question.account != account:
        above_owner = directory.control_policies_of(question.account)
    # By position: by name, a named tuple is made in twice the time.
    return EffectivePolicies(
        identity,
        boundary,
        session,
        question.resource_policy,
        _scps(above_caller, account) if above_caller is not None else None,
        above_owner.rcps
        if above_owner is not None and _is_member(above_owner, question.account)
        else None,
        None,
        question.requires_grant,
        _TRUST if question.requires_grant else _RESOURCE,
        scope_downs,
    )


# Python 3.11 takes its time to look up a member of an enum.
_TRUST, _RESOURCE = Layer.TRUST, Layer.RESOURCE


def scps_above(principal: Principal, directory: Directory) -> OrganizationLevels | None:
    """Return the SCPs above a principal, level by level.

    None outside organizations, for a management account, and if SCPs are not enabled.
    """
    return _scps(directory.control_policies_of(principal.account), principal.account)


def _scps(policies_above: ControlPolicies | None, account: str) -> OrganizationLevels | None:
    return policies_above.scps if policies_above and _is_member(policies_above, account) else None


def _is_member(policies_above: ControlPolicies, account: str) -> bool:
    """Return whether an organization's policies apply to an account: not to the management's."""
    return account != policies_above.management


def policies_use_key_family(family: str, policies: EffectivePolicies) -> bool:
    """Return whether any policy has a condition on a key of a family.

    A family is the part before the slash, such as `s3:existingobjecttag`.
    """
    kinds = (
        policies.identity,
        policies.boundary,
        policies.session,
        policies.resource,
        policies.endpoint,
        *policies.scope_downs,
        *(policies.scps or ()),
        *(policies.rcps or ()),
    )
    return any(kind is not None and family in kind.key_families for kind in kinds)


NO_IDENTITY_POLICIES = PolicySet(())
"""The identity policies of root and of anonymous callers."""


def is_managed_policy_reference(text: str) -> bool:
    """Return whether a session policy is the `arn@version` of a managed policy, not a document."""
    return text.startswith("arn:")


def _session_policies(texts: tuple[str, ...], directory: Directory) -> PolicySet:
    """Return a session's policies, compiled."""
    if any(map(is_managed_policy_reference, texts)):
        return PolicySet(_session_policy(text, at, directory) for at, text in enumerate(texts))
    return _inline_session_policies(texts)


@lru_cache(maxsize=1024)
def _inline_session_policies(texts: tuple[str, ...]) -> PolicySet:
    """Return session policies that are all documents, compiled and cached by text."""
    return PolicySet(
        NamedPolicy(compile_uncached_text(text), f"session policy {at}")
        for at, text in enumerate(texts)
    )


@lru_cache(maxsize=1024)
def _scope_downs(texts: tuple[str, ...]) -> tuple[PolicySet, ...]:
    """Return a session's scope-down policies, compiled and cached by text, each a set of its own.

    They are named by their place, the first narrowing first.
    """
    return tuple(
        PolicySet([NamedPolicy(compile_uncached_text(text), f"{_ORDINALS[at]} scope-down policy")])
        for at, text in enumerate(texts)
    )


_ORDINALS = ("first", "second", "third")


def _session_policy(text: str, at: int, directory: Directory) -> NamedPolicy:
    """Compile one of a session's policies: a document, or a managed policy's `arn@version`."""
    if not is_managed_policy_reference(text):
        return NamedPolicy(compile_stored_text(text), f"session policy {at}")
    arn, _, version_id = text.rpartition("@")
    policy = directory.by_arn(ManagedPolicy, arn)
    for version in policy.versions if policy else ():
        if version.id == version_id:
            return _managed_policy(arn, version.document)
    # The policy or that version was deleted: what cannot be read allows no action.
    return _managed_policy(arn, EMPTY_POLICY)


def _managed_policy(arn: str, text: str) -> NamedPolicy:
    """Return a managed policy's document, compiled, with its name and ARN."""
    return NamedPolicy(compile_stored_text(text), resource_name(arn), arn)


def principal_policies(
    record: User | Role, directory: Directory
) -> tuple[PolicySet, PolicySet | None]:
    """Return the identity policies and the boundary of a user or role.

    Both are cached with the account's revision. The boundary is None for a principal without one.
    """
    account = directory.account(record.account)
    compiled: _CompiledPolicies | None = account.cache.get(record.unique_id)
    if compiled is None:
        compiled = account.cache[record.unique_id] = _compile_principal_policies(record, directory)
    for other in compiled.others:
        # The decision stands on these accounts too, whether the sets were compiled now or come
        # from the cache, so the run has to read them. The account's own revision does not cover
        # them: when AWS changes a policy, later snapshots drop the compiled sets, but the revision
        # of the account that has the policy attached stays the same.
        directory.partition(other)
    return compiled.identity, compiled.boundary


class _CompiledPolicies(NamedTuple):
    """A principal's own policies as they are cached."""

    identity: PolicySet
    boundary: PolicySet | None
    others: tuple[str, ...]
    """Accounts beside the principal's own whose policies are attached: in practice AWS."""


def _compile_principal_policies(record: User | Role, directory: Directory) -> _CompiledPolicies:
    """Compile a principal's identity policies and boundary, and note the accounts read."""
    recording = TrackingDirectory(directory)
    account = recording.account(record.account)
    # Cache from the current record; the caller's may be stale.
    current = account.by_id(User, record.unique_id) or account.by_id(Role, record.unique_id)
    if current is None:
        return _CompiledPolicies(NO_IDENTITY_POLICIES, None, ())
    identity = _identity_policies(current, account, recording)
    boundary = _boundary(current, recording)
    return _CompiledPolicies(identity, boundary, tuple(recording.read.keys() - {account.id}))


def are_compiled(caller: Caller, directory: Directory) -> bool:
    """Return whether the caller has no own policies that are still to be compiled."""
    record = caller.record
    return record is None or record.unique_id in directory.account(record.account).cache


def compile_in_steps(caller: Caller, directory: Directory) -> Iterator[None]:
    """Compile the caller's own policies, yielding after each document; no step if all are compiled.

    Otherwise the first decision after a start would compile all policies of a user and its groups
    in one turn of the event loop.
    """
    record = caller.record
    if record is None:
        return
    account = directory.account(record.account)
    if record.unique_id in account.cache:
        return
    attached = [name for entity in _policy_entities(record, account) for name in entity.attached]
    texts = [
        policy.document for entity in _policy_entities(record, account) for policy in entity.inline
    ]
    names = [*attached, *([record.boundary] if record.boundary else [])]
    texts += [
        policy.document for name in names if (policy := directory.by_arn(ManagedPolicy, name))
    ]
    for text in texts:
        misses = compile_text.cache_info().misses
        compile_stored_text(text)
        if compile_text.cache_info().misses != misses:
            yield
    # Kept, so that the next call of this caller finds them compiled, though this one may not ask.
    principal_policies(record, directory)


def _policy_entities(record: User | Role, account: AccountView) -> list[Acting | Group]:
    """Return the records whose policies apply: a user with its groups, or a role."""
    groups = (
        [account.by_id(Group, name) for name in record.groups] if isinstance(record, User) else []
    )
    return [record, *(group for group in groups if group)]


def _identity_policies(
    record: User | Role, account: AccountView, directory: Directory
) -> PolicySet:
    """Return the inline and attached policies of a user with its groups, or of a role."""
    holders = _policy_entities(record, account)
    sources = [
        NamedPolicy(compile_stored_text(policy.document), policy.name)
        for entity in holders
        for policy in entity.inline
    ]
    sources += [
        _managed_policy(name, policy.document)
        for entity in holders
        for name in entity.attached
        if (policy := directory.by_arn(ManagedPolicy, name))
    ]
    return PolicySet(sources)


EMPTY_POLICY = '{"Version":"2012-10-17","Statement":[]}'
"""A policy without statements: it allows no action."""


def _boundary(record: User | Role, directory: Directory) -> PolicySet | None:
    """Return the permissions boundary, compiled; None without one."""
    if not record.boundary:
        return None
    policy = directory.by_arn(ManagedPolicy, record.boundary)
    # A boundary whose policy was deleted allows no action: unknown means no.
    return PolicySet(
        [_managed_policy(record.boundary, policy.document if policy else EMPTY_POLICY)]
    )
