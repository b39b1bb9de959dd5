"""AWS's Signature Version 4: one verifier, on the raw bytes, for the operations of all services."""

from collections.abc import Callable

import msgspec

from daypass.core.faults import NoCredentials
from daypass.core.hashes import sha256_hex
from daypass.core.keyring import KeyRing
from daypass.core.sigv4.canonical import Dialect
from daypass.core.sigv4.chunked import SignatureChain
from daypass.core.sigv4.claim import SignatureClaim
from daypass.core.sigv4.derived_key import DerivedKey
from daypass.core.sigv4.known_claims import KnownClaims
from daypass.core.sigv4.verify import check_clock, check_scope, signing_key, verify_signature
from daypass.core.time.steady_time import Moment
from daypass.server import limits
from daypass.server.authority.prove import CallerClaim, Evidence
from daypass.services.kit.caller import Caller, find_credential, refresh_caller
from daypass.services.kit.operation import SIGV4
from daypass.services.kit.proof import Proof
from daypass.state.snapshot.directory import Directory
from daypass.wire.message import HttpRequest

# Python 3.11 takes its time to look up a member of an enum.
_API = Dialect.API
NO_SIGNATURE = "Request is missing Authentication Token"


class SignatureProof(Proof, frozen=True):
    """The proof of a request by a valid signature with the caller's key."""

    caller: Caller
    claim: SignatureClaim
    key: bytes
    window_seconds: int
    dialect: Dialect

    def refresh_caller(self, directory: Directory, moment: Moment) -> Caller:
        """Return the caller, looked up on another snapshot at another moment.

        A presigned request expires meanwhile. A request signed in its headers does not: it was
        within its window when it came.
        """
        if self.claim.form == "query":
            check_clock(
                self.claim,
                now=int(moment.wall),
                window_seconds=self.window_seconds,
                dialect=self.dialect,
            )
        return refresh_caller(self.caller, directory, steady=int(moment.steady))

    @property
    def chunk_chain(self) -> SignatureChain | None:
        """Return a new chain of chunk signatures, which begins with the request's signature.

        None for a call of an API, whose body is signed as a whole.
        """
        if self.dialect is Dialect.API:
            return None
        return SignatureChain(self.key, self.claim.amz_date, self.claim.scope, self.claim.signature)


class SigningKey(msgspec.Struct, frozen=True):
    """The derived key of a claim, and the caller whom a signature with it proves."""

    caller: Caller
    key: DerivedKey
    derived_from: tuple[str, str, str, str]
    """The secret, the day, the region and the service."""

    def __repr__(self) -> str:
        """Return the ARN of the key's owner, without any of the key."""
        return f"SigningKey({self.caller.principal.arn})"


class SigV4Scheme:
    """Proves callers by their signatures.

    Derived signing keys are cached for every door: deriving one costs more than all other steps.
    `SIGNING_KEYS_MAX` of them take 16 MB.
    """

    def __init__(self, keyring: Callable[[], KeyRing]) -> None:
        self._keyring = keyring
        self._key_cache: dict[tuple[str, str, str, str], DerivedKey] = {}
        self._known_claims = KnownClaims()

    def read_claim(self, request: HttpRequest) -> CallerClaim | None:
        """Return the claim of a signed request; None for a request without any part of a signature.

        Raises `Unauthenticated` if the claim cannot be read.
        """
        claim = self._known_claims.read(request)
        if claim is None:
            return None
        return CallerClaim(SIGV4, claim.service, claim.access_key_id, claim.region, claim)

    def prove(self, evidence: Evidence) -> SignatureProof:
        """Return the proof, or raise the `Unauthenticated` fault that says what is wrong.

        The scope and the clock are checked first, because they cost little; then the key, then the
        signature.
        """
        if evidence.claim is None:
            raise NoCredentials(NO_SIGNATURE)
        claim: SignatureClaim = evidence.claim.parsed
        service, moment = evidence.service, evidence.moment
        check_scope(claim, services=service.signing_names, regions=None)
        check_clock(
            claim,
            now=int(moment.wall),
            window_seconds=service.window_seconds,
            dialect=_API,
        )
        key = self.signing_key(claim, evidence.directory, moment)
        payload = sha256_hex(evidence.request.body)
        verify_signature(evidence.request, claim, key.key, payload_hash=payload, dialect=_API)
        self._known_claims.keep(evidence.request, claim)
        return self.make_proof(key, claim, window_seconds=service.window_seconds, dialect=_API)

    def make_proof(
        self, key: SigningKey, claim: SignatureClaim, *, window_seconds: int, dialect: Dialect
    ) -> SignatureProof:
        """Return the proof of a signature that was verified with `key`, and cache the key."""
        self.cache_key(key)
        return SignatureProof(
            caller=key.caller,
            region=claim.region,
            credential_id=claim.access_key_id,
            partitions=frozenset((key.caller.account,)),
            claim=claim,
            key=key.key.raw,
            window_seconds=window_seconds,
            dialect=dialect,
        )

    def signing_key(
        self, claim: SignatureClaim, directory: Directory, moment: Moment
    ) -> SigningKey:
        """Return the signing key of a claim with its owner; raises the faults of `caller.find`."""
        credential = find_credential(
            directory,
            self._keyring(),
            access_key_id=claim.access_key_id,
            token=claim.token,
            steady=int(moment.steady),
        )
        derived_from = (credential.secret, claim.date, claim.region, claim.service)
        key = self._key_cache.get(derived_from)
        if key is None:
            key = DerivedKey(
                signing_key(
                    credential.secret, date=claim.date, region=claim.region, service=claim.service
                )
            )
        return SigningKey(credential.caller, key, derived_from)

    def cache_key(self, key: SigningKey) -> None:
        """Cache a key; only after a signature made with it was verified.

        Otherwise callers who cannot sign would displace the keys of those who can.
        """
        if key.derived_from not in self._key_cache:
            if len(self._key_cache) >= limits.SIGNING_KEYS_MAX:
                self._key_cache.clear()
            self._key_cache[key.derived_from] = key.key


SCHEME = SigV4Scheme
