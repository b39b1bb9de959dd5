"""The role of a permission set in one account: made, brought up to date, removed.

Functions of a snapshot to records. Whoever calls them says who may take the steps of IAM: an
operation by its caller (`management_wall`), the operator and the job by their own right.
"""

from collections.abc import Callable
from dataclasses import dataclass

from daypass.core import quotas
from daypass.core.domain.iam.managed_policy import ManagedPolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.identity_center.provisioned_set import ProvisionedSet
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.record import Record
from daypass.core.faults import Conflict, NotFound, TooMany
from daypass.core.identity_center import reserved_roles
from daypass.core.identity_center.permission_sets import provisioning, saml_metadata
from daypass.core.identity_center.permission_sets.provisioning import IamStep
from daypass.core.identity_center.permission_sets.session_durations import session_seconds
from daypass.core.sessions.keyids import unique_id
from daypass.core.sources import Entropy
from daypass.services.kit.identity_center.providers import provider_in
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.instance_view import InstanceView

PermitSteps = Callable[[str, list[IamStep]], None]
"""Takes an account and the steps of IAM that work in it takes; raises `Denied` for one that is not
allowed."""


def permit_all(_account: str, _steps: list[IamStep]) -> None:
    """Permit every step: work by the service-linked role, or by the operator's right."""


@dataclass(frozen=True, slots=True)
class ProvisioningInput:
    """What provisioning stands on: a snapshot, the time, and who permits the steps of IAM."""

    directory: Directory
    instance: Instance
    now: int
    entropy: Entropy
    permit: PermitSteps

    @property
    def view(self) -> InstanceView:
        """Return the view of the instance."""
        return self.directory.instance(self.instance.id)


def check_target(work: ProvisioningInput, account: str) -> None:
    """Raise a fault unless an account is one that the instance may work in, and is open.

    An account instance works in its own account alone.
    """
    instance, record = work.instance, work.directory.account(account).record
    if instance.organization:
        is_ours = account in work.directory.organization(instance.organization).of(Member)
    else:
        is_ours = account == instance.owner
    if record is None or not is_ours:
        raise NotFound(f"The account {account} was not found in the organization.")
    if not record.is_open:
        raise Conflict(f"The account {account} is closed.")


def provisioned_records(
    work: ProvisioningInput, permission_set: PermissionSet, account: str
) -> list[Record]:
    """Return the records that provision a permission set in an account, as it is now or anew.

    They are the role, the provisioned set, and on the first time the account's SAML provider.
    Raises a fault, whose text is the reason, for an account that is not to be worked in, a policy
    that it has not, a quota, and a step that is not permitted; then the account stays as it was.
    """
    check_target(work, account)
    known = work.view.provisioned_set(account, permission_set.id)
    before = _role_of(work, account, known)
    if before is None:
        _check_quotas(work, account)
    steps: list[IamStep] = []
    records: list[Record] = []
    provider = provider_in(work.directory.account(account), work.instance.id)
    if provider is None:
        provider = _new_provider(work, account)
        steps += provisioning.provider_steps(provider)
        records.append(provider)
    after = provisioning.role_as_described(
        before or _blank_role(work, permission_set, account),
        permission_set,
        provider=provider.arn,
        has_policy=lambda arn: work.directory.by_arn(ManagedPolicy, arn) is not None,
    )
    if before is None:
        steps += provisioning.creation_steps(after)
    else:
        steps += provisioning.update_steps(before, after)
    work.permit(account, steps)
    if after != before:
        records.append(after)
    records.append(
        ProvisionedSet(
            account=work.instance.id,
            target=account,
            permission_set=permission_set.id,
            role_id=after.unique_id,
            version=permission_set.version,
            session_seconds=session_seconds(permission_set.session_duration),
            provisioned=work.now,
            relay_state=permission_set.relay_state,
        )
    )
    return records


def removable_records(work: ProvisioningInput, permission_set: str, account: str) -> list[Record]:
    """Return the records to remove so that an account has a permission set's role no longer.

    The SAML provider stays.
    """
    known = work.view.provisioned_set(account, permission_set)
    if known is None:
        return []
    role = _role_of(work, account, known)
    return [known] if role is None else [role, known]


def _role_of(work: ProvisioningInput, account: str, known: ProvisionedSet | None) -> Role | None:
    """Return the role of a provisioned set; None without it."""
    if known is None:
        return None
    return work.directory.account(account).by_id(Role, known.role_id)


def _check_quotas(work: ProvisioningInput, account: str) -> None:
    """Raise `TooMany` if an account has as many permission sets or roles as it may."""
    sets = sum(1 for _ in work.view.sets_provisioned_in(account))
    if sets >= quotas.PROVISIONED_SETS_MAX:
        raise TooMany(
            f"Cannot provision more than {quotas.PROVISIONED_SETS_MAX} permission sets in the"
            f" account {account}."
        )
    if len(work.directory.account(account).of(Role)) >= quotas.ROLES_MAX:
        raise TooMany(f"Cannot exceed quota for RolesPerAccount: {quotas.ROLES_MAX}")


def _new_provider(work: ProvisioningInput, account: str) -> SamlProvider:
    """Return a new SAML provider of the instance; raises `TooMany` if the account has no room."""
    if len(work.directory.account(account).of(SamlProvider)) >= quotas.SAML_PROVIDERS_MAX:
        raise TooMany(
            f"Cannot exceed quota for SAMLProvidersPerAccount: {quotas.SAML_PROVIDERS_MAX}"
        )
    return saml_metadata.new_provider(
        account,
        instance=work.instance.id,
        region=work.instance.region,
        now=work.now,
        entropy=work.entropy,
    )


def _blank_role(work: ProvisioningInput, permission_set: PermissionSet, account: str) -> Role:
    """Return a new role of a permission set with its name, path and id, and nothing else."""
    return Role(
        account=account,
        name=reserved_roles.role_name(permission_set.name, work.entropy(reserved_roles.HEX_BYTES)),
        path=reserved_roles.role_path(work.instance.region),
        unique_id=unique_id("AROA", work.entropy(11)),
        created=work.now,
        trust="",
    )
