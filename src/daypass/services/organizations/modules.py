"""The files in which the operations of Organizations are found."""

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

MODULES = (
    accounts, attachments, creations, effective_policies, features, handshakes, organization, places, policies, resource_policy,
    roots, service_access, tags, transfers, units,
)  # fmt: skip
