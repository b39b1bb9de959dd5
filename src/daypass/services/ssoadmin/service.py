"""The declaration of `sso-admin`: its model, modules and error codes."""

from daypass.services.kit.service import Service
from daypass.services.ssoadmin.error_codes import CODES, FAILURE_CODE
from daypass.wire.interface import RefusalShape

SERVICE = Service(
    name="ssoadmin",
    model="sso-admin",
    action_prefix="sso",
    page_size=100,
    modules=(),
    codes=CODES,
    failure_code=FAILURE_CODE,
    refusal_shape=RefusalShape.BOTH_MESSAGES,
)
