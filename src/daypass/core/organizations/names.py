"""Names and addresses in an organization, beyond what the service's model says of them.

Source: Organizations API reference, "CreateAccount" (Email, RoleName).
"""

import re

from daypass.core import quotas

_FORBIDDEN = re.compile(r"""[\s@"'()<>\[\]:;,\\|%&]""")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
_PLACEHOLDER_DOMAIN = "daypass.invalid"
SERVICE_LINKED = "AWSServiceRoleFor"


def is_email(text: str) -> bool:
    """Say whether an address keeps AWS's rules: ASCII, a plain local part, and a domain with a dot."""
    if not quotas.EMAIL_CHARACTERS_MIN <= len(text) <= quotas.EMAIL_CHARACTERS_MAX:
        return False
    local, at, domain = text.rpartition("@")
    if not (text.isascii() and at and local) or _FORBIDDEN.search(local) or local.startswith("."):
        return False
    return bool(_DOMAIN.fullmatch(domain)) and domain[0] not in "-." and domain[-1] not in "-."


def fold_email(email: str) -> str:
    """Return the form under which addresses that differ only in case are one."""
    return email.lower()


def placeholder_email(account: str) -> str:
    """Return an address for the root of an account that was made without one; nothing can be sent to it (RFC 2606)."""
    return f"root+{account}@{_PLACEHOLDER_DOMAIN}"


def is_placeholder_email(email: str) -> bool:
    """Say whether an address is such a one, which nobody may ask for: it is an account's whether or not it was needed yet."""
    return fold_email(email).endswith(f"@{_PLACEHOLDER_DOMAIN}")


def is_allowed_role_name(text: str) -> bool:
    """Say whether the role of a new account may be called so: not like a role of a service, in no spelling."""
    return not text.lower().startswith(SERVICE_LINKED.lower())
