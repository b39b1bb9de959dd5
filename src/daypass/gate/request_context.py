"""The context of one request: what the steps that authorize, forward and record it share."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.structs import replace

from daypass.core.http.normalization import NormalizedHeaders
from daypass.core.time.steady_time import Moment
from daypass.gate.authenticate import Sender
from daypass.gate.authority import SignatureClaim
from daypass.gate.body.verified_body import VerifiedBody
from daypass.gate.decision.decide import Authorizer
from daypass.gate.request.resolved_request import ResolvedRequest
from daypass.gate.s3_gate import Gate
from daypass.services.kit.authorization import AuditedDecision
from daypass.services.kit.authorization_question import Circumstances
from daypass.services.kit.caller import Caller
from daypass.state.snapshot.directory import Directory

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class ClientConnection(msgspec.Struct, frozen=True):
    """The client's end of the connection: address, TLS, URL, and headers without proof."""

    address: str
    is_secure: bool
    tls_version: str
    """Such as `1.3`; empty without TLS."""
    url: str
    """The requested URL with the host name that the client used, without the query."""
    framing: Mapping[str, str]
    """Headers that no signature proves: host, framing, user agent, referer; names in lower case."""

    @property
    def has_body(self) -> bool:
        """Say whether the client announced a body."""
        return self.framing.get("content-length", "0") != "0" or "transfer-encoding" in self.framing


_FRAMING = {
    name.encode(): name
    for name in (
        "host",
        "content-length",
        "content-type",
        "transfer-encoding",
        "expect",
        "user-agent",
        "referer",
    )
}


_TLS_VERSIONS = {0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}


def client_connection(scope: Scope, request_headers: NormalizedHeaders) -> ClientConnection:
    """Return the client's connection from an ASGI scope and the headers of its request."""
    remote = scope.get("client")
    headers = {
        _FRAMING[name]: value.decode("latin-1")
        for name, value in request_headers
        if name in _FRAMING
    }
    # ASGI's TLS extension: the version as in the record layer.
    tls = (scope.get("extensions") or {}).get("tls", {}).get("tls_version")
    scheme = scope.get("scheme", "http")
    return ClientConnection(
        remote[0] if remote else "",
        scheme == "https",
        _TLS_VERSIONS.get(tls, ""),
        f"{scheme}://{headers.get('host', '')}{scope['raw_path'].decode('latin-1')}",
        headers,
    )


@dataclass(frozen=True, slots=True)
class FormReplyOptions:
    """The answer that a browser's form asks for: status 200, 201 or 204, or a redirect."""

    status: int
    redirect: str = ""


@dataclass(frozen=True, slots=True)
class KeyOutcome:
    """The outcome for one key of a DeleteObjects: `outcome` is `ok` or an error code."""

    operation: str
    key: str
    version_id: str | None
    decisions: Sequence[AuditedDecision] = ()
    outcome: str = "ok"
    message: str = ""
    reasons: str = ""


RecordKeys = Callable[[Sequence[KeyOutcome]], Awaitable[None]]


class RequestContext(msgspec.Struct, frozen=True):
    """One recognised request of a known sender, whose body may not have been read yet."""

    gate: Gate
    directory: Directory
    client: ClientConnection
    resolved: ResolvedRequest
    sender: Sender
    upload: VerifiedBody
    receive: Receive
    moment: Moment
    """The moment of the last authorization, or of the one that is about to run."""
    form_reply: FormReplyOptions | None = None
    """How a browser's form wants to be answered; None for any other request."""
    request_id: str = ""
    """The request id that the client gets in its answer."""
    decisions: list[AuditedDecision] = []
    """The latest decisions about the whole request, for the audit record."""
    record_key_outcomes: RecordKeys | None = None
    """Writes an audit record for each key of a request that is decided key by key."""

    @property
    def caller(self) -> Caller:
        """Return the caller."""
        return self.sender.caller

    @property
    def claim(self) -> SignatureClaim | None:
        """Return the signature's claim; None for an anonymous request."""
        return self.sender.claim

    def authorizer(self) -> Authorizer:
        """Return a new authorizer for this caller and snapshot, and clear the earlier decisions."""
        self.decisions.clear()
        return Authorizer(
            self.caller,
            self.directory,
            self.circumstances(),
            self.gate.authority.seal,
            self.decisions,
        )

    def as_of(self, directory: Directory) -> "RequestContext":
        """Return the context on another snapshot, at this moment; itself if neither changed.

        A moment is another one if a clock shows another second, which is all that a decision sees.

        Raises a fault if the caller no longer exists, or the session, the presigned URL or the form
        has expired.
        """
        moment = self.gate.authority.moment()
        if directory is self.directory and _is_same_second(moment, self.moment):
            return self
        sender = self.sender.refresh(directory, moment)
        return replace(self, directory=directory, sender=sender, moment=moment)

    def circumstances(self) -> Circumstances:
        """Return the connection and the moment as condition keys of policies need them."""
        moment = self.moment
        return Circumstances(
            now=int(moment.wall),
            lead=moment.lead,
            source_ip=self.client.address,
            secure=self.client.is_secure,
            region=self.claim.region if self.claim else self.gate.rules.region,
            user_agent=self.client.framing.get("user-agent", ""),
            referer=self.client.framing.get("referer", ""),
        )


def _is_same_second(one: Moment, other: Moment) -> bool:
    return int(one.wall) == int(other.wall) and int(one.steady) == int(other.steady)
