"""The declaration of the portal's API: its model, modules and error codes."""

from daypass.services.kit.service import Service
from daypass.services.sso import accounts, portal_sessions, role_credentials
from daypass.services.sso.error_codes import CODES

SERVICE = Service(
    name="sso",
    model="sso",
    action_prefix="sso",
    page_size=100,
    modules=(accounts, portal_sessions, role_credentials),
    codes=CODES,
)
