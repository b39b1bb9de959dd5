"""Format an audit event as one line: time, outcome, action, caller, resource, results."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daypass.server.audit.event import Event


def event_line(event: "Event") -> str:
    """Return an audit event as one line for people."""
    what = f"{event.service}:{event.operation}"
    words = [
        f"{time_text(event.time)}  {event.outcome:<22} {what:<26} {caller_text(event)}",
        *_details(event),
    ]
    return "  ".join(words)


def time_text(seconds: float) -> str:
    """Return a time, in seconds since 1970, as UTC date and time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def caller_text(event: "Event") -> str:
    """Return the caller of an event: its principal, followed by an operator's name if there is one.

    For a call whose caller was not proved, the access key id, or the source address.
    """
    by = event.detail.get("by") or str(event.session.get("sessionName", ""))
    if event.principal and by and not event.principal.endswith(f"/{by}"):
        return f"{event.principal} ({by})"
    return event.principal or by or event.key or event.source or "an unknown caller"


def _details(event: "Event") -> Iterator[str]:
    """Yield resource, copy source, session name, signature, issued keys, message or decision."""
    if event.resource not in {"", "*"}:
        yield f"on {event.resource}"
    if source := event.parameters.get("x-amz-copy-source"):
        yield f"from {source}"
    if name := event.parameters.get("roleSessionName"):
        yield f"as {name}"
    if version := event.detail.get("SignatureVersion"):
        yield f"signed with {version}"
    for made in ("credentials", "accessKey"):
        issued = event.response.get(made, {})
        if isinstance(issued, dict) and "accessKeyId" in issued:
            yield f"issued {issued['accessKeyId']}"
    if event.service == "daypass" and event.key:
        yield f"issued {event.key}"
    if event.detail.get("what"):
        yield event.detail["what"]
    if event.message:
        yield event.message
    elif event.outcome != "ok" and event.decisions:
        yield event.decisions[-1]
