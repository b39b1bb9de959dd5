"""What SIGHUP reads again: the listener's certificate with its key, and the authorities of the store's certificate.

All of it or none: what is in use stays until everything that is to replace it is found good. The key ring needs no signal, its
file is watched. These files are those of the settings that are declared with `is_reloadable`; every other setting is read at
the start alone.
"""

import asyncio
import ssl
import sys
from collections.abc import Callable

from daypass.core.audit_records.texts import clean
from daypass.files import escaping
from daypass.server import clock
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import Unrecorded
from daypass.server.audit.recorder import Recorder
from daypass.server.gateway import tls_of
from daypass.server.http import tls
from daypass.server.settings.config import Config
from daypass.state.unusable import Unusable

Trust = Callable[[ssl.SSLContext], None]


class Reload:
    """The certificates in use. `trust` takes what the store's certificate is checked with."""

    def __init__(self, config: Config, recorder: Recorder, trust: Trust | None) -> None:
        self._config = config
        self._recorder = recorder
        self._trust = trust
        self._certificate = _certificate(config)

    @property
    def context(self) -> ssl.SSLContext | None:
        """Return what connections begin with from now on; None where the listener speaks plain HTTP."""
        return self._certificate.context if self._certificate else None

    @property
    def remarks(self) -> list[str]:
        """Return what whoever starts the server should know."""
        return _remarks(self._certificate)

    async def run(self) -> None:
        """Read everything again, beside the event loop; say and record what became of it."""
        try:
            certificate, authorities = await asyncio.to_thread(self._read)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with new files, the server goes on with the old
            _say(f"error: SIGHUP: {error}; what was read before stays in use")
            if isinstance(error, Unusable):
                _say(f"hint: {error.hint}")
            await self._record(_event(detail={}, outcome="Unusable", message=str(error)))
            return
        self._certificate = certificate
        if authorities is not None and self._trust is not None:
            self._trust(authorities)
        _say(_told(certificate, has_authorities=authorities is not None))
        detail = {"authorities": "read"} if authorities is not None else {}
        if certificate is not None:
            detail |= {"certificate": certificate.fingerprint, "ends": f"{certificate.ends:%FT%TZ}"}
        await self._record(_event(detail=detail))

    def _read(self) -> tuple[tls.Certificate | None, ssl.SSLContext | None]:
        certificate = _certificate(self._config)
        wrong = certificate.wrong_at(clock.wall()) if certificate else ""
        if wrong:
            raise Unusable(wrong, "put one there whose dates hold, then send SIGHUP again")
        store = self._config.store
        try:
            return certificate, tls_of(store) if store else None
        except OSError as error:
            raise Unusable(f"the store's authorities cannot be read: {error}", "--s3-ca names a file in PEM") from error  # fmt: skip

    async def _record(self, event: Event) -> None:
        try:
            await self._recorder.record(event)
        except Unrecorded as error:
            _say(f"error: SIGHUP: {error}")


def remarks(config: Config) -> list[str]:
    """Return what whoever starts a server should know of its certificate; raises `Unusable` for one that is none."""
    return _remarks(_certificate(config))


def _remarks(certificate: tls.Certificate | None) -> list[str]:
    wrong = certificate.wrong_at(clock.wall()) if certificate else ""
    return [f"warning: {wrong}; clients refuse it"] if wrong else []


def _certificate(config: Config) -> tls.Certificate | None:
    if config.tls_certificate is None or config.tls_key is None:
        return None
    return tls.read(config.tls_certificate, config.tls_key)


def _told(certificate: tls.Certificate | None, *, has_authorities: bool) -> str:
    parts = []
    if certificate is not None:
        parts.append(f"new connections meet the certificate that ends on {certificate.ends:%F}")
    if has_authorities:
        parts.append("the store's certificate is checked with the authorities as they are now")
    return f"SIGHUP: {', '.join(parts) or 'no certificate is configured, all goes on as it was'}"


def _event(*, detail: dict[str, str], outcome: str = "ok", message: str = "") -> Event:
    return Event(
        time=clock.wall(),
        request="",
        service="daypass",
        operation="reload",
        outcome=outcome,
        message=clean(message),
        detail={"by": "SIGHUP", **detail},
    )


def _say(text: str) -> None:
    sys.stderr.write(f"{escaping.escape_text(text)}\n")
    sys.stderr.flush()
