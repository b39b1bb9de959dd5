"""Service principals that may get trusted access, and those with one delegated administrator.

Source: Organizations API reference, "EnableAWSServiceAccess" and "RegisterDelegatedAdministrator";
that every name of AWS's form is accepted is ours.
"""

import re

ONE_ADMINISTRATOR = frozenset({"sso.amazonaws.com"})
"""Services that may have only one delegated administrator account."""
_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com", re.ASCII)


def is_service_principal(name: str) -> bool:
    """Return True for a name of the form of a service principal, such as `sso.amazonaws.com`."""
    return _NAME.fullmatch(name) is not None
