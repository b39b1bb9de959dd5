"""S3's dialect of the signature: requests, presigned links and browsers' forms, proved for the gate.

The keys are those of `sigv4`, whose cache both doors share. What is S3's own is the scope, the window, the payload as a word or a
hash that the client names, that a session's key never comes without its token, and forms.
Source: S3 API reference, "Authenticating Requests (AWS Signature Version 4)".
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Literal

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.faults import BadToken, UnknownKey
from daypass.core.form_policy import PostPolicy
from daypass.core.http.request import RawRequest
from daypass.core.sigv4.canonical import Dialect
from daypass.core.sigv4.claim import Claim, read_claim
from daypass.core.sigv4.form import check_form_clock, read_form_claim, verify_form
from daypass.core.sigv4.verify import check_clock, check_scope, verify
from daypass.core.steady_time import Moment
from daypass.core.timestamps import from_basic
from daypass.server.authority.schemes.sigv4 import Signatures, Signed, SigningKey
from daypass.services.kit.caller import Caller, again
from daypass.services.kit.proof import Proof
from daypass.state.snapshot.directory import Directory

SIGNING_NAMES = frozenset({"s3"})
"""What a request to the gate may be signed for."""
_OF_A_SESSION = "ASIA"
"""How the key ids of sessions begin."""


@dataclass(frozen=True, slots=True)
class _Claimed:
    """What a sender says of itself; its words are shown to nobody but the verifier."""

    signatures: Signatures = field(repr=False)
    claim: Claim = field(repr=False)

    @property
    def form(self) -> Literal["header", "query", "form"]:
        """Return where the signature stands."""
        return self.claim.form

    @property
    def credential_id(self) -> str:
        """Return the access key id."""
        return self.claim.access_key_id

    @property
    def region(self) -> str:
        """Return the region that it is signed for."""
        return self.claim.region

    @property
    def signed_at(self) -> int:
        """Return when it was signed, in seconds since 1970; raises `ValueError` for a date that does not exist."""
        return from_basic(self.claim.amz_date)

    def _key(self, directory: Directory, moment: Moment) -> SigningKey:
        """Return whom the claim stands for, and the key that would sign for it."""
        claim = self.claim
        is_session = claim.access_key_id.startswith(_OF_A_SESSION)
        if is_session and not claim.token:
            raise UnknownKey("The session token is missing.")
        if not is_session and claim.token:
            raise BadToken("The token is not this key's.")
        return self.signatures.key_of(claim, directory, moment)


@dataclass(frozen=True, slots=True)
class ClaimedRequest(_Claimed):
    """The claim of a request, by its headers or its query."""

    request: RawRequest = field(repr=False)

    def prove(
        self, payload: str, *, regions: AbstractSet[str], directory: Directory, moment: Moment
    ) -> Signed:
        """Return the proof of a request whose body is said to be `payload`: a hash, or the word that was signed in its place.

        Raises the `Unauthenticated` fault that says what does not hold: scope and clock first, which cost nothing.
        """
        claim = self.claim
        check_scope(claim, services=SIGNING_NAMES, regions=regions)
        check_clock(
            claim,
            now=int(moment.wall),
            window_seconds=quotas.S3_WINDOW_SECONDS,
            dialect=Dialect.S3,
        )
        found = self._key(directory, moment)
        verify(self.request, claim, found.key, payload_hash=payload, dialect=Dialect.S3)
        return self.signatures.proof(
            found, claim, window_seconds=quotas.S3_WINDOW_SECONDS, dialect=Dialect.S3
        )


class SignedForm(Proof, frozen=True):
    """A form whose policy was signed with the caller's key."""

    caller: Caller
    claim: Claim
    policy: PostPolicy | None = None
    """What the form is held to; None until it was read, which is not done before its signature holds."""

    def held_to(self, policy: PostPolicy) -> "SignedForm":
        """Return the proof of an upload under that policy, which ends with it."""
        return replace(self, policy=policy)

    def again(self, directory: Directory, moment: Moment) -> Caller:
        """Return the caller; a form ends a week after it was signed, and when its policy says so."""
        now = int(moment.wall)
        check_form_clock(self.claim, now=now)
        if self.policy is not None:
            self.policy.check_end(now=now)
        return again(self.caller, directory, steady=int(moment.steady))


@dataclass(frozen=True, slots=True)
class ClaimedForm(_Claimed):
    """The claim of a browser's form, by its fields."""

    policy: str = field(repr=False)
    """In base64, as it was sent."""

    def prove(
        self, *, regions: AbstractSet[str], directory: Directory, moment: Moment
    ) -> SignedForm:
        """Return who signed the form's policy; raises the `Unauthenticated` fault that says what does not hold."""
        claim = self.claim
        check_scope(claim, services=SIGNING_NAMES, regions=regions)
        check_form_clock(claim, now=int(moment.wall))
        found = self._key(directory, moment)
        caller = found.caller
        verify_form(claim, found.key, self.policy)
        self.signatures.keep(found)
        return SignedForm(
            caller=caller,
            region=claim.region,
            credential_id=claim.access_key_id,
            partitions=frozenset((caller.account,)),
            claim=claim,
        )


def claimed(signatures: Signatures, request: RawRequest) -> ClaimedRequest | None:
    """Return what a request claims; None where there is no trace of a signature.

    Raises an `Unauthenticated` fault for a claim that cannot be read.
    """
    claim = read_claim(request)
    return None if claim is None else ClaimedRequest(signatures, claim, request)


def claimed_in_form(signatures: Signatures, fields: Mapping[str, str]) -> ClaimedForm | None:
    """Return what a form claims, by its fields in lower case; None where there is no trace of a signature.

    Raises `MissingField` for a form that is signed in part, and other `Unauthenticated` faults for what cannot be read.
    """
    claim = read_form_claim(fields)
    return None if claim is None else ClaimedForm(signatures, claim, fields["policy"])
