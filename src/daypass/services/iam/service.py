"""IAM, as the server is told about it."""

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
from daypass.services.iam.faults import CODES
from daypass.services.kit.service import Service

SERVICE = Service(
    name="iam",
    model="iam",
    action_prefix="iam",
    modules=(
        access_keys, attachments, boundaries, groups, inline_policies, mfa_devices, policies, policy_versions, roles, simulation, users,
    ),
    codes=CODES,
    failure="ServiceFailure",
    one_time_codes=frozenset({"AuthenticationCode1", "AuthenticationCode2"}),
)  # fmt: skip
