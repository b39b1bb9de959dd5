"""Services that an organization may trust: how they are called, and how many accounts may administer one.

Source: Organizations API reference, "EnableAWSServiceAccess" and "RegisterDelegatedAdministrator"; that every name of AWS's form is
taken is ours.
"""

import re

ONE_ADMINISTRATOR = frozenset({"sso.amazonaws.com"})
"""Services that a single account may administer."""
_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com", re.ASCII)


def is_service_principal(name: str) -> bool:
    """Say whether a name is of the form that AWS gives its services."""
    return _NAME.fullmatch(name) is not None
