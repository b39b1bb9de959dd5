"""Organizations, as the server is told about it."""

from daypass.core.organizations.refusals import REASONED, Refusal
from daypass.services.kit.service import Service
from daypass.services.organizations import (
    accounts,
    attachments,
    creations,
    effective_policies,
    features,
    handshakes,
    organization,
    places,
    policies,
    resource_policy,
    roots,
    service_access,
    tags,
    transfers,
    units,
)
from daypass.services.organizations.faults import CODES, details

SERVICE = Service(
    name="organizations",
    model="organizations",
    action_prefix="organizations",
    page_size=20,
    modules=(
        accounts, attachments, creations, effective_policies, features, handshakes, organization, places, policies, resource_policy,
        roots, service_access, tags, transfers, units,
    ),
    codes=CODES,
    failure="ServiceException",
    errors=frozenset(Refusal),
    reasons={error: tuple(words) for words, error in REASONED.items()},
    details=details,
    # Names and addresses of accounts. A handshake's parties and resources may be either.
    personal=frozenset({
        "Account.Email", "Account.Name", "CreateAccountStatus.AccountName", "DelegatedAdministrator.Email", "DelegatedAdministrator.Name",
        "HandshakeParty.Id", "HandshakeResource.Value", "Organization.MasterAccountEmail", "ResponsibilityTransfer.Name",
        "TransferParticipant.ManagementAccountEmail",
    }),
)  # fmt: skip
