"""S3's dialect of Signature Version 4: requests, presigned URLs and browser forms, for the gate.

The keys, and their cache, are those of `sigv4`. S3 has its own scope and clock window, a payload
given as a hash or a word by the client, and browser forms; and a session's key is refused without
its token.
Source: S3 API reference, "Authenticating Requests (AWS Signature Version 4)".
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.faults import BadToken, UnknownKey
from daypass.core.form_policy import PostPolicy
from daypass.core.http.request import RawRequest
from daypass.core.sigv4.canonical import Dialect
from daypass.core.sigv4.claim import SignatureClaim, read_claim
from daypass.core.sigv4.form import check_form_clock, read_form_claim, verify_form
from daypass.core.sigv4.verify import check_clock, check_scope, verify_signature
from daypass.core.time.steady_time import Moment
from daypass.core.time.timestamps import parse_basic_date
from daypass.server.authority.schemes.sigv4 import SignatureProof, SigningKey, SigV4Scheme
from daypass.services.kit.caller import Caller, refresh_caller
from daypass.services.kit.proof import Proof
from daypass.state.snapshot.directory import Directory

SIGNING_NAMES = frozenset({"s3"})
"""The services that a request to the gate may be signed for."""
_SESSION_KEY_PREFIX = "ASIA"
"""The beginning of the access key id of a session."""


def check_token_presence(access_key_id: str, token: str) -> None:
    """Raise unless a session's key, and no other, comes with a token.

    Raises `UnknownKey` for a session's key without its token, `BadToken` for a token beside a
    long-term key.
    """
    is_session = access_key_id.startswith(_SESSION_KEY_PREFIX)
    if is_session and not token:
        raise UnknownKey("The session token is missing.")
    if not is_session and token:
        raise BadToken("The token is not this key's.")


@dataclass(frozen=True, slots=True)
class _S3Claim:
    """What the sender of a request or a form claims about itself; secret but to the verifier."""

    scheme: SigV4Scheme = field(repr=False)
    claim: SignatureClaim = field(repr=False)
    signature_version: ClassVar[Literal["AWS4-HMAC-SHA256"]] = "AWS4-HMAC-SHA256"
    """The version as the condition key `s3:signatureversion` names it."""

    @property
    def form(self) -> Literal["header", "query", "form"]:
        """Return the part of the request that holds the signature."""
        return self.claim.form

    @property
    def credential_id(self) -> str:
        """Return the access key id."""
        return self.claim.access_key_id

    @property
    def region(self) -> str:
        """Return the region in the signature's scope."""
        return self.claim.region

    @property
    def signed_headers(self) -> tuple[str, ...]:
        """Return the names of the signed headers, in lower case; empty for a form."""
        return self.claim.signed_headers

    @property
    def signed_at(self) -> int:
        """Return when the request was signed, in seconds since 1970.

        Raises `ValueError` for a date that does not exist.
        """
        return parse_basic_date(self.claim.amz_date)

    def _signing_key(self, directory: Directory, moment: Moment) -> SigningKey:
        """Return the claim's signing key with its owner; raises the faults of `caller.find`."""
        check_token_presence(self.claim.access_key_id, self.claim.token)
        return self.scheme.signing_key(self.claim, directory, moment)


@dataclass(frozen=True, slots=True)
class RequestClaim(_S3Claim):
    """The claim of a request that is signed in its headers or its query."""

    request: RawRequest = field(repr=False)

    def prove(
        self,
        payload: str,
        *,
        regions: AbstractSet[str],
        directory: Directory,
        moment: Moment,
        # The whole `Host` header is signed.
        host_bucket: str = "",  # noqa: ARG002
    ) -> SignatureProof:
        """Return the proof of a request.

        `payload` is what was signed for its body: a hash, or the word in place of one. Raises the
        `Unauthenticated` fault that says what is wrong; scope and clock, which cost little, are
        checked first.
        """
        claim = self.claim
        check_scope(claim, services=SIGNING_NAMES, regions=regions)
        check_clock(
            claim,
            now=int(moment.wall),
            window_seconds=quotas.S3_WINDOW_SECONDS,
            dialect=Dialect.S3,
        )
        key = self._signing_key(directory, moment)
        verify_signature(self.request, claim, key.key, payload_hash=payload, dialect=Dialect.S3)
        return self.scheme.make_proof(
            key, claim, window_seconds=quotas.S3_WINDOW_SECONDS, dialect=Dialect.S3
        )


class SignedForm(Proof, frozen=True):
    """The proof of a browser form whose policy was signed with the caller's key."""

    caller: Caller
    claim: SignatureClaim
    policy: PostPolicy | None = None
    """The form's policy; None until it is read, which is only after its signature is verified."""

    def prove_upload(self, policy: PostPolicy) -> "SignedForm":
        """Return the proof of an upload under the form's policy; it expires with the policy."""
        return replace(self, policy=policy)

    def refresh_caller(self, directory: Directory, moment: Moment) -> Caller:
        """Return the caller, looked up on another snapshot at another moment.

        A form expires a week after it was signed, and when its policy says so.
        """
        now = int(moment.wall)
        check_form_clock(self.claim, now=now)
        if self.policy is not None:
            self.policy.check_not_expired(now=now)
        return refresh_caller(self.caller, directory, steady=int(moment.steady))


@dataclass(frozen=True, slots=True)
class FormClaim(_S3Claim):
    """The claim of a browser form that is signed in its fields."""

    policy: str = field(repr=False)
    """The form's policy in base64, as it was sent."""

    def prove(
        self, *, regions: AbstractSet[str], directory: Directory, moment: Moment
    ) -> SignedForm:
        """Return the proof of a form; raises an `Unauthenticated` fault if it does not hold."""
        claim = self.claim
        check_scope(claim, services=SIGNING_NAMES, regions=regions)
        check_form_clock(claim, now=int(moment.wall))
        key = self._signing_key(directory, moment)
        verify_form(claim, key.key.raw, self.policy)
        self.scheme.cache_key(key)
        return SignedForm(
            caller=key.caller,
            region=claim.region,
            credential_id=claim.access_key_id,
            partitions=frozenset((key.caller.account,)),
            claim=claim,
        )


def request_claim(scheme: SigV4Scheme, request: RawRequest) -> RequestClaim | None:
    """Return what a request claims; None for a request without any part of a signature.

    Raises an `Unauthenticated` fault for a claim that cannot be read.
    """
    claim = read_claim(request)
    return None if claim is None else RequestClaim(scheme, claim, request)


def form_claim(scheme: SigV4Scheme, fields: Mapping[str, str]) -> FormClaim | None:
    """Return what a form claims; None for a form without any part of a signature.

    The names of `fields` are in lower case. Raises `MissingField` for a form that is signed in
    part, and another `Unauthenticated` fault for a claim that cannot be read.
    """
    claim = read_form_claim(fields)
    return None if claim is None else FormClaim(scheme, claim, fields["policy"])
