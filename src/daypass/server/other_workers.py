"""What a server sees of the other workers, which answer requests from the same data directory."""

from typing import Protocol

from daypass.server.health.metrics import Metrics


class OtherWorkers(Protocol):
    """The other workers, as one of them sees them."""

    @property
    def is_behind(self) -> bool:
        """Say whether another worker has applied a commit that this one has not."""

    async def wait_until_applied(self, seq: int) -> None:
        """Return when every other worker has applied commit `seq`, or the wait has timed out."""

    async def catch_up(self) -> None:
        """Return when this worker has applied what the others had at the call, or timed out."""

    async def metrics_page(self, own: Metrics) -> str:
        """Return the metrics of this worker, `own`, and of all others as one page of text.

        Raises `TimeoutError` if the others do not send theirs soon.
        """


class NoOtherWorkers:
    """Stands for the other workers of a server that has none."""

    is_behind = False

    async def wait_until_applied(self, seq: int) -> None:
        """Return at once."""

    async def catch_up(self) -> None:
        """Return at once."""

    async def metrics_page(self, own: Metrics) -> str:
        """Return the metrics of this server alone."""
        return own.text()
