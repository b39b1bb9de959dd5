"""The state that all connections of a server share: the parts of `overload`, made together."""

import asyncio
from dataclasses import dataclass

from daypass.core.sources import Clock
from daypass.server import clock, limits
from daypass.server.health.metrics import Aggregation, Metrics
from daypass.server.http.overload.connections import Connections
from daypass.server.http.overload.early_refusals import EarlyRefusals
from daypass.server.http.overload.held_connections import HeldConnections
from daypass.server.http.overload.quick_refusals import QuickRefusals
from daypass.server.http.overload.request_queue import RequestQueue
from daypass.server.process import descriptors


@dataclass(frozen=True, slots=True)
class ListenerState:
    """The parts that all connections of a server share."""

    connections: Connections
    request_queue: RequestQueue
    held_connections: HeldConnections
    early_refusals: EarlyRefusals
    quick_refusals: QuickRefusals
    clock: Clock

    def register_gauges(self, metrics: Metrics) -> None:
        """Add gauges of connections and of refused requests."""
        connections = self.connections
        metrics.add_gauge(
            "daypass_connections", "Connections.", Aggregation.SUM, lambda: len(connections)
        )
        metrics.add_gauge(
            "daypass_connections_dropped",
            "Connections that were dropped: overdue, or to make room.",
            Aggregation.SUM,
            lambda: connections.dropped,
        )
        metrics.add_gauge(
            "daypass_requests_turned_away",
            "Requests that were throttled before they were read.",
            Aggregation.SUM,
            lambda: self.request_queue.turned_away,
        )
        metrics.add_gauge(
            "daypass_connections_on_hold",
            "Connections that were throttled and are not read for a while.",
            Aggregation.SUM,
            lambda: len(self.held_connections),
        )


def make_listener_state(early_refusals: EarlyRefusals, *, workers: int) -> ListenerState:
    """Return the shared state of one worker's connections; `workers` share the bounds on them."""
    request_queue = RequestQueue(
        lambda begin: asyncio.get_running_loop().call_soon(begin), clock.monotonic
    )
    return ListenerState(
        connections=Connections(
            clock.monotonic,
            total_max=descriptors.claim_connections(workers),
            per_client_max=limits.CONNECTIONS_PER_CLIENT_MAX // workers,
        ),
        request_queue=request_queue,
        held_connections=HeldConnections(
            lambda seconds, resume: asyncio.get_running_loop().call_later(seconds, resume),
            clock.monotonic,
            lambda: request_queue.is_behind,
        ),
        early_refusals=early_refusals,
        quick_refusals=QuickRefusals(early_refusals, clock.entropy),
        clock=clock.monotonic,
    )
