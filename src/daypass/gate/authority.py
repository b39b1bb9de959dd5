"""The authority's interface for the gate: prove senders, commit changes, write the audit log.

The gate lies below the server and imports none of its parts. The server makes an `Authority` and
hands it to the `Gate`; a test makes another. A signature is read and proved behind this interface,
so that the gate does not depend on how.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

from daypass.core.form_policy import PostPolicy
from daypass.core.http.request import RawRequest
from daypass.core.time.steady_time import Moment
from daypass.services.kit.authorization import RefusalSealer
from daypass.services.kit.proof import Proof
from daypass.state.changes import Changes
from daypass.state.snapshot.directory import Directory


class AuditRecord(msgspec.Struct, frozen=True):
    """The fields of one audit record of a request, without any secret."""

    request: str
    operation: str
    account: str
    principal: str
    key: str
    source: str
    agent: str
    resource: str
    outcome: str
    message: str
    reasons: str
    revision: int
    region: str = ""
    principal_id: str = ""
    session: Mapping[str, str | int] = {}
    parameters: Mapping[str, object] = {}
    decisions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    signature: str = ""
    """`SigV2` for a request that is signed with Signature Version 2; empty for every other."""


@dataclass(frozen=True, slots=True)
class BucketChange:
    """The audit fields of a change to a bucket's record that the gate commits for a request."""

    change: str
    """`reserved`, `confirmed`, `released`, `changed` or `forgotten`."""
    bucket: str
    request: str
    operation: str
    account: str
    principal: str
    key: str
    source: str


class SignatureClaim(Protocol):
    """What a signature claims before it is proved: key, region, date, and where it stands."""

    @property
    def signature_version(self) -> Literal["AWS4-HMAC-SHA256", "AWS"]:
        """Return the version as the condition key `s3:signatureversion` names it.

        `AWS` is Signature Version 2.
        """

    @property
    def form(self) -> Literal["header", "query", "form"]:
        """Return where the signature stands: headers, query, or a browser's form."""

    @property
    def credential_id(self) -> str:
        """Return the access key id."""

    @property
    def region(self) -> str:
        """Return the region that the request is signed for."""

    @property
    def signed_headers(self) -> tuple[str, ...]:
        """Return the names of the signed headers, in lower case; empty for a form."""

    @property
    def signed_at(self) -> int | None:
        """Return the signature's time in seconds since 1970; None if it does not say.

        Raises `ValueError` for a date that does not exist; a proved claim has none of those.
        """


class RequestClaim(SignatureClaim, Protocol):
    """The claim of a request that is signed in its headers or its query."""

    def prove(
        self,
        payload: str,
        *,
        regions: AbstractSet[str],
        directory: Directory,
        moment: Moment,
        host_bucket: str,
    ) -> Proof:
        """Return the proof of a request; `payload` is its declared payload hash or word.

        `host_bucket` is the bucket that the `Host` header names, which Signature Version 2 signs;
        it may be empty for another version.

        Raises the `Unauthenticated` fault that says which check failed.
        """


class FormClaim(SignatureClaim, Protocol):
    """The claim of a browser's form, from its fields."""

    def prove(
        self, *, regions: AbstractSet[str], directory: Directory, moment: Moment
    ) -> "ProvedForm":
        """Return the form with its signer proved.

        Raises the `Unauthenticated` fault that says which check failed.
        """


class ProvedForm(Protocol):
    """A form whose signer is proved, so that its policy may be parsed."""

    def prove_upload(self, policy: PostPolicy) -> Proof:
        """Return the proof of an upload under that policy; the proof expires with the policy."""


class Authority(Protocol):
    """The parts of the authority that the gate uses."""

    def snapshot(self) -> Directory:
        """Return the current snapshot of all records."""

    def moment(self) -> Moment:
        """Return the current moment, by the wall clock and by the time that never goes back."""

    def monotonic(self) -> float:
        """Return the seconds of a monotonic clock."""

    def entropy(self, size: int) -> bytes:
        """Return `size` random bytes."""

    def seal(self) -> RefusalSealer:
        """Return what encrypts the reasons of a refusal, under the current root key."""

    def upload_keys(self) -> Sequence[bytes]:
        """Return the keys that authenticate ids of multipart uploads, the current one first."""

    def request_claim(self, request: RawRequest) -> RequestClaim | None:
        """Return the claim of a signed request; None for a request without any sign of a signature.

        Raises an `Unauthenticated` fault for a claim that cannot be parsed.
        """

    def form_claim(self, fields: Mapping[str, str]) -> FormClaim | None:
        """Return the claim of a form from its lower-case fields; None for an unsigned form.

        Raises `MissingField` for a form that is signed in part, and other `Unauthenticated` faults
        for fields that cannot be parsed.
        """

    async def settle(self, change: Callable[[Directory], Changes], deed: BucketChange) -> None:
        """Commit the changes that `change` returns for a snapshot, with their audit record.

        `change` is called again if a record that it read has changed before the commit. Raises a
        fault if the changes cannot be committed.
        """

    async def record(self, records: Sequence[AuditRecord]) -> None:
        """Write audit records and return when all are written; raises a fault otherwise."""

    def note_use(self, credential_id: str, region: str) -> None:
        """Note that an access key was used now; does not wait for a write."""
