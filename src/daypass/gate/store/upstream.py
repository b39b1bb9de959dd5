"""Requests to the store: built anew, signed with the gate's own credential, streamed both ways.

No part of the client's request is edited or passed through: method, path, query and headers are
made from resolved values. The URL is handed over already encoded, or the HTTP library would shorten
`..` and rewrite escapes.
"""

import asyncio
import os
import re
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.typedefs import LooseHeaders
from yarl import URL

from daypass.core.faults import Fault
from daypass.core.sigv4.chunked import (
    ChunkedEncoder,
    SignatureChain,
    signed_chunks_length,
    unsigned_chunks_length,
)
from daypass.core.sigv4.sign import SignedRequest
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.headers import check_fields
from daypass.gate.request.request_target import INVALID_URI
from daypass.gate.store.request_signer import RequestSigner
from daypass.gate.store.store_request import CHUNKED, TRAILER, StoreRequest, Trailers

CONNECT_SECONDS = 3  # until the store takes a connection; ours
QUEUE_SECONDS = 10
"""How long a request waits for one of the connections; a decision is not carried out long after it
was made."""
FIRST_BYTE_SECONDS = 60  # until the store's answer begins, and between two pieces of it; ours
SLOW_FIRST_BYTE_SECONDS = 15 * 60
"""For CompleteMultipartUpload and copies, which may take the store long."""
IDLE_SECONDS = 60  # a connection to the store without a request; ours
CONNECTIONS_MAX = 256  # to the store at once; ours
CHUNK_BYTES = 256 << 10
"""The bytes of a chunk for the store: about what one read of a connection brings; ours.

AWS asks for 64 KiB at least, and no store is known that takes less than 16 MiB.
"""
PARTS_MAX = 64  # of a chunk that is being collected; ours
_TARGET = re.compile(r"/[\x21\x22\x24-\x7e]*")
"""Origin-form in visible ASCII, without a fragment (RFC 9112, 3.2.1)."""


@dataclass(frozen=True, slots=True)
class StoreCredential:
    """The gate's own credential at the store, and the store's region."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str


class ObjectStore:
    """A pool of connections to one store."""

    def __init__(
        self,
        url: str,
        keys: StoreCredential,
        *,
        clock: Callable[[], float],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        base = URL(url)
        self.is_tls = base.scheme == "https"
        """Whether the connection to the store is encrypted."""
        self._origin = str(base.origin())
        self._host = _host_header(base)
        self._signer = RequestSigner(keys.access_key_id, keys.secret_access_key, keys.region)
        self._timeout = _timeout(FIRST_BYTE_SECONDS)
        self._slow_timeout = _timeout(SLOW_FIRST_BYTE_SECONDS)
        self._clock = clock
        self._tls: ssl.SSLContext | bool = tls or True
        self._session: aiohttp.ClientSession | None = None
        self.unreachable_cause = ""
        """Why the store cannot be reached, set by `watch`; empty while it can."""
        self.trouble = ""
        """What is wrong with the store, set by `watch`; empty while it answers."""
        self.connect_failed = asyncio.Event()
        """Set by a request that found no connection."""

    @property
    def region(self) -> str:
        """Return the store's region."""
        return self._signer.region

    def use_tls_context(self, tls: ssl.SSLContext) -> None:
        """Use other certificate authorities for new requests; requests under way continue."""
        self._tls = tls

    async def send(self, outgoing: StoreRequest) -> aiohttp.ClientResponse:
        """Return the store's answer, its body not read yet; the caller closes or releases it.

        Raises `StoreUnreachable` without a connection, at once while that is known, `S3Error`
        ServiceUnavailable without an answer, and whatever the body raises.
        """
        if self.unreachable_cause:
            raise StoreUnreachable(self.unreachable_cause)
        return await self.send_regardless(outgoing)

    async def send_regardless(self, outgoing: StoreRequest) -> aiohttp.ClientResponse:
        """Send a request as `send` does, also while the store is known to be unreachable."""
        tries = 2 if outgoing.body is None and outgoing.method in {"GET", "HEAD"} else 1
        for attempt in range(tries):
            try:
                return await self._once(outgoing)
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
                _reraise_body_fault(error)
                self.connect_failed.set()
                raise StoreUnreachable(_connection_error(error)) from error
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                _reraise_body_fault(error)
                if attempt + 1 == tries:
                    raise no_answer_error(error) from error
            except (aiohttp.ClientError, TimeoutError) as error:
                _reraise_body_fault(error)
                raise no_answer_error(error) from error
        raise AssertionError("there is a last try")

    async def _once(self, outgoing: StoreRequest) -> aiohttp.ClientResponse:
        headers = {**outgoing.headers, "host": self._host}
        if outgoing.body is not None or outgoing.method in {"PUT", "POST"}:
            headers["content-length"] = str(outgoing.length)
        if outgoing.payload_hash in {CHUNKED, TRAILER}:
            headers |= _chunk_headers(outgoing)
        # Every request line and header that the gate sends is checked here.
        check_fields(headers)
        target = outgoing.path + (f"?{outgoing.query}" if outgoing.query else "")
        if not _TARGET.fullmatch(target):
            raise S3Error("InvalidURI", INVALID_URI)
        signed = self._signer.sign(
            method=outgoing.method,
            path=outgoing.path,
            query=outgoing.query,
            headers=headers,
            payload_hash=outgoing.payload_hash,
            now=int(self._clock()),
        )
        body = outgoing.body
        if body is not None and not isinstance(body, bytes):
            if outgoing.payload_hash == CHUNKED:
                body = _in_signed_chunks(body, signed)
            elif outgoing.trailers is not None:
                body = _in_plain_chunks(body, outgoing.trailers)
        return await self._open().request(
            outgoing.method,
            URL(f"{self._origin}{target}", encoded=True),
            headers=signed.headers,
            data=body,
            ssl=self._tls,
            allow_redirects=False,
            timeout=self._slow_timeout if outgoing.is_slow else self._timeout,
        )

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=CONNECTIONS_MAX, keepalive_timeout=IDLE_SECONDS
                ),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                request_class=_SignedRequest,
                trust_env=False,
            )
        return self._session

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.close()


_ADDED_WHEN_SENT = frozenset({"Content-Type"})
"""The one header that aiohttp adds when it sends a request, if it is not to be left out."""


class _SignedRequest(aiohttp.ClientRequest):
    """A request of aiohttp with exactly the headers that were signed.

    aiohttp would add headers of its own, look each of them up for whether it is to be left out, and
    copy them all for it.
    """

    def update_headers(self, headers: LooseHeaders | None) -> None:
        """Take the headers, which have a `host`, from the session, which copied them."""
        self.headers = headers  # type: ignore[assignment] # a `CIMultiDict`, which the session makes

    def update_auto_headers(self, _skipped: Iterable[str] | None) -> None:
        """Add no header, now or when the request is sent."""
        self._skip_auto_headers = _ADDED_WHEN_SENT  # type: ignore[assignment] # looked up by name


def _host_header(base: URL) -> str:
    host = base.host or ""
    host = f"[{host}]" if ":" in host else host
    return host if base.is_default_port() else f"{host}:{base.port}"


def _timeout(seconds: float) -> aiohttp.ClientTimeout:
    """Return the timeouts of a request whose answer may take so many seconds to begin."""
    return aiohttp.ClientTimeout(
        total=None, connect=QUEUE_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=seconds
    )


def _chunk_headers(outgoing: StoreRequest) -> dict[str, str]:
    """Return the headers of an aws-chunked body."""
    coding = outgoing.headers.get("content-encoding")
    framed = {
        "content-encoding": f"aws-chunked,{coding}" if coding else "aws-chunked",
        "x-amz-decoded-content-length": str(outgoing.length),
    }
    if outgoing.trailers is None:
        length = signed_chunks_length(outgoing.length, chunk_bytes=CHUNK_BYTES)
    else:
        framed["x-amz-trailer"] = ",".join(outgoing.trailers.names)
        length = (
            unsigned_chunks_length(outgoing.length, chunk_bytes=CHUNK_BYTES)
            + outgoing.trailers.length
        )
    return framed | {"content-length": str(length)}


async def _in_signed_chunks(
    pieces: AsyncIterator[bytes | memoryview], signed: SignedRequest
) -> AsyncIterator[bytes]:
    """Yield a body in signed chunks of one size, the closing chunk after the last piece."""
    encoder = ChunkedEncoder(
        SignatureChain(signed.key, signed.amz_date, signed.scope, signed.signature)
    )
    async for parts in _even_chunks(pieces):
        yield encoder.encode_chunk(*parts)
    yield encoder.encode_chunk(b"")


async def _in_plain_chunks(
    pieces: AsyncIterator[bytes | memoryview], trailers: Trailers
) -> AsyncIterator[bytes]:
    """Yield a body in unsigned chunks, the closing chunk with the trailers after the last piece."""
    async for parts in _even_chunks(pieces):
        yield b"".join([b"%x\r\n" % sum(map(len, parts)), *parts, b"\r\n"])
    yield b"0\r\n" + trailers.text() + b"\r\n"


async def _even_chunks(
    pieces: AsyncIterator[bytes | memoryview],
) -> AsyncIterator[list[bytes | memoryview]]:
    """Yield a body in chunks of one size, the last one shorter; each as the parts it consists of.

    The parts are views of the pieces, so that bytes are copied once: into the framed chunk.
    """
    waiting: list[bytes | memoryview] = []
    size = 0
    async for piece in pieces:
        rest = memoryview(piece)
        while size + len(rest) > CHUNK_BYTES:
            end = CHUNK_BYTES - size
            yield [*waiting, rest[:end]]
            waiting, size, rest = [], 0, rest[end:]
        waiting.append(rest)
        size += len(rest)
        if len(waiting) > PARTS_MAX:
            # A view of one byte takes two hundred.
            waiting = [b"".join(waiting)]
    if size:
        yield waiting


class StoreUnreachable(S3Error):
    """No connection to the store; `cause` says why, without the store's address."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            "ServiceUnavailable",
            "The object store behind this gate cannot be reached. Please try again later.",
            operator=f"the object store cannot be reached: {cause}",
        )
        self.cause = cause


def no_answer_error(error: BaseException) -> S3Error:
    """Return the error for a store that accepts a request and does not answer it."""
    return S3Error(
        "ServiceUnavailable",
        "The object store behind this gate did not answer. Please try again later.",
        operator=f"the object store did not answer: {type(error).__name__}",
    )


def _connection_error(error: aiohttp.ClientError) -> str:
    """Return why there is no connection, in words without the store's address."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"no connection within {CONNECT_SECONDS} seconds"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name cannot be resolved"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not trusted"
    number = error.os_error.errno if isinstance(error, aiohttp.ClientConnectorError) else None
    return os.strerror(number).lower() if number else type(error).__name__


def _reraise_body_fault(error: BaseException | None) -> None:
    """Raise the error of the client's body if it caused a connection's error."""
    while error is not None:
        if isinstance(error, S3Error | Fault):
            raise error
        error = error.__cause__ or error.__context__
