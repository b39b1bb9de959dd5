"""The one place that reads the signatures of S3's clients, of Version 4 and of Version 2.

Version 2 is for presigned URLs and browser forms alone, which AWS's own clients sign so in regions
such as us-east-1, and only unless the operator has switched it off. A part of it makes a request
one of Version 2; what is wrong with that is a refusal, and never tried as Version 4.
"""

from collections.abc import Callable, Mapping

from daypass.core.faults import SwitchedOff
from daypass.core.http.request import RawRequest
from daypass.core.keyring import KeyRing
from daypass.server.authority.schemes import s3, sigv2
from daypass.server.authority.schemes.sigv4 import SigV4Scheme

SWITCHED_OFF = (
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
    ' Signature Version 2 is switched off here: presign with signature_version="s3v4", in the AWS'
    " CLI by `aws configure set default.s3.signature_version s3v4`."
)


class S3Signatures:
    """Reads what requests and forms claim about their senders."""

    def __init__(
        self,
        scheme: SigV4Scheme,
        keyring: Callable[[], KeyRing],
        *,
        region: str,
        allows_version_2: bool,
    ) -> None:
        """Take the scheme whose derived keys every door shares, and the gate's region."""
        self._scheme = scheme
        self._keyring = keyring
        self._region = region
        self._allows_version_2 = allows_version_2

    def request_claim(self, request: RawRequest) -> s3.RequestClaim | sigv2.SignedLinkClaim | None:
        """Return what a request claims; None for a request without any part of a signature.

        Raises an `Unauthenticated` fault for a claim that cannot be read, `SwitchedOff` for a link
        of Version 2 that the operator does not allow.
        """
        if request.raw_query and sigv2.is_link(request.raw_query):
            self._check_allowed()
            return sigv2.link_claim(self._keyring, self._region, request)
        return s3.request_claim(self._scheme, request)

    def form_claim(self, fields: Mapping[str, str]) -> s3.FormClaim | sigv2.SignedFormClaim | None:
        """Return what a form claims; None for a form without any part of a signature.

        The names of `fields` are in lower case. Raises `MissingField` for a form that is signed in
        part, and other `Unauthenticated` faults as `request_claim` does.
        """
        if sigv2.is_signed_form(fields):
            self._check_allowed()
            return sigv2.form_claim(self._keyring, self._region, fields)
        return s3.form_claim(self._scheme, fields)

    def _check_allowed(self) -> None:
        if not self._allows_version_2:
            raise SwitchedOff(SWITCHED_OFF)
