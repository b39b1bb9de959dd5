"""What a server knows of others that answer requests from the same data; alone it knows of none."""

from typing import Protocol

from daypass.server.health.metrics import Metrics


class Others(Protocol):
    """The others, as one server sees them."""

    @property
    def is_behind(self) -> bool:
        """Say whether another one knows of a commit that this one has not applied."""

    async def passed(self, seq: int) -> None:
        """Return when every other one has applied a commit, or was waited for long enough."""

    async def caught_up(self) -> None:
        """Return when this one has applied what others had when this was asked, or cannot soon."""

    async def metrics(self, own: Metrics) -> str:
        """Return the metrics of this one and the others as one page; raises `TimeoutError` where they cannot be had soon."""


class Alone:
    """There are none."""

    is_behind = False

    async def passed(self, seq: int) -> None:
        """Return at once."""

    async def caught_up(self) -> None:
        """Return at once."""

    async def metrics(self, own: Metrics) -> str:
        """Return this one's own."""
        return own.text()
