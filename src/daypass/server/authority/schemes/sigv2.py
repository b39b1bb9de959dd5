"""Signature Version 2 of presigned URLs and browser forms, for the gate alone.

It has no `SCHEME`: no operation of an API is proved by it. The keys are those of every other door;
a session's key needs its token here too. Source: S3 user guide, "Authenticating requests (AWS
signature version 2)".
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from msgspec.structs import replace

from daypass.core.form_policy import PostPolicy
from daypass.core.http.request import RawRequest
from daypass.core.keyring import KeyRing
from daypass.core.sigv2 import form, link
from daypass.core.sigv2.form import FormClaim
from daypass.core.sigv2.link import LinkClaim
from daypass.core.sigv2.verify import check_clock, verify_form, verify_link
from daypass.core.time.steady_time import Moment
from daypass.server.authority.schemes.s3 import check_token_presence
from daypass.services.kit.caller import Caller, Credential, find_credential, refresh_caller
from daypass.services.kit.proof import Proof
from daypass.state.snapshot.directory import Directory

is_link = link.is_link
is_signed_form = form.is_signed_form


@dataclass(frozen=True, slots=True)
class _SigV2Claim:
    """What the sender of a link or a form claims; secret but to the verifier."""

    keyring: Callable[[], KeyRing] = field(repr=False)
    region: str
    """The gate's region: a signature of this version names none."""
    signature_version: ClassVar[Literal["AWS"]] = "AWS"
    """The version as the condition key `s3:signatureversion` names it."""

    @property
    def signed_at(self) -> None:
        """Return None: a signature of this version does not say when it was made."""
        return

    def _credential(
        self, claim: LinkClaim | FormClaim, directory: Directory, moment: Moment
    ) -> Credential:
        """Return the claim's secret with its owner; raises the faults of `find_credential`."""
        check_token_presence(claim.access_key_id, claim.token)
        return find_credential(
            directory,
            self.keyring(),
            access_key_id=claim.access_key_id,
            token=claim.token,
            steady=int(moment.steady),
        )


class SignedLink(Proof, frozen=True):
    """The proof of a request by a link that was signed with the caller's key."""

    caller: Caller
    claim: LinkClaim

    def refresh_caller(self, directory: Directory, moment: Moment) -> Caller:
        """Return the caller, looked up on another snapshot at another moment; a link expires."""
        check_clock(self.claim, now=int(moment.wall))
        return refresh_caller(self.caller, directory, steady=int(moment.steady))


@dataclass(frozen=True, slots=True)
class SignedLinkClaim(_SigV2Claim):
    """The claim of a request that is signed in its query."""

    claim: LinkClaim = field(repr=False)
    request: RawRequest = field(repr=False)

    @property
    def form(self) -> Literal["query"]:
        """Return the part of the request that holds the signature."""
        return "query"

    @property
    def credential_id(self) -> str:
        """Return the access key id."""
        return self.claim.access_key_id

    @property
    def signed_headers(self) -> tuple[str, ...]:
        """Return the names of the signed headers, in lower case."""
        names = [name.decode("latin-1") for name, _ in self.claim.amz_headers]
        return ("content-md5", "content-type", *names)

    def prove(
        self,
        payload: str,  # noqa: ARG002 - it is signed only as the header that declares it
        *,
        # The link names no region.
        regions: AbstractSet[str],  # noqa: ARG002
        directory: Directory,
        moment: Moment,
        host_bucket: str = "",
    ) -> SignedLink:
        """Return the proof of a request.

        `host_bucket` is the bucket that the `Host` header names; empty if the path names it. Raises
        the `Unauthenticated` fault that says what is wrong; the clock, which costs little, is
        checked first.
        """
        claim = self.claim
        check_clock(claim, now=int(moment.wall))
        credential = self._credential(claim, directory, moment)
        verify_link(self.request, claim, credential.secret, host_bucket=host_bucket)
        return SignedLink(
            caller=credential.caller,
            region=self.region,
            credential_id=claim.access_key_id,
            partitions=frozenset((credential.caller.account,)),
            claim=claim,
        )


class SignedForm(Proof, frozen=True):
    """The proof of a browser form whose policy was signed with the caller's key."""

    caller: Caller
    policy: PostPolicy | None = None
    """The form's policy; None until it is read, which is only after its signature is verified."""

    def prove_upload(self, policy: PostPolicy) -> "SignedForm":
        """Return the proof of an upload under the form's policy; it expires with the policy."""
        return replace(self, policy=policy)

    def refresh_caller(self, directory: Directory, moment: Moment) -> Caller:
        """Return the caller, looked up on another snapshot at another moment; its policy expires.

        The policy is the only part of such a form that says when it ends.
        """
        if self.policy is not None:
            self.policy.check_not_expired(now=int(moment.wall))
        return refresh_caller(self.caller, directory, steady=int(moment.steady))


@dataclass(frozen=True, slots=True)
class SignedFormClaim(_SigV2Claim):
    """The claim of a browser form that is signed in its fields."""

    claim: FormClaim = field(repr=False)

    @property
    def form(self) -> Literal["form"]:
        """Return the part of the request that holds the signature."""
        return "form"

    @property
    def signed_headers(self) -> tuple[str, ...]:
        """Return no name: a form's policy is signed."""
        return ()

    @property
    def credential_id(self) -> str:
        """Return the access key id."""
        return self.claim.access_key_id

    def prove(
        self,
        *,
        # The form names no region.
        regions: AbstractSet[str],  # noqa: ARG002
        directory: Directory,
        moment: Moment,
    ) -> SignedForm:
        """Return the proof of a form; raises an `Unauthenticated` fault if it does not hold."""
        credential = self._credential(self.claim, directory, moment)
        verify_form(self.claim, credential.secret)
        return SignedForm(
            caller=credential.caller,
            region=self.region,
            credential_id=self.claim.access_key_id,
            partitions=frozenset((credential.caller.account,)),
        )


def link_claim(keyring: Callable[[], KeyRing], region: str, request: RawRequest) -> SignedLinkClaim:
    """Return what a link claims; raises an `Unauthenticated` fault if it cannot be read."""
    return SignedLinkClaim(keyring, region, link.read_link_claim(request), request)


def form_claim(
    keyring: Callable[[], KeyRing], region: str, fields: Mapping[str, str]
) -> SignedFormClaim:
    """Return what a form claims; raises an `Unauthenticated` fault if it cannot be read.

    The names of `fields` are in lower case.
    """
    return SignedFormClaim(keyring, region, form.read_form_claim(fields))
