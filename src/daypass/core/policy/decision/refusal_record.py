"""The record of a refusal: the request, the decision, and every policy by name and hash.

Making a record costs the same whatever the policies say, and reads no text: the reasons are
computed when somebody asks for them. Out: sealing a record (`core.authorization_messages`), and
showing it (`explanation.decoded_message`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.policy.decision.levels import OrganizationLevels
from daypass.core.policy.decision.model import AuthorizationRequest, Decision, EffectivePolicies
from daypass.core.policy.decision.policy_references import PolicyReference, PolicySetReference
from daypass.core.policy.decision.policy_sets import PolicySet, Rule
from daypass.core.policy.language.principal import Principal, PrincipalKind

ContextValues = dict[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class TagKeys:
    """A resource's tags as condition keys, and a hash of them."""

    keys: Mapping[str, str | tuple[str, ...]]
    digest: bytes


class DecidingStatement(msgspec.Struct, frozen=True, array_like=True):
    """The statement that decided: its policy, its index, and its Sid unless that is too long."""

    policy: PolicyReference
    statement: int
    sid: str


class PoliciesByHash(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """The fields of `model.EffectivePolicies`, with policies by name and hash.

    None if there was no policy of a kind.
    """

    identity: PolicySetReference
    boundary: PolicySetReference | None
    session: PolicySetReference | None
    resource: PolicySetReference | None
    scps: tuple[PolicySetReference, ...] | None
    rcps: tuple[PolicySetReference, ...] | None
    endpoint: PolicySetReference | None
    requires_grant: bool
    resource_layer: str
    scope_downs: tuple[PolicySetReference, ...] = ()

    def without_long_lists(self, policies_max: int) -> "PoliciesByHash":
        """Return the policies without those lists that have more than `policies_max` policies."""

        def shorten(references: PolicySetReference | None) -> PolicySetReference | None:
            return None if references is None else references.without_long_list(policies_max)

        def shorten_levels(
            levels: tuple[PolicySetReference, ...] | None,
        ) -> tuple[PolicySetReference, ...] | None:
            return (
                None
                if levels is None
                else tuple(each.without_long_list(policies_max) for each in levels)
            )

        return replace(
            self,
            identity=self.identity.without_long_list(policies_max),
            boundary=shorten(self.boundary),
            session=shorten(self.session),
            resource=shorten(self.resource),
            scps=shorten_levels(self.scps),
            rcps=shorten_levels(self.rcps),
            endpoint=shorten(self.endpoint),
            scope_downs=shorten_levels(self.scope_downs) or (),
        )


class RefusalRecord(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """The record of a refusal; times are seconds since 1970, and a missing text is empty.

    `organization` and `owners_organization` are the organizations of the caller and of the
    resource's owner. `policy_owner` is the account of the resource's policy. `tags` is the hash of
    those tags of the resource that are left out of `context`. `is_cut`: the record was too long,
    and the context of the request was left out.
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
    """The texts of session and scope-down policies, which are stored nowhere else."""
    tags: bytes = b""
    is_cut: bool = False

    def authorization_request(self) -> AuthorizationRequest:
        """Return the request that was refused."""
        kind, *names = self.principal
        return AuthorizationRequest(
            principal=Principal(PrincipalKind(kind), *names),
            action=self.action,
            resource=self.resource,
            resource_account=self.resource_account,
            context=self.context,
        )

    def shorter_records(self) -> Iterator["RefusalRecord"]:
        """Yield the record in three forms, each shorter than the one before.

        First without long lists of policies and without texts, then without the context of the
        request, then without any list and with action and resource cut.
        """
        record = replace(self, policies=self.policies.without_long_lists(1), texts=())
        yield record
        record = replace(record, context={}, tags=b"", is_cut=True)
        yield record
        yield replace(
            record,
            policies=self.policies.without_long_lists(0),
            resource=self.resource[: quotas.RESOURCE_CHARACTERS_MAX],
            action=self.action[: quotas.RESOURCE_CHARACTERS_MAX],
        )

    def with_escapes(self) -> "RefusalRecord":
        """Return the record with an escape for each character that is not valid Unicode."""
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


def record_refusal(  # noqa: PLR0913 - every part of a refusal
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
    tags: bytes = b"",
) -> RefusalRecord:
    """Return the record of a refusal.

    `tags` is the hash of those tags of the resource whose keys are not in the request's context.
    """
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
        context=dict(request.context),
        outcome=decision.outcome.value,
        layer=decision.layer,
        grant=decision.grant,
        lacking=decision.missing_layers,
        deciding=_deciding_statement(decision.rule),
        policies=_policies_by_hash(policies),
        texts=tuple(texts),
        tags=tags,
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
        scope_downs=tuple(each.references for each in policies.scope_downs),
    )


def _set_reference(policy_set: PolicySet | None) -> PolicySetReference | None:
    return None if policy_set is None else policy_set.references


def _level_references(levels: OrganizationLevels | None) -> tuple[PolicySetReference, ...] | None:
    return None if levels is None else tuple(level.references for level in levels)
