"""The listener's certificate: checked as a whole and put into a context of its own, so that a bad one changes no other.

Connections keep the context that they began with (Python, "ssl": a context may be replaced for those to come).
"""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from daypass.files import bounded_reading
from daypass.state.unusable import Unusable

PEM_BYTES_MAX = 1 << 20
"""A certificate with its chain, or a key; ours, far above any."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the listener shows to those who connect."""

    context: ssl.SSLContext
    fingerprint: str
    """SHA-256 of the first certificate of the chain, in hexadecimal."""
    begins: datetime
    ends: datetime

    def wrong_at(self, now: float) -> str:
        """Say why clients would refuse it at a time, in seconds since 1970; empty if its dates allow it."""
        at = datetime.fromtimestamp(now, UTC)
        if at > self.ends:
            return f"the certificate ended on {self.ends:%Y-%m-%d %H:%M:%S} UTC"
        if at < self.begins:
            return f"the certificate begins on {self.begins:%Y-%m-%d %H:%M:%S} UTC"
        return ""


def read(chain: Path, key: Path) -> Certificate:
    """Return the certificate of two files in PEM; raises `Unusable` where they do not belong together, or are none."""
    try:
        text = bounded_reading.read_bytes(chain, PEM_BYTES_MAX)
        bounded_reading.require_file(key, PEM_BYTES_MAX)
        first = x509.load_pem_x509_certificates(text)[0]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(chain, key, password=_no_password)
        if bounded_reading.read_bytes(chain, PEM_BYTES_MAX) != text:
            raise Unusable(f"{chain} was changed while it was read", "try it again")
    except bounded_reading.UnreadableFile as error:
        raise Unusable(str(error), "--tls-cert and --tls-key name files in PEM") from error
    except ValueError as error:
        raise Unusable(f"{chain} holds no certificate in PEM", "the server's own comes first") from error  # fmt: skip
    except OSError as error:
        raise Unusable(f"{chain} and {key} cannot be used together: {_reason(error)}", "the key has to be that of the first certificate") from error  # fmt: skip
    fingerprint = first.fingerprint(hashes.SHA256()).hex()
    return Certificate(context, fingerprint, first.not_valid_before_utc, first.not_valid_after_utc)


def _no_password() -> str:
    """Refuse a key that asks for a password: nobody is there to be asked when it is read again."""
    raise Unusable("the key is encrypted", "openssl pkey -in KEY -out PLAIN, readable by the server alone")  # fmt: skip


def _reason(error: OSError) -> str:
    """Return OpenSSL's own word for what is wrong, or the system's."""
    reason = getattr(error, "reason", None) or error.strerror or "unreadable"
    return str(reason).replace("_", " ").lower()
