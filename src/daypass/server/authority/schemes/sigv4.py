"""AWS's signature, version 4: one verifier, on the raw bytes, for every operation of every service."""

import hashlib
from collections.abc import Callable

import msgspec

from daypass.core.faults import NoCredentials
from daypass.core.keyring import KeyRing
from daypass.core.sigv4.canonical import Dialect
from daypass.core.sigv4.chunked import Chain
from daypass.core.sigv4.claim import Claim, read_claim
from daypass.core.sigv4.verify import check_clock, check_scope, signing_key, verify
from daypass.core.steady_time import Moment
from daypass.server import limits
from daypass.server.authority.prove import Claimed, Evidence
from daypass.services.kit.caller import Caller, again, find
from daypass.services.kit.operation import SIGV4
from daypass.services.kit.proof import Proof
from daypass.state.snapshot.directory import Directory
from daypass.wire.message import HttpRequest

MISSING = "Request is missing Authentication Token"


class Signed(Proof, frozen=True):
    """A signature that holds, made with the caller's key."""

    caller: Caller
    claim: Claim
    key: bytes
    window_seconds: int
    dialect: Dialect

    def again(self, directory: Directory, moment: Moment) -> Caller:
        """Return the caller; a presigned request ends, one that is signed in its headers was in time when it came."""
        if self.claim.form == "query":
            check_clock(
                self.claim,
                now=int(moment.wall),
                window_seconds=self.window_seconds,
                dialect=self.dialect,
            )
        return again(self.caller, directory, steady=int(moment.steady))

    @property
    def body(self) -> Chain | None:
        """Return the beginning of a chain of signed chunks, anew each time; None for an API's, whose bodies are signed whole."""
        if self.dialect is Dialect.API:
            return None
        return Chain(self.key, self.claim.amz_date, self.claim.scope, self.claim.signature)


class SigningKey(msgspec.Struct, frozen=True):
    """Whom a claim stands for, and the key that would sign for it."""

    caller: Caller
    key: bytes
    scope: tuple[str, str, str, str]
    """What it was derived from: the secret, the day, the region, the service."""

    def __repr__(self) -> str:
        """Return whose key it is, and nothing of it."""
        return f"SigningKey({self.caller.principal.arn})"


class Signatures:
    """Proves callers; keeps derived signing keys, which cost more than all the rest, for every door."""

    def __init__(self, keyring: Callable[[], KeyRing]) -> None:
        self._keyring = keyring
        self._keys: dict[tuple[str, str, str, str], bytes] = {}

    def claimed(self, request: HttpRequest) -> Claimed | None:
        """Return what the request says of itself; None without a trace of a signature."""
        claim = read_claim(request)
        if claim is None:
            return None
        return Claimed(SIGV4, claim.service, claim.access_key_id, claim.region, claim)

    def prove(self, evidence: Evidence) -> Signed:
        """Return the proof, or raise the `Unauthenticated` fault that says what is missing.

        The scope and the clock are looked at first, because they cost nothing; then the key, then the signature.
        """
        if evidence.claimed is None:
            raise NoCredentials(MISSING)
        claim: Claim = evidence.claimed.read
        service, moment = evidence.service, evidence.moment
        check_scope(claim, services=service.signing_names, regions=None)
        check_clock(
            claim,
            now=int(moment.wall),
            window_seconds=service.window_seconds,
            dialect=Dialect.API,
        )
        found = self.key_of(claim, evidence.directory, moment)
        payload = hashlib.sha256(evidence.request.body).hexdigest()
        verify(evidence.request, claim, found.key, payload_hash=payload, dialect=Dialect.API)
        return self.proof(found, claim, window_seconds=service.window_seconds, dialect=Dialect.API)

    def proof(
        self, found: SigningKey, claim: Claim, *, window_seconds: int, dialect: Dialect
    ) -> Signed:
        """Return the proof of a signature that holds, and keep its key."""
        self.keep(found)
        return Signed(
            caller=found.caller,
            region=claim.region,
            credential_id=claim.access_key_id,
            partitions=frozenset((found.caller.account,)),
            claim=claim,
            key=found.key,
            window_seconds=window_seconds,
            dialect=dialect,
        )

    def key_of(self, claim: Claim, directory: Directory, moment: Moment) -> SigningKey:
        """Return whom a claim stands for, and the key that would sign for it; raises the faults of `find`."""
        credential = find(
            directory,
            self._keyring(),
            access_key_id=claim.access_key_id,
            token=claim.token,
            steady=int(moment.steady),
        )
        scope = (credential.secret, claim.date, claim.region, claim.service)
        key = self._keys.get(scope)
        if key is None:
            key = signing_key(
                credential.secret, date=claim.date, region=claim.region, service=claim.service
            )
        return SigningKey(credential.caller, key, scope)

    def keep(self, found: SigningKey) -> None:
        """Keep a key once a signature made with it was verified, so that callers who cannot sign displace no kept key."""
        if found.scope not in self._keys:
            if len(self._keys) >= limits.SIGNING_KEYS_MAX:
                self._keys.clear()
            self._keys[found.scope] = found.key


SCHEME = Signatures
