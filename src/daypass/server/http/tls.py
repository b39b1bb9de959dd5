"""The listener's TLS certificate: read, checked, and loaded into a new SSL context.

A new context for each certificate means that a bad one leaves the one in use as it is. Connections
keep the context that they began with.
"""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from daypass.files import bounded_reading
from daypass.state.unusable import Unusable

PEM_BYTES_MAX = 1 << 20
"""Of a file with a certificate chain, or with a key; ours, far above any in use."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The listener's certificate, loaded into the SSL context of new connections."""

    context: ssl.SSLContext
    fingerprint: str
    """SHA-256 of the first certificate of the chain, in hexadecimal."""
    begins: datetime
    ends: datetime

    def date_problem(self, now: float) -> str:
        """Return why clients refuse the certificate's dates at `now`, in seconds since 1970.

        Empty if the dates are valid then.
        """
        at = datetime.fromtimestamp(now, UTC)
        if at > self.ends:
            return f"the certificate ended on {self.ends:%Y-%m-%d %H:%M:%S} UTC"
        if at < self.begins:
            return f"the certificate begins on {self.begins:%Y-%m-%d %H:%M:%S} UTC"
        return ""


def read_certificate(chain: Path, key: Path) -> Certificate:
    """Return the certificate of a chain file and a key file in PEM.

    Raises `Unusable` if a file cannot be read or used, or if they do not belong together.
    """
    # Loaded here, because a server of plain HTTP does not need it.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

    try:
        text = bounded_reading.read_bytes(chain, PEM_BYTES_MAX)
        bounded_reading.require_file(key, PEM_BYTES_MAX)
        first = x509.load_pem_x509_certificates(text)[0]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(chain, key, password=_refuse_password)
        if bounded_reading.read_bytes(chain, PEM_BYTES_MAX) != text:
            raise Unusable(f"{chain} was changed while it was read", "try it again")
    except bounded_reading.UnreadableFile as error:
        raise Unusable(str(error), "--tls-cert and --tls-key name files in PEM") from error
    except ValueError as error:
        raise Unusable(
            f"{chain} holds no certificate in PEM", "the server's own comes first"
        ) from error
    except OSError as error:
        raise Unusable(
            f"{chain} and {key} cannot be used together: {_reason(error)}",
            "the key has to be that of the first certificate",
        ) from error
    fingerprint = first.fingerprint(hashes.SHA256()).hex()
    return Certificate(context, fingerprint, first.not_valid_before_utc, first.not_valid_after_utc)


def _refuse_password() -> str:
    """Raise `Unusable` for an encrypted key: a reload by SIGHUP cannot ask for its password."""
    raise Unusable(
        "the key is encrypted", "openssl pkey -in KEY -out PLAIN, readable by the server alone"
    )


def _reason(error: OSError) -> str:
    """Return OpenSSL's reason for an error, or the system's, in lower case."""
    reason = getattr(error, "reason", None) or error.strerror or "unreadable"
    return str(reason).replace("_", " ").lower()
