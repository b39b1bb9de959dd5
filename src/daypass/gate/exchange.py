"""What is known of one request while it is answered: the same for every step."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from daypass.core.http import normalization
from daypass.gate.authenticate import Proved
from daypass.gate.authority import Claimed
from daypass.gate.body.verified import Verified
from daypass.gate.decision.decide import Authorizer
from daypass.gate.parts import Gate
from daypass.gate.request.resolved import Resolved
from daypass.services.kit.authorization import AuditedDecision, RefusalSealer
from daypass.services.kit.authorization_question import Circumstances
from daypass.services.kit.caller import Caller
from daypass.state.snapshot.directory import Directory

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Peer:
    """The client's end of the connection, and what it says of itself without proof."""

    address: str
    is_secure: bool
    tls_version: str
    """As `1.3`; empty without TLS."""
    url: str
    """What the client asked for, by its own name of this host, without the query."""
    framing: Mapping[str, str]
    """The headers of the connection, and those that prove nothing: names in lower case."""

    @property
    def has_body(self) -> bool:
        """Say whether the client announced a body."""
        return self.framing.get("content-length", "0") != "0" or "transfer-encoding" in self.framing


_FRAMING = frozenset(
    {
        "host",
        "content-length",
        "content-type",
        "transfer-encoding",
        "expect",
        "user-agent",
        "referer",
    }
)


_TLS_VERSIONS = {0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}


def peer_of(scope: Scope) -> Peer:
    """Return the client's end of a request's connection."""
    client = scope.get("client")
    headers = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in normalization.normalize_headers(tuple(scope["headers"]))
        if name.decode("latin-1") in _FRAMING
    }
    # ASGI's TLS extension: the version as in the record layer.
    tls = (scope.get("extensions") or {}).get("tls", {}).get("tls_version")
    scheme = scope.get("scheme", "http")
    return Peer(
        client[0] if client else "",
        scheme == "https",
        _TLS_VERSIONS.get(tls, ""),
        f"{scheme}://{headers.get('host', '')}{scope['raw_path'].decode('latin-1')}",
        headers,
    )


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a browser's form wants to be answered: a status of 200, 201 or 204, or an address that it is led to."""

    status: int
    redirect: str = ""


@dataclass(frozen=True, slots=True)
class KeyOutcome:
    """How it ended for one key of a request that names several: `outcome` is `ok` or an error code."""

    operation: str
    key: str
    version_id: str | None
    decisions: Sequence[AuditedDecision] = ()
    outcome: str = "ok"
    message: str = ""
    reasons: str = ""


RecordKeys = Callable[[Sequence[KeyOutcome]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that names one operation, from somebody who is known, with its body still to come."""

    gate: Gate
    directory: Directory
    peer: Peer
    resolved: Resolved
    proved: Proved
    upload: Verified
    receive: Receive
    decided: int
    """When it was decided last, or is about to be, by the time that never goes back."""
    form: Wishes | None = None
    """What a form asks of its answer, for a PostObject."""
    request: str = ""
    """Its id, as the client is told it."""
    decisions: list[AuditedDecision] = field(default_factory=list)
    """What was decided last about the whole request, for the audit record."""
    record_keys: RecordKeys | None = None
    """Writes an audit record for each of several keys, where a request is decided key by key."""

    @property
    def caller(self) -> Caller:
        """Return who asks."""
        return self.proved.caller

    @property
    def claimed(self) -> Claimed | None:
        """Return how it was signed; None for an anonymous request."""
        return self.proved.claimed

    @property
    def seal(self) -> RefusalSealer:
        """Return what seals the reasons of a refusal."""
        return self.gate.authority.seal()

    def authorizer(self) -> Authorizer:
        """Return who decides about the request as it is asked now; what was decided about it before is forgotten."""
        self.decisions.clear()
        return Authorizer(
            self.caller, self.directory, self.circumstances(), self.seal, self.decisions
        )

    def as_of(self, directory: Directory) -> "Asked":
        """Return the request as it is asked on another snapshot, at this moment.

        Raises a fault where who asked is nobody any more, or the session, the link or the form has
        ended.
        """
        moment = self.gate.authority.moment()
        steady = int(moment.steady)
        if directory is self.directory and steady == self.decided:
            return self
        proved = self.proved.again(directory, moment)
        return replace(self, directory=directory, proved=proved, decided=steady)

    def circumstances(self) -> Circumstances:
        """Return what policies may ask about the connection and the moment."""
        moment = self.gate.authority.moment()
        return Circumstances(
            now=int(moment.wall),
            lead=moment.lead,
            source_ip=self.peer.address,
            secure=self.peer.is_secure,
            region=self.claimed.region if self.claimed else self.gate.rules.region,
            user_agent=self.peer.framing.get("user-agent", ""),
            referer=self.peer.framing.get("referer", ""),
        )
