"""The declaration of `sso-admin`: its model, modules and error codes."""

from daypass.services.kit.service import Service
from daypass.services.ssoadmin import access_control, instances, regions, tags
from daypass.services.ssoadmin.assignments import account_assignments, request_status
from daypass.services.ssoadmin.error_codes import CODES, FAILURE_CODE
from daypass.services.ssoadmin.permission_sets import (
    boundary,
    customer_policies,
    inline_policy,
    managed_policies,
    sets,
)
from daypass.services.ssoadmin.provisioning import provisioned_sets, requests
from daypass.wire.interface import RefusalShape

SERVICE = Service(
    name="ssoadmin",
    model="sso-admin",
    action_prefix="sso",
    page_size=100,
    modules=(
        access_control,
        account_assignments,
        boundary,
        customer_policies,
        inline_policy,
        instances,
        managed_policies,
        provisioned_sets,
        regions,
        request_status,
        requests,
        sets,
        tags,
    ),
    codes=CODES,
    failure_code=FAILURE_CODE,
    is_called_by_commands=True,
    refusal_shape=RefusalShape.BOTH_MESSAGES,
)
