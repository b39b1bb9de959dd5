"""Rules for e-mail addresses and role names in an organization, beyond those of the model.

Source: Organizations API reference, "CreateAccount" (Email, RoleName).
"""

import re

from daypass.core import quotas
from daypass.core.identity_center.reserved_roles import ROLE_PREFIX, is_reserved_name

_FORBIDDEN = re.compile(r"""[\s@"'()<>\[\]:;,\\|%&]""")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
_PLACEHOLDER_DOMAIN = "daypass.invalid"
SERVICE_LINKED = "AWSServiceRoleFor"
RESERVED_BEGINNINGS = f"{SERVICE_LINKED} or {ROLE_PREFIX}"
"""How names of roles begin that services alone may make, in words."""


def is_email(text: str) -> bool:
    """Return True for an e-mail address by AWS's rules: ASCII, plain local part, dotted domain."""
    if not quotas.EMAIL_CHARACTERS_MIN <= len(text) <= quotas.EMAIL_CHARACTERS_MAX:
        return False
    local, at, domain = text.rpartition("@")
    if not (text.isascii() and at and local) or _FORBIDDEN.search(local) or local.startswith("."):
        return False
    return bool(_DOMAIN.fullmatch(domain)) and domain[0] not in "-." and domain[-1] not in "-."


def fold_email(email: str) -> str:
    """Return an e-mail address in lower case, for comparing without regard to case."""
    return email.lower()


def placeholder_email(account: str) -> str:
    """Return an e-mail address for the root of an account created without one (RFC 2606)."""
    return f"root+{account}@{_PLACEHOLDER_DOMAIN}"


def is_placeholder_email(email: str) -> bool:
    """Return True for an address as `placeholder_email` returns it; callers may not choose one."""
    return fold_email(email).endswith(f"@{_PLACEHOLDER_DOMAIN}")


def is_allowed_role_name(text: str) -> bool:
    """Return True unless a role name starts like one that only a service may make, in any case."""
    return not (text.lower().startswith(SERVICE_LINKED.lower()) or is_reserved_name(text))
