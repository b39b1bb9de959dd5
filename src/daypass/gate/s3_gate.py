"""The gate, put together: a store, rules, and the authority that it asks."""

from dataclasses import dataclass, field

from daypass.gate import buffer_quota
from daypass.gate.admission import RequestAdmission
from daypass.gate.authority import Authority
from daypass.gate.buffer_quota import BufferQuota
from daypass.gate.request.resolved_request import GateRules
from daypass.gate.store.upstream import ObjectStore


@dataclass(frozen=True, slots=True)
class StoreCapabilities:
    """What a store may have; what was not tried is not there."""

    trailers: bool = False
    """Takes a checksum behind the body, and keeps it."""
    chunked_bodies: bool = True
    """Stores a body in chunks without its framing; needed of a store without TLS, and so taken
    for granted until tried."""
    annotations: bool = False
    preconditions: frozenset[str] = frozenset()
    """Writing operations on which it honours `If-Match` and `If-None-Match`."""
    dot_segments: bool = False
    """Keeps keys apart that differ by segments of dots."""
    bound_uploads: bool = False
    """Takes the id of a multipart upload for its own bucket and key alone."""
    exact_deletions: bool = False
    """Deletes the keys that a DeleteObjects names, blanks around them and all."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate in front of one store."""

    store: ObjectStore
    rules: GateRules
    authority: Authority
    admission: RequestAdmission
    capabilities: StoreCapabilities
    """What the store was found to have, as far as it was tried."""
    files: BufferQuota = field(default_factory=buffer_quota.form_file_quota)
    documents: BufferQuota = field(default_factory=buffer_quota.document_quota)

    def clock(self) -> float:
        """Return what the wall clock says, in seconds since 1970: signatures, links and forms are judged by it."""
        return self.authority.moment().wall

    def steady(self) -> int:
        """Return the time that never goes back, in whole seconds since 1970: sessions and decisions are judged by it."""
        return int(self.authority.moment().steady)
