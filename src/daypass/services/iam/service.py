"""The declaration of IAM: its model, modules, error codes and one-time codes."""

from daypass.services.iam import (
    access_keys,
    groups,
    mfa_devices,
    roles,
    saml_providers,
    users,
)
from daypass.services.iam.error_codes import CODES
from daypass.services.iam.policies import (
    attachments,
    boundaries,
    inline_policies,
    managed_policies,
    policy_versions,
)
from daypass.services.iam.simulation import simulate
from daypass.services.iam.wording import WORDING
from daypass.services.kit.service import Service

SERVICE = Service(
    name="iam",
    model="iam",
    action_prefix="iam",
    modules=(
        access_keys,
        attachments,
        boundaries,
        groups,
        inline_policies,
        managed_policies,
        mfa_devices,
        policy_versions,
        roles,
        saml_providers,
        simulate,
        users,
    ),
    codes=CODES,
    wording=WORDING,
    failure_code="ServiceFailure",
    one_time_codes=frozenset({"AuthenticationCode1", "AuthenticationCode2"}),
)
