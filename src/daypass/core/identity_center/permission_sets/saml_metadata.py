"""The metadata of the SAML provider that an instance makes in an account.

Nobody can make an assertion that it would accept: the private key is drawn, signs the certificate
and is forgotten. The provider is there because the roles' trust policies name it. Source: OASIS
SAML V2.0, "Metadata"; IAM user guide, "Create a SAML identity provider in IAM".
"""

import base64
from datetime import UTC, datetime, timedelta

from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.identity_center import ids, reserved_roles
from daypass.core.sources import Entropy

KEY_BYTES = 32
SERIAL_BYTES = 16
DAYS_VALID = 36_525
"""A hundred years."""
_METADATA = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{location}">'
    '<md:IDPSSODescriptor WantAuthnRequestsSigned="false"'
    ' protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
    '<md:KeyDescriptor use="signing">'
    '<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
    "<ds:X509Certificate>{certificate}</ds:X509Certificate>"
    "</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"'
    ' Location="{location}"/>'
    "</md:IDPSSODescriptor></md:EntityDescriptor>"
)


def entity_id(*, instance: str, region: str) -> str:
    """Return the id under which an instance would make assertions, its address in the metadata."""
    # No server answers there: the name is reserved (RFC 2606), and the address that AWS has in its
    # document belongs to others.
    return f"https://portal.sso.{region}.invalid/saml/assertion/{instance}"


def new_provider(
    account: str, *, instance: str, region: str, now: int, entropy: Entropy
) -> SamlProvider:
    """Return a new SAML provider of an instance in an account, valid for a hundred years."""
    begin = datetime.fromtimestamp(now, UTC)
    end = begin + timedelta(days=DAYS_VALID)
    location = entity_id(instance=instance, region=region)
    certificate = _certificate(entropy, begin, end)
    return SamlProvider(
        account=account,
        name=reserved_roles.provider_name(entropy(reserved_roles.HEX_BYTES)),
        created=now,
        valid_until=int(end.timestamp()),
        metadata=_METADATA.format(location=location, certificate=certificate),
        uuid=ids.new_uuid(entropy(ids.UUID_BYTES)),
        instance=instance,
    )


def _certificate(entropy: Entropy, begin: datetime, end: datetime) -> str:
    """Return a new self-signed certificate in base64; its private key is lost on return."""
    # Loaded when an account gets its first role, so that no start waits for them.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    key = Ed25519PrivateKey.from_private_bytes(entropy(KEY_BYTES))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "IAM Identity Center")])
    # Within the twenty octets of RFC 5280, and positive.
    serial = int.from_bytes(entropy(SERIAL_BYTES), "big") >> 1 or 1
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(begin)
        .not_valid_after(end)
        .sign(key, None)
    )
    return base64.b64encode(built.public_bytes(Encoding.DER)).decode("ascii")
