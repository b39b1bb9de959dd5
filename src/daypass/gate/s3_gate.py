"""The gate as one object: its store, its rules, its limits, and the authority that it calls."""

from dataclasses import dataclass, field

from daypass.gate import buffer_quota
from daypass.gate.admission import RequestAdmission
from daypass.gate.authority import Authority
from daypass.gate.buffer_quota import BufferQuota
from daypass.gate.request.resolved_request import GateRules
from daypass.gate.store.upstream import ObjectStore


@dataclass(frozen=True, slots=True)
class StoreCapabilities:
    """Optional features of a store; False or empty for a feature that was not tested."""

    trailers: bool = False
    """Verifies and keeps a checksum that is sent behind the body."""
    chunked_bodies: bool = True
    """Stores an aws-chunked body without its framing. A store without TLS needs this, so True until
    it is tested."""
    annotations: bool = False
    """Supports S3's object annotations."""
    preconditions: frozenset[str] = frozenset()
    """Names of the write operations on which the store honours `If-Match` and `If-None-Match`."""
    dot_segments: bool = False
    """Keeps keys apart that differ only in `.` and `..` segments."""
    bound_uploads: bool = False
    """Accepts a multipart upload's id only with the bucket and key that it was created for."""
    exact_deletions: bool = False
    """Deletes exactly the keys that a DeleteObjects names, including blanks around them."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate in front of one store."""

    store: ObjectStore
    rules: GateRules
    authority: Authority
    admission: RequestAdmission
    capabilities: StoreCapabilities
    """The optional features that the store was found to have."""
    form_file_quota: BufferQuota = field(default_factory=buffer_quota.form_file_quota)
    document_quota: BufferQuota = field(default_factory=buffer_quota.document_quota)

    def wall_time(self) -> float:
        """Return the wall clock's time in seconds since 1970, for signatures and forms."""
        return self.authority.moment().wall

    def steady_time(self) -> int:
        """Return the steady time in seconds since 1970, for sessions and decisions."""
        return int(self.authority.moment().steady)
