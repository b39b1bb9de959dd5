"""The declaration of Organizations: its model, modules, error codes and personal data."""

from daypass.core.organizations.refusals import REASON_EXCEPTIONS, ErrorCode
from daypass.services.kit.service import Service
from daypass.services.organizations import (
    account_creations,
    accounts,
    organization,
    service_access,
    tags,
)
from daypass.services.organizations.error_codes import CODES, WORDING, reason_details
from daypass.services.organizations.handshakes import (
    enable_all_features,
    handshake_lifecycle,
    transfers,
)
from daypass.services.organizations.policies import (
    attachments,
    management_policies,
    policy_lifecycle,
    resource_policy,
)
from daypass.services.organizations.tree import children, roots, units

SERVICE = Service(
    name="organizations",
    model="organizations",
    action_prefix="organizations",
    page_size=20,
    modules=(
        accounts,
        attachments,
        children,
        account_creations,
        enable_all_features,
        handshake_lifecycle,
        management_policies,
        organization,
        policy_lifecycle,
        resource_policy,
        roots,
        service_access,
        tags,
        transfers,
        units,
    ),
    codes=CODES,
    wording=WORDING,
    failure_code="ServiceException",
    named_errors=frozenset(ErrorCode),
    reasons={error: tuple(words) for words, error in REASON_EXCEPTIONS.items()},
    error_details=reason_details,
    # Names and addresses of accounts. A handshake's parties and resources may be either.
    personal=frozenset(
        {
            "Account.Email",
            "Account.Name",
            "CreateAccountStatus.AccountName",
            "DelegatedAdministrator.Email",
            "DelegatedAdministrator.Name",
            "HandshakeParty.Id",
            "HandshakeResource.Value",
            "Organization.MasterAccountEmail",
            "ResponsibilityTransfer.Name",
            "TransferParticipant.ManagementAccountEmail",
        }
    ),
)
