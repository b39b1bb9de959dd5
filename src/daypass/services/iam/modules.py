"""The files in which IAM's operations are found."""

from daypass.services.iam import (
    access_keys,
    attachments,
    boundaries,
    groups,
    inline_policies,
    mfa_devices,
    policies,
    policy_versions,
    roles,
    simulation,
    users,
)

MODULES = (
    access_keys, attachments, boundaries, groups, inline_policies, mfa_devices, policies, policy_versions, roles, simulation, users
)  # fmt: skip
