"""The scheme of the portal's operations: an access token in the header `x-amz-sso_bearer_token`.

The models say that these operations need no authentication; this server requires a token for each.
It proves a person of Identity Center, who is no caller of IAM. Source: IAM Identity Center portal
API reference, the parameter `accessToken` of each operation.
"""

from collections.abc import Callable, Sequence

from daypass.core.domain.identity_center.portal_session import person_partition
from daypass.core.faults import BadAuthentication, NoCredentials
from daypass.core.http.normalization import NormalizedHeaders
from daypass.core.identity_center.portal.portal_tokens import (
    ACCOUNT_ACCESS,
    INVALID,
    PortalToken,
    open_portal_token,
)
from daypass.core.keyring import KeyRing
from daypass.core.time.steady_time import Moment
from daypass.server.authority.prove import CallerClaim, Evidence
from daypass.services.kit.caller import Caller, signed_in_caller
from daypass.services.kit.identity_center.signed_in_person import find_signed_in_person
from daypass.services.kit.operation import BEARER
from daypass.services.kit.proof import Proof
from daypass.state.snapshot.directory import Directory
from daypass.wire.message import HttpRequest

HEADER = b"x-amz-sso_bearer_token"
"""The only spelling: a header with a dash in place of the underscore is another header."""
SENT_TWICE = "The header `x-amz-sso_bearer_token` was sent twice."
DROPPED_BY_PROXY = (
    f"{INVALID}: the request came through a proxy without the header x-amz-sso_bearer_token. nginx"
    " drops headers whose names have an underscore, unless `underscores_in_headers on;` is set."
)


class BearerProof(Proof, frozen=True):
    """The proof of a call by an access token; it ends with the token and with the session."""

    token: PortalToken
    address: str
    """The caller's address, which the instance's network lock judges at each use."""

    def refresh_caller(self, directory: Directory, moment: Moment) -> Caller:
        """Return the person as a caller, looked up on another snapshot at another moment."""
        return _caller(self.token, directory, moment, self.address)


class BearerScheme:
    """Proves people by their access tokens."""

    def __init__(self, keyring: Callable[[], KeyRing]) -> None:
        self._keyring = keyring

    def read_claim(self, request: HttpRequest) -> CallerClaim | None:
        """Return the claim of a request with a token, not opened; None for one without the header.

        What is wrong with it is said by `prove`, when the service is known in whose protocol the
        answer is.
        """
        headers = request.headers
        if isinstance(headers, NormalizedHeaders) and HEADER not in headers.by_name:
            return None
        tokens = [value for name, value in headers if name == HEADER]
        return CallerClaim(BEARER, None, "", "", tokens) if tokens else None

    def prove(self, evidence: Evidence) -> BearerProof:
        """Return the proof of a person, or raise the fault that says what is wrong.

        Raises `BadToken` alike for every token that does not stand for a live session, and `Denied`
        if the instance's network lock does not let the caller's address pass.
        """
        if evidence.claim is None:
            raise NoCredentials(DROPPED_BY_PROXY if evidence.request.forwarded else INVALID)
        token = open_portal_token(_single(evidence.claim.parsed), ring=self._keyring())
        token.check_scope(ACCOUNT_ACCESS)
        address = evidence.request.client
        caller = _caller(token, evidence.directory, evidence.moment, address)
        assert caller.person is not None  # noqa: S101 - made of one
        return BearerProof(
            caller=caller,
            # An unsigned request names no region: it is the instance's.
            region=caller.person.instance.region,
            credential_id=token.session,
            partitions=frozenset((person_partition(token.person),)),
            token=token,
            address=address,
        )


def _single(tokens: Sequence[bytes]) -> str:
    """Return the one token of a request; raises `BadAuthentication` if it has several."""
    if len(tokens) > 1:
        raise BadAuthentication(SENT_TWICE)
    return tokens[0].decode("latin-1")


def _caller(token: PortalToken, directory: Directory, moment: Moment, address: str) -> Caller:
    person = find_signed_in_person(directory, token, steady=int(moment.steady), address=address)
    return signed_in_caller(person)


SCHEME = BearerScheme
