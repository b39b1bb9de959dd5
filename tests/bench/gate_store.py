"""A store that costs little: it keeps connections, and answers each request from memory.

It checks nothing: what is measured is the gate in front of it. It runs in a process of its own, so
that its CPU time is nobody's figure. `python -m tests.bench.gate_store` prints its port.
"""

import asyncio
import sys

import httptools

SMALL_BYTES = 1 << 10
LARGE_BYTES = 64 << 20
BUCKET = "bench"
SMALL, LARGE = f"/{BUCKET}/small", f"/{BUCKET}/large"
_WRITE_BYTES = 1 << 20
_HEAD = (
    b"HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\nserver: bench\r\n"
    b'etag: "0123456789abcdef0123456789abcdef"\r\naccept-ranges: bytes\r\n'
    b"last-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nx-amz-request-id: 0123456789ABCDEF\r\n"
    b"content-type: application/octet-stream\r\ncontent-length: %d\r\n\r\n"
)
_SMALL = _HEAD % SMALL_BYTES + bytes(SMALL_BYTES)
_PIECE = bytes(_WRITE_BYTES)
_MISSING = b"<Error><Code>NoSuchBucket</Code><Message>none</Message></Error>"
_NOT_FOUND = (
    b"HTTP/1.1 404 Not Found\r\ncontent-type: application/xml\r\ncontent-length: %d\r\n\r\n%b"
    % (len(_MISSING), _MISSING)
)


class StoreConnection(asyncio.Protocol):
    """One connection of a client to the store."""

    def connection_made(self, transport):
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)
        self._may_write = asyncio.Event()
        self._may_write.set()

    def data_received(self, data):
        self._parser.feed_data(data)

    def pause_writing(self):
        self._may_write.clear()

    def resume_writing(self):
        self._may_write.set()

    def on_url(self, url):
        self._url = url

    def on_message_complete(self):
        path = self._url.partition(b"?")[0].decode()
        is_read = self._parser.get_method() == b"GET"
        if not is_read:
            self._transport.write(_HEAD % 0)
        elif path == SMALL:
            self._transport.write(_SMALL)
        elif path == LARGE:
            self._sending = asyncio.ensure_future(self._send_large())
        else:
            self._transport.write(_NOT_FOUND)

    async def _send_large(self):
        self._transport.write(_HEAD % LARGE_BYTES)
        for _ in range(LARGE_BYTES // _WRITE_BYTES):
            await self._may_write.wait()
            self._transport.write(_PIECE)


async def serve():
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(StoreConnection, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve())
