"""A refusal as it is kept: the question, the decision, and every policy by name and hash.

Keeping it costs the same whatever the policies say, and needs no text: reasons are worked out when somebody asks for them.
Not here: how it is sealed (`core.messages`), and what it says to whom (`decoded`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.policy.decision.decide import AuthorizationRequest, Decision, EffectivePolicies
from daypass.core.policy.decision.levels import OrganizationLevels
from daypass.core.policy.decision.policy_references import PolicyReference, PolicySetReference
from daypass.core.policy.decision.policy_sets import PolicySet, Rule
from daypass.core.policy.language.principal import Principal, PrincipalKind

ContextValues = dict[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class TagKeys:
    """A resource's tags as context keys, and a hash of them."""

    keys: Mapping[str, str | tuple[str, ...]]
    digest: bytes


class DecidingStatement(msgspec.Struct, frozen=True, array_like=True):
    """The statement that decided: its document, its number in it, its Sid unless that is very long."""

    policy: PolicyReference
    statement: int
    sid: str


class PoliciesByHash(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """What `combine.Policies` has, by name and hash; None where there was no policy of a kind."""

    identity: PolicySetReference
    boundary: PolicySetReference | None
    session: PolicySetReference | None
    resource: PolicySetReference | None
    scps: tuple[PolicySetReference, ...] | None
    rcps: tuple[PolicySetReference, ...] | None
    endpoint: PolicySetReference | None
    requires_grant: bool
    resource_layer: str

    def without_long_lists(self, most: int) -> "PoliciesByHash":
        """Return the same with the lists of those kinds alone that have at most so many documents."""

        def of(references: PolicySetReference | None) -> PolicySetReference | None:
            return None if references is None else references.without_long_list(most)

        def levels(
            kept: tuple[PolicySetReference, ...] | None,
        ) -> tuple[PolicySetReference, ...] | None:
            return None if kept is None else tuple(each.without_long_list(most) for each in kept)

        return replace(
            self,
            identity=self.identity.without_long_list(most),
            boundary=of(self.boundary),
            session=of(self.session),
            resource=of(self.resource),
            scps=levels(self.scps),
            rcps=levels(self.rcps),
            endpoint=of(self.endpoint),
        )


class RefusalRecord(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A refusal; times are seconds since 1970, whatever was not there is empty.

    `organization` and `owners_organization` are those above the caller and above the resource's owner. `policy_owner` is the
    account of the resource's policy. `tags` is the hash of a resource's tags that are not among `context`. `is_cut` says that
    the whole was too long, and what the request brought was left out.
    """

    time: int
    organization: str
    owners_organization: str
    principal: tuple[str, str, str, str, str, str, str]
    principal_id: str
    action: str
    resource: str
    resource_account: str
    policy_owner: str
    context: ContextValues
    outcome: str
    layer: str
    grant: int | None
    lacking: tuple[str, ...]
    deciding: DecidingStatement | None
    policies: PoliciesByHash
    texts: tuple[str, ...] = ()
    """Session policies, which are kept nowhere else."""
    tags: bytes = b""
    is_cut: bool = False

    def authorization_request(self) -> AuthorizationRequest:
        """Return what was asked."""
        kind, *names = self.principal
        return AuthorizationRequest(
            principal=Principal(PrincipalKind(kind), *names),
            action=self.action,
            resource=self.resource,
            resource_account=self.resource_account,
            context=self.context,
        )

    def shorter_records(self) -> Iterator["RefusalRecord"]:
        """Give the refusal with less and less in it: without long lists of policies, without what the request brought, bare."""
        bare = replace(self, policies=self.policies.without_long_lists(1), texts=())
        yield bare
        bare = replace(bare, context={}, tags=b"", is_cut=True)
        yield bare
        yield replace(
            bare,
            policies=self.policies.without_long_lists(0),
            resource=self.resource[: quotas.RESOURCE_CHARACTERS_MAX],
            action=self.action[: quotas.RESOURCE_CHARACTERS_MAX],
        )

    def with_escapes(self) -> "RefusalRecord":
        """Return the refusal with each character that is no Unicode text as an escape."""
        context = {_escape_text(key): _escape_value(value) for key, value in self.context.items()}
        return replace(
            self,
            context=context,
            resource=_escape_text(self.resource),
            texts=tuple(map(_escape_text, self.texts)),
        )


def _escape_value(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    return _escape_text(value) if isinstance(value, str) else tuple(map(_escape_text, value))


def _escape_text(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def record_refusal(  # noqa: PLR0913 - all that a refusal is made of
    request: AuthorizationRequest,
    decision: Decision,
    policies: EffectivePolicies,
    *,
    time: int,
    principal_id: str,
    organization: str = "",
    owners_organization: str = "",
    policy_owner: str = "",
    texts: Iterable[str] = (),
    tags: TagKeys | None = None,
) -> RefusalRecord:
    """Return a refusal to be kept; of `tags` the hash stands for the keys."""
    context = request.context
    if tags is not None:
        context = dict(context)
        for key in tags.keys:
            context.pop(key, None)
    return RefusalRecord(
        time=time,
        organization=organization,
        owners_organization=owners_organization,
        principal=_principal_fields(request.principal),
        principal_id=principal_id,
        action=request.action,
        resource=request.resource,
        resource_account=request.resource_account,
        policy_owner=policy_owner or request.resource_account,
        context=dict(context),
        outcome=decision.outcome.value,
        layer=decision.layer,
        grant=decision.grant,
        lacking=decision.missing_layers,
        deciding=_deciding_statement(decision.rule),
        policies=_policies_by_hash(policies),
        texts=tuple(texts),
        tags=b"" if tags is None else tags.digest,
    )


def _principal_fields(caller: Principal) -> tuple[str, str, str, str, str, str, str]:
    return (
        caller.kind,
        caller.arn,
        caller.account,
        caller.unique_id,
        caller.role_arn,
        caller.user_arn,
        caller.canonical_user,
    )


def _deciding_statement(rule: Rule | None) -> DecidingStatement | None:
    if rule is None:
        return None
    sid = rule.statement.syntax.sid or ""
    if len(sid) > quotas.SID_CHARACTERS_MAX:
        sid = ""
    return DecidingStatement(rule.policy.reference, rule.statement.index, sid)


def _policies_by_hash(policies: EffectivePolicies) -> PoliciesByHash:
    return PoliciesByHash(
        identity=policies.identity.references,
        boundary=_set_reference(policies.boundary),
        session=_set_reference(policies.session),
        resource=_set_reference(policies.resource),
        scps=_level_references(policies.scps),
        rcps=_level_references(policies.rcps),
        endpoint=_set_reference(policies.endpoint),
        requires_grant=policies.requires_grant,
        resource_layer=policies.resource_layer,
    )


def _set_reference(policy_set: PolicySet | None) -> PolicySetReference | None:
    return None if policy_set is None else policy_set.references


def _level_references(levels: OrganizationLevels | None) -> tuple[PolicySetReference, ...] | None:
    return None if levels is None else tuple(level.references for level in levels)
