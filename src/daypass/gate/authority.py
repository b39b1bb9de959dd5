"""What the gate uses of the authority: who sends a request, what is known now, and who is told of what was done.

The gate lies below the server and knows none of its parts. The server makes an `Authority` and
hands it to the `Gate`; a test makes another. A signature is read and proved behind it, so that the
gate never sees how.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Literal, Protocol

from daypass.core.form_policy import PostPolicy
from daypass.core.http.request import RawRequest
from daypass.core.steady_time import Moment
from daypass.services.kit.authorization import RefusalSealer
from daypass.services.kit.proof import Proof
from daypass.state.changes import Changes
from daypass.state.snapshot.directory import Directory


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """What the audit log is told of one request, without any secret."""

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
    session: Mapping[str, str | int] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)
    decisions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BucketChange:
    """A change of a bucket's record that the gate makes for a request: what the audit log is told with it."""

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
    """What a sender says of itself by signing, before any of it is proved."""

    @property
    def form(self) -> Literal["header", "query", "form"]:
        """Return where the signature stands: in a header, in the query of a presigned link, in the fields of a browser's form."""

    @property
    def credential_id(self) -> str:
        """Return the access key id."""

    @property
    def region(self) -> str:
        """Return the region that it is signed for."""

    @property
    def signed_at(self) -> int:
        """Return when it was signed, in seconds since 1970.

        Raises `ValueError` for a date that does not exist; a proved claim has none of those.
        """


class RequestClaim(SignatureClaim, Protocol):
    """The claim of a request, by its headers or its query."""

    def prove(
        self, payload: str, *, regions: AbstractSet[str], directory: Directory, moment: Moment
    ) -> Proof:
        """Return the proof of a request whose body is said to be `payload`: a hash, or the word that was signed in its place.

        Raises the `Unauthenticated` fault that says what does not hold.
        """


class FormClaim(SignatureClaim, Protocol):
    """The claim of a browser's form, by its fields."""

    def prove(
        self, *, regions: AbstractSet[str], directory: Directory, moment: Moment
    ) -> "ProvedForm":
        """Return who signed the form's policy; raises the `Unauthenticated` fault that says what does not hold."""


class ProvedForm(Protocol):
    """A form whose signer is proved, and whose policy may be read now."""

    def held_to(self, policy: PostPolicy) -> Proof:
        """Return the proof of an upload under that policy, which ends with it."""


class Authority(Protocol):
    """The authority, as far as the gate uses it."""

    def snapshot(self) -> Directory:
        """Return everything that is known now."""

    def moment(self) -> Moment:
        """Return this moment by the wall clock and by the time that never goes back."""

    def monotonic(self) -> float:
        """Return seconds of a clock that nobody sets."""

    def entropy(self, size: int) -> bytes:
        """Return so many random bytes."""

    def seal(self) -> RefusalSealer:
        """Return what seals the reasons of a refusal, under the root key in use."""

    def upload_keys(self) -> Sequence[bytes]:
        """Return the keys that bind ids of multipart uploads, the one in use first."""

    def claimed(self, request: RawRequest) -> RequestClaim | None:
        """Return what a request claims; None where there is no trace of a signature.

        Raises an `Unauthenticated` fault for a claim that cannot be read.
        """

    def claimed_in_form(self, fields: Mapping[str, str]) -> FormClaim | None:
        """Return what a form claims, by its fields in lower case; None where there is no trace of a signature.

        Raises `MissingField` for a form that is signed in part, and other `Unauthenticated` faults
        for what cannot be read.
        """

    async def settle(self, change: Callable[[Directory], Changes], deed: BucketChange) -> None:
        """Commit changes together with what is told of them, if what they were made from is still so; else make them anew.

        Raises a fault where they cannot be committed.
        """

    async def record(self, records: Sequence[AuditRecord]) -> None:
        """Write audit records, and return when all of them are written; raises a fault if they cannot be."""

    def note_use(self, credential_id: str, region: str) -> None:
        """Remember that a key was used here now; this is never waited for."""
