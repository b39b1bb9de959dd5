"""The declaration of STS: its model, modules, error codes and one-time codes."""

from daypass.services.kit.service import Service
from daypass.services.sts import assume_role, identity, scoped_credentials, session_token
from daypass.services.sts.error_codes import CODES

SERVICE = Service(
    name="sts",
    model="sts",
    action_prefix="sts",
    modules=(assume_role, identity, scoped_credentials, session_token),
    codes=CODES,
    one_time_codes=frozenset({"TokenCode"}),
)
