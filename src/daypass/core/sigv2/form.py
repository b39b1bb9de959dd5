"""The claim of a browser's upload form that is signed with Signature Version 2.

What the policy itself allows is `core.form_policy`. Source: S3 user guide, "Browser-based uploads
using POST (AWS signature version 2)".
"""

from collections.abc import Mapping

import msgspec

from daypass.core.faults import ONE_MECHANISM, Ambiguous, MissingField

_OWN_FIELDS = frozenset({"awsaccesskeyid", "signature"})
_NEEDED = (("AWSAccessKeyId", "awsaccesskeyid"), ("signature", "signature"), ("policy", "policy"))
_OTHER_MECHANISM = frozenset(
    {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"}
)


class FormClaim(msgspec.Struct, frozen=True):
    """The parsed, unverified signature of a form."""

    access_key_id: str
    signature: bytes
    token: str
    """The session token; empty for a long-term key."""
    policy: str
    """The form's policy in base64, as it was sent: the text that is signed."""

    def __repr__(self) -> str:
        """Return the key id, without signature and token."""
        return f"FormClaim({self.access_key_id!r})"


def is_signed_form(fields: Mapping[str, str]) -> bool:
    """Return True if a form has a field of Signature Version 2; names are in lower case."""
    return not _OWN_FIELDS.isdisjoint(fields)


def read_form_claim(fields: Mapping[str, str]) -> FormClaim:
    """Return the claim of a form, as `is_signed_form` recognizes it.

    Raises `Ambiguous` for fields of Signature Version 4 beside it, `MissingField` for a form that
    is signed in part.
    """
    if not _OTHER_MECHANISM.isdisjoint(fields):
        raise Ambiguous(ONE_MECHANISM)
    for name, field in _NEEDED:
        if not fields.get(field):
            raise MissingField(
                f"Bucket POST must contain a field named '{name}'.  If it is specified, please"
                " check the order of the fields."
            )
    return FormClaim(
        access_key_id=fields["awsaccesskeyid"],
        signature=fields["signature"].encode(),
        token=fields.get("x-amz-security-token", ""),
        policy=fields["policy"],
    )
