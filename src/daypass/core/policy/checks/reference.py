"""What a lint asks of the world: which services, actions and condition keys there are. No decision ever asks."""

from collections.abc import Iterable
from typing import Protocol


class AuthorizationReference(Protocol):
    """What is known of AWS's services."""

    def services(self) -> Iterable[str]:
        """Return the prefixes of all services."""

    def actions(self, service: str) -> Iterable[str]:
        """Return the names of a service's actions, such as `GetObject`."""

    def condition_keys(self, service: str) -> Iterable[str]:
        """Return a service's own condition keys; `${…}` in one stands for any text."""

    def is_multivalued(self, key: str) -> bool | None:
        """Say whether a key holds a list; nothing for a key that is not known."""

    def resource_arn_formats(self, service: str, action: str) -> list[str] | None:
        """Return the ARNs of what an action acts on, a star for each part that varies; nothing for an unknown action."""
