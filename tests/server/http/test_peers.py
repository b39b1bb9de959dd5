"""A client that closes its connection, at any point, causes no error line."""

import gc
import http.client
import re
import socket
import struct
import time
from urllib.parse import urlsplit

import pytest

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
FORM = b"Action=GetCallerIdentity&Version=2011-06-15"
HEAD = (
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 43\r\n\r\n"
)
CALL = HEAD + FORM
CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
SENT = {
    "nothing": b"",
    "half a head": GET[:20],
    "a request": CALL,
    "two requests": CALL * 2,
    "eight requests": CALL * 8,
    "two pages": GET * 2,
    "a request and half a head": CALL + GET[:20],
    "a request and half a body": CALL + HEAD + FORM[:6],
    "half a body": HEAD + FORM[:6],
    "a request and garbage": CALL + b"\x00\x01\r\n\r\n",
    "a chunk": CHUNKED + b"5\r\nActio\r\n",
    "two hundred chunks and no end": CHUNKED + b"1\r\nA\r\n" * 200,
}
TIMES = 25


def reset(live, sent, *, answer_bytes=0):
    """Send, read so many bytes, and end the connection with a reset."""
    connection = socket.create_connection((live.config.host, live.config.port), timeout=10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.sendall(sent)
    if answer_bytes:
        connection.recv(answer_bytes)
    connection.close()


def connections(live):
    asking = http.client.HTTPConnection(live.config.host, live.config.port, timeout=10)
    asking.request("GET", "/metrics")
    text = asking.getresponse().read().decode()
    asking.close()
    return int(re.search(r"^daypass_connections (\d+)", text, re.MULTILINE)[1])


def settled(live):
    """Wait until the server has seen the end of all other connections and of their requests."""
    # Clients of earlier tests that nobody uses any more hold connections until they are collected.
    gc.collect()
    end = time.monotonic() + 30
    while connections(live) > 1 and time.monotonic() < end:
        time.sleep(0.02)
    # A task that nobody asked for its exception says so when it is collected.
    gc.collect()
    return connections(live)


@pytest.mark.parametrize("sent", SENT)
def test_a_connection_that_is_reset_leaves_no_line(live, caplog, sent) -> None:
    before = settled(live)
    caplog.clear()
    for _ in range(TIMES):
        reset(live, SENT[sent])
    settled(live)

    assert told(caplog) == []
    assert before == 1


def told(caplog):
    """Return what was logged by the server; the store behind it logs in the same process."""
    return [record.getMessage() for record in caplog.records if record.name != "werkzeug"]


@pytest.fixture(scope="module")
def object_of(live):
    """A bucket of the gate with an object of a few megabytes: its name."""
    live.client("s3").create_bucket(Bucket="hang-up")
    live.client("s3").put_object(Bucket="hang-up", Key="big", Body=bytes(4 << 20))
    return "hang-up"


def request(live, method, operation, *, length=0):
    url = live.client("s3").generate_presigned_url(
        operation, Params={"Bucket": "hang-up", "Key": "big" if method == "GET" else "half"}
    )
    parts = urlsplit(url)
    head = f"{method} {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
    return (head + (f"Content-Length: {length}\r\n" if length else "") + "\r\n").encode()


@pytest.mark.parametrize(
    ("method", "operation", "length", "body", "answer_bytes"),
    [
        ("GET", "get_object", 0, 0, 0),
        ("GET", "get_object", 0, 0, 1000),
        ("PUT", "put_object", 1 << 20, 0, 0),
        ("PUT", "put_object", 1 << 20, 1000, 0),
        ("PUT", "put_object", 1 << 20, 700_000, 0),
        ("PUT", "put_object", 1 << 20, 1 << 20, 0),
    ],
)
def test_a_transfer_through_the_gate_that_is_reset_leaves_no_line(
    live, caplog, object_of, method, operation, length, body, answer_bytes
) -> None:
    sent = request(live, method, operation, length=length) + bytes(body)
    settled(live)
    caplog.clear()
    for _ in range(TIMES):
        reset(live, sent, answer_bytes=answer_bytes)
    settled(live)

    assert told(caplog) == []
