"""The policies of a recorded decision, found again by their hashes, or listed as missing.

Each document is looked for where policies of its kind and name are stored now, among all versions;
only a text with exactly its hash is taken. The work is bounded by the policies that one principal
and one organization may have.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from daypass.core.arn import resource_name
from daypass.core.domain import compiled_policies
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.organizations.resource_policy import ResourcePolicy
from daypass.core.faults import Invalid
from daypass.core.organizations.policies import control_policies
from daypass.core.policy.decision.compile import PolicyGrammar, compile_stored_text
from daypass.core.policy.decision.levels import OrganizationLevels
from daypass.core.policy.decision.model import EffectivePolicies, Layer
from daypass.core.policy.decision.policy_references import (
    PolicyReference,
    PolicySetReference,
    document_digest,
)
from daypass.core.policy.decision.policy_sets import NamedPolicy, PolicySet, Rule
from daypass.core.policy.decision.refusal_record import DecidingStatement, RefusalRecord
from daypass.services.kit import effective_policies
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.organization_view import policy_arn

_GRAMMARS = {
    Layer.RCP: PolicyGrammar.RCP,
    Layer.ENDPOINT: PolicyGrammar.ENDPOINT,
    Layer.RESOURCE: PolicyGrammar.RESOURCE,
    Layer.TRUST: PolicyGrammar.TRUST,
}
"""The grammar of each kind of policy; kinds that are not listed are policies of principals."""
_BUCKET_ARN_PREFIX = "arn:aws:s3:::"
_MISSING_ROLE_DIGEST = document_digest(compiled_policies.DECOY_TRUST_POLICY)


@dataclass(frozen=True, slots=True)
class MissingPolicy:
    """A policy whose text is gone; for a set too long to list, without name and ARN."""

    layer: Layer
    level: int
    reference: PolicyReference


@dataclass(slots=True)
class RecalledPolicies:
    """A decision's policies as far as their texts were found, and those that are missing."""

    policies: EffectivePolicies
    missing: list[MissingPolicy] = field(default_factory=list)
    policy_sets: list[tuple[Layer, PolicySet]] = field(default_factory=list)

    def rule(self, layer: Layer, deciding: DecidingStatement | None) -> Rule | None:
        """Return the deciding statement; None if none decided, or its document was not found."""
        if deciding is None:
            return None
        for kind, policy_set in self.policy_sets:
            for rule in policy_set.rules if kind is layer else ():
                is_it = rule.statement.index == deciding.statement
                if is_it and rule.policy.document.digest == deciding.policy.digest:
                    return rule
        return None


def recall_policies(refusal: RefusalRecord, directory: Directory) -> RecalledPolicies:
    """Return the policies that a refusal was decided by, as far as their texts still exist."""
    return _PolicySearch(refusal, directory).run()


class _PolicySearch:
    """One search for a refusal's policies; `run` collects found and missing ones."""

    def __init__(self, refusal: RefusalRecord, directory: Directory) -> None:
        self._refusal = refusal
        self._directory = directory
        self._recalled = RecalledPolicies(EffectivePolicies())

    def run(self) -> RecalledPolicies:
        """Return the policies of every kind."""
        recorded = self._refusal.policies
        layer = Layer(recorded.resource_layer)
        identity = self._recall_set(Layer.IDENTITY, recorded.identity)
        self._recalled.policies = EffectivePolicies(
            identity=identity or effective_policies.NO_IDENTITY_POLICIES,
            boundary=self._recall_set(Layer.BOUNDARY, recorded.boundary),
            session=self._recall_set(Layer.SESSION, recorded.session),
            resource=self._recall_set(layer, recorded.resource),
            scps=self._recall_levels(Layer.SCP, recorded.scps),
            rcps=self._recall_levels(Layer.RCP, recorded.rcps),
            endpoint=self._recall_set(Layer.ENDPOINT, recorded.endpoint),
            requires_grant=recorded.requires_grant,
            resource_layer=layer,
            scope_downs=tuple(self._recall_scope_downs(recorded.scope_downs)),
        )
        return self._recalled

    def _recall_levels(
        self, layer: Layer, levels: Iterable[PolicySetReference] | None
    ) -> OrganizationLevels | None:
        """Return the SCPs or RCPs, level by level; None if there were none."""
        if levels is None:
            return None
        policy_sets = (self._recall_set(layer, each, level) for level, each in enumerate(levels))
        return OrganizationLevels(each for each in policy_sets if each is not None)

    def _recall_scope_downs(self, recorded: Iterable[PolicySetReference]) -> Iterator[PolicySet]:
        """Yield the scope-down policies in their order."""
        for level, each in enumerate(recorded):
            policy_set = self._recall_set(Layer.SCOPE_DOWN, each, level)
            if policy_set is not None:
                yield policy_set

    def _recall_set(
        self, layer: Layer, recorded: PolicySetReference | None, level: int = 0
    ) -> PolicySet | None:
        """Return the policies of one kind; None if there were none of it."""
        if recorded is None:
            return None
        if recorded.is_listed:
            sources = [self._recall_policy(layer, level, each) for each in recorded.policies]
            policy_set = PolicySet(source for source in sources if source is not None)
        else:
            policy_set = self._current_set(layer, level)
            if policy_set.references.digest != recorded.digest:
                policy_set = PolicySet(())
                self._recalled.missing.append(
                    MissingPolicy(layer, level, PolicyReference("", "", recorded.digest))
                )
        self._recalled.policy_sets.append((layer, policy_set))
        return policy_set

    def _recall_policy(
        self, layer: Layer, level: int, reference: PolicyReference
    ) -> NamedPolicy | None:
        """Return a policy by its hash; None if its text is gone, which is noted."""
        if layer is Layer.TRUST and reference.digest == _MISSING_ROLE_DIGEST:
            # The role did not exist, so there are no statements to explain.
            return NamedPolicy(
                compile_stored_text(effective_policies.EMPTY_POLICY, PolicyGrammar.TRUST),
                reference.name,
            )
        for text in self._candidate_texts(layer, reference):
            if document_digest(text) == reference.digest:
                document = compile_stored_text(text, _GRAMMARS.get(layer, PolicyGrammar.IDENTITY))
                if reference.is_denying:
                    document = document.denies_only()
                return NamedPolicy(document, reference.name, reference.arn)
        self._recalled.missing.append(MissingPolicy(layer, level, reference))
        return None

    def _current_set(self, layer: Layer, level: int) -> PolicySet:
        """Return today's policies in place of a set that was too long to be listed."""
        refusal, directory = self._refusal, self._directory
        _, _, account, unique_id, *_ = refusal.principal
        if layer is Layer.IDENTITY:
            view = directory.account(account)
            record = view.by_id(User, unique_id) or view.by_id(Role, unique_id)
            return (
                effective_policies.principal_policies(record, directory)[0]
                if record
                else effective_policies.NO_IDENTITY_POLICIES
            )
        owner = account if layer is Layer.SCP else refusal.resource_account
        policies_above = directory.control_policies_of(owner)
        levels = (
            (policies_above.scps if layer is Layer.SCP else policies_above.rcps)
            if policies_above
            else None
        )
        return dict(enumerate(levels or ())).get(level, effective_policies.NO_IDENTITY_POLICIES)

    def _candidate_texts(self, layer: Layer, reference: PolicyReference) -> Iterator[str]:
        """Yield the texts that may be the document, from where its kind is stored."""
        yield effective_policies.EMPTY_POLICY
        if layer in {Layer.SCP, Layer.RCP}:
            yield from self._organization_texts(layer, reference.arn)
        elif layer is Layer.TRUST:
            role = self._directory.by_arn(Role, self._refusal.resource) if self._is_arn() else None
            yield from (role.trust,) if role else ()
        elif layer is Layer.RESOURCE:
            yield from self._resource_policy_texts()
        elif reference.arn:
            policy = self._directory.by_arn(ManagedPolicy, reference.arn)
            yield from (version.document for version in policy.versions) if policy else ()
        elif layer in {Layer.SESSION, Layer.SCOPE_DOWN}:
            yield from self._refusal.texts
        else:
            yield from self._inline_texts(reference.name)

    def _is_arn(self) -> bool:
        """Return whether the refused request's resource is a role's ARN."""
        try:
            self._directory.by_arn(Role, self._refusal.resource)
        except Invalid:
            return False
        return True

    def _inline_texts(self, name: str) -> Iterator[str]:
        """Yield the inline policies of a name: the principal's and its account's groups'."""
        _, _, account, unique_id, *_ = self._refusal.principal
        view = self._directory.account(account)
        record = view.by_id(User, unique_id) or view.by_id(Role, unique_id)
        holders = [
            *([record] if record else []),
            *(view.of(Group) if isinstance(record, User) else []),
        ]
        for holder in holders:
            yield from (policy.document for policy in holder.inline if policy.name == name)

    def _organization_texts(self, layer: Layer, arn: str) -> Iterator[str]:
        """Yield the text of the organization's policy, or AWS's, of an ARN."""
        refusal = self._refusal
        name = refusal.organization if layer is Layer.SCP else refusal.owners_organization
        view = self._directory.organization(name)
        identifier = resource_name(arn)
        if identifier in control_policies.AWS_OWNED_ATTACHMENTS:
            yield control_policies.AWS_OWNED_ATTACHMENTS[identifier].content
        policy, record = view.of(OrganizationPolicy).get(identifier), view.record
        if policy is not None and record is not None and policy_arn(record, policy) == arn:
            yield policy.content

    def _resource_policy_texts(self) -> Iterator[str]:
        """Yield the bucket's policy and the organization's resource policies."""
        refusal = self._refusal
        name = refusal.resource.removeprefix(_BUCKET_ARN_PREFIX).partition("/")[0]
        bucket: Bucket | None = None
        if refusal.resource.startswith(_BUCKET_ARN_PREFIX):
            bucket = self._directory.of(Bucket).get(name)
        if bucket is not None:
            yield bucket.policy
        view = self._directory.organization(refusal.organization)
        yield from (recorded.content for recorded in view.of(ResourcePolicy))
