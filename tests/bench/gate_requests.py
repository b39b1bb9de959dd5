"""Requests to the gate, signed once and sent as bytes, so that a client costs next to nothing."""

import base64
import contextlib
import hashlib
import socket
import time
import zlib

from daypass.core.sigv4.sign import Signer

CONNECTIONS = 8
REGION = "us-east-1"
_CHUNK_BYTES = 64 << 10
_READ_BYTES = 1 << 20
_LENGTH = b"content-length: "


def get(port, key, path):
    """Return the bytes of a signed GetObject."""
    empty = hashlib.sha256(b"").hexdigest()
    return _signed("GET", port, key, path, {}, empty)


def put(port, key, path, content):
    """Return the bytes of a PutObject by kind: its payload signed, unsigned, or in chunks."""
    length = {"content-length": str(len(content))}
    framed, checksum = _chunked(content), _crc32(content)
    trailer = {
        "content-encoding": "aws-chunked",
        "content-length": str(len(framed)),
        "x-amz-decoded-content-length": str(len(content)),
        "x-amz-sdk-checksum-algorithm": "CRC32",
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    words = {
        "signed payload": (length, hashlib.sha256(content).hexdigest(), content),
        "unsigned payload": (length, "UNSIGNED-PAYLOAD", content),
        "aws-chunked with trailer": (trailer, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", framed),
    }
    assert checksum in framed[-64:]
    return {
        kind: _signed("PUT", port, key, path, headers, word) + body
        for kind, (headers, word, body) in words.items()
    }


def _chunked(content):
    pieces = [content[at : at + _CHUNK_BYTES] for at in range(0, len(content), _CHUNK_BYTES)]
    framed = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]
    return b"".join([*framed, b"0\r\nx-amz-checksum-crc32:", _crc32(content), b"\r\n\r\n"])


def _crc32(content):
    return base64.b64encode(zlib.crc32(content).to_bytes(4, "big"))


def _signed(method, port, key, path, headers, payload_hash):
    """Return the head of a request, signed over all its headers but the length."""
    given = {name: value for name, value in headers.items() if name != "content-length"}
    given["host"] = f"127.0.0.1:{port}"
    signer = Signer(*key, REGION)
    signed = signer.sign(
        method=method,
        path=path,
        query="",
        headers=given,
        payload_hash=payload_hash,
        now=int(time.time()),
    )
    lines = [f"{method} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in ({**headers, **signed.headers}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Connections:
    """Kept connections to one port; a request is sent on all of them before any is read."""

    def __init__(self, port, count=CONNECTIONS):
        self._sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]

    def exchange(self, message):
        """Send a request on each connection and read all answers; raises unless each is 200."""
        for each in self._sockets:
            each.sendall(message)
        for each in self._sockets:
            _read_answer(each)

    def close(self):
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.close()


def _read_answer(connection):
    data = connection.recv(_READ_BYTES)
    while (end := data.find(b"\r\n\r\n")) < 0:
        more = connection.recv(_READ_BYTES)
        if not more:
            raise ConnectionError(f"the answer ended in its head: {data[:200]!r}")
        data += more
    head = data[:end].lower()
    if not head.startswith(b"http/1.1 200"):
        raise ConnectionError(f"refused: {data[:500]!r}")
    at = head.find(_LENGTH) + len(_LENGTH)
    left = int(head[at:].split(b"\r\n", 1)[0]) - (len(data) - end - 4)
    buffer = bytearray(_READ_BYTES)
    while left > 0:
        count = connection.recv_into(buffer, min(left, _READ_BYTES))
        if not count:
            raise ConnectionError("the answer ended in its body")
        left -= count
