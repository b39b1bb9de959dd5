"""The reference of AWS's services that lints need: actions, condition keys and resources.

No decision ever depends on it.
"""

from collections.abc import Iterable
from typing import Protocol


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

    def resource_arn_formats(self, service: str, action: str) -> list[str] | None:
        """Return the ARN formats of the resources of an action, with `*` for each part that varies.

        None for an unknown action.
        """
