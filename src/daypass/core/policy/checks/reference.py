"""The reference of AWS's services that lints need: actions, condition keys and resources.

No decision ever depends on it.
"""

from collections.abc import Iterable
from typing import Protocol

WITHOUT_SLASH = "\x1f"
"""In an ARN format, stands for a part that varies and has no slash, such as a bucket's name."""


class AuthorizationReference(Protocol):
    """AWS's services, as the service authorization reference describes them."""

    def services(self) -> Iterable[str]:
        """Return the prefixes of all services."""

    def actions(self, service: str) -> Iterable[str]:
        """Return the names of a service's actions, such as `GetObject`."""

    def condition_keys(self, service: str) -> Iterable[str]:
        """Return a service's own condition keys; `${…}` in one stands for any text."""

    def is_multivalued(self, key: str) -> bool | None:
        """Return whether a condition key has a list of values; None for an unknown key."""

    def key_type(self, key: str) -> str:
        """Return what a condition key's values are; empty for an unknown key.

        One of `string`, `arn`, `numeric`, `date`, `bool`, `binary` and `ip`.
        """

    def has_condition_key(self, service: str, action: str, key: str) -> bool | None:
        """Return whether requests for an action may have one of a service's condition keys.

        None for an unknown action. Global condition keys are not known by action.
        """

    def resource_arn_formats(self, service: str, action: str) -> list[str] | None:
        """Return the ARN formats of the resources of an action; None for an unknown action.

        Each part that varies is `*`, or `WITHOUT_SLASH` if it never has a slash.
        """
