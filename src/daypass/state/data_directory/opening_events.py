"""Audit events of changes made while the data directory is opened, before the audit log is open.

The events have the same members as the log's own (`server.audit.event`), which this layer cannot
import.
"""

from collections.abc import Mapping, Sequence

import msgspec

from daypass.state.changes import Changes

WHAT_MAX = 512
"""Longest list of names in an event, in characters."""


def first_start_event(changes: Changes, *, now: float) -> bytes:
    """Return, as JSON bytes, the event of the first start, which names the records in `changes`."""
    return _encode_event("first-start", [change.record.key for change in changes.records], now, {})


def damage_accepted_event(names: Sequence[str], *, now: float) -> bytes:
    """Return, as JSON bytes, the event of a start that removes the named damaged records."""
    return _encode_event("accept-damage", names, now, {"outcome": "DamageAccepted"})


def _encode_event(
    operation: str, what: Sequence[str], now: float, more: Mapping[str, str]
) -> bytes:
    """Return an event of the log as JSON; `what` lists the names it concerns."""
    event = {"time": now, "request": "", "service": "daypass", "operation": operation, **more}
    return msgspec.json.encode(
        {**event, "detail": {"by": "daypass up", "what": ", ".join(what)[:WHAT_MAX]}}
    )
