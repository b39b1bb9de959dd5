"""Reads certificates again upon SIGHUP: the listener's with its key, and the store's authorities.

Either all of them are replaced or none: if one new file is bad, all old ones stay in use. These are
the files of the settings that are declared with `is_reloadable`; all other settings are read at the
start alone. The key ring needs no signal, because its file is watched.
"""

import asyncio
import ssl
from collections.abc import Callable

from daypass.core.audit_records.texts import escape_text
from daypass.files import escaping
from daypass.server import clock
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import Unrecorded
from daypass.server.audit.recorder import Recorder
from daypass.server.http import tls
from daypass.server.process.terminal import print_line
from daypass.server.settings.config import Config
from daypass.state.unusable import Unusable

SetAuthorities = Callable[[ssl.SSLContext], None]
"""Makes the gate check the store's certificate with a context from now on."""


class CertificateReloader:
    """Holds the listener's certificate, and replaces it and the store's authorities upon SIGHUP.

    Raises `Unusable` when it is made if the configured certificate cannot be used.
    """

    def __init__(
        self, config: Config, recorder: Recorder, set_authorities: SetAuthorities | None
    ) -> None:
        self._config = config
        self._recorder = recorder
        self._set_authorities = set_authorities
        self._certificate = _configured_certificate(config)

    @property
    def context(self) -> ssl.SSLContext | None:
        """Return the SSL context for new connections; None if the listener uses plain HTTP."""
        return self._certificate.context if self._certificate else None

    @property
    def warnings(self) -> list[str]:
        """Return warnings about the dates of the certificate in use, for the operator."""
        return _date_warnings(self._certificate)

    async def run(self) -> None:
        """Read the files in a thread, replace what is in use, and report and record the result."""
        try:
            certificate, authorities = await asyncio.to_thread(self._read)
        except Exception as error:  # noqa: BLE001 - any failure leaves the old files in use
            _print_escaped(f"error: SIGHUP: {error}; the files read before stay in use")
            if isinstance(error, Unusable):
                _print_escaped(f"hint: {error.hint}")
            await self._record(_reload_event(detail={}, outcome="Unusable", message=str(error)))
            return
        self._certificate = certificate
        if authorities is not None and self._set_authorities is not None:
            self._set_authorities(authorities)
        _print_escaped(_success_message(certificate, has_authorities=authorities is not None))
        detail = {"authorities": "read"} if authorities is not None else {}
        if certificate is not None:
            detail |= {"certificate": certificate.fingerprint, "ends": f"{certificate.ends:%FT%TZ}"}
        await self._record(_reload_event(detail=detail))

    def _read(self) -> tuple[tls.Certificate | None, ssl.SSLContext | None]:
        certificate = _configured_certificate(self._config)
        problem = certificate.date_problem(clock.wall()) if certificate else ""
        if problem:
            raise Unusable(problem, "replace it by a valid certificate, then send SIGHUP again")
        store = self._config.store
        if store is None:
            return certificate, None
        # Only where there is a store, so that a server without one does not load the gate.
        from daypass.server.gateway import store_tls_context  # noqa: PLC0415

        try:
            return certificate, store_tls_context(store)
        except OSError as error:
            raise Unusable(
                f"the store's authorities cannot be read: {error}", "--s3-ca names a file in PEM"
            ) from error

    async def _record(self, event: Event) -> None:
        try:
            await self._recorder.record(event)
        except Unrecorded as error:
            _print_escaped(f"error: SIGHUP: {error}")


def certificate_warnings(config: Config) -> list[str]:
    """Return warnings about the dates of a server's certificate, for the operator.

    Raises `Unusable` if the certificate cannot be used.
    """
    return _date_warnings(_configured_certificate(config))


def _date_warnings(certificate: tls.Certificate | None) -> list[str]:
    problem = certificate.date_problem(clock.wall()) if certificate else ""
    return [f"warning: {problem}; clients refuse it"] if problem else []


def _configured_certificate(config: Config) -> tls.Certificate | None:
    if config.tls_certificate is None or config.tls_key is None:
        return None
    return tls.read_certificate(config.tls_certificate, config.tls_key)


def _success_message(certificate: tls.Certificate | None, *, has_authorities: bool) -> str:
    parts = []
    if certificate is not None:
        parts.append(f"new connections get the certificate that ends on {certificate.ends:%F}")
    if has_authorities:
        parts.append("the store's certificate is checked with the authorities that were read")
    return f"SIGHUP: {', '.join(parts) or 'no certificate is configured, so no file was read'}"


def _reload_event(*, detail: dict[str, str], outcome: str = "ok", message: str = "") -> Event:
    return Event(
        time=clock.wall(),
        request="",
        service="daypass",
        operation="reload",
        outcome=outcome,
        message=escape_text(message),
        detail={"by": "SIGHUP", **detail},
    )


def _print_escaped(text: str) -> None:
    """Write a line to standard error, with control characters escaped."""
    print_line(escaping.escape_text(text))
