"""Three servers that give one fixed answer: the floors that a small call is measured beside.

`asgi` answers from a trivial ASGI application inside the authority's own server. `protocol` answers
from inside the server's own protocol class, with its checks, bounds and deadlines, and without a
cycle or a task of ASGI. `bare` is a protocol class that does nothing but parse, on the same event
loop and the same parser: the least that a server in Python can do with a request.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

import httptools
import uvloop
from tests.bench.servers import Server


class BareEcho(asyncio.Protocol):
    """Parses each request and writes the answer when it is complete."""

    def __init__(self, answer):
        self._answer = answer

    def connection_made(self, transport):
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)
        self._headers = []
        self._body = b""

    def data_received(self, data):
        self._parser.feed_data(data)

    def on_url(self, url):
        self._url = url
        self._headers = []
        self._body = b""

    def on_header(self, name, value):
        self._headers.append((name.lower(), value))

    def on_body(self, body):
        self._body += body

    def on_message_complete(self):
        self._transport.write(self._answer)


async def _serve(port, answer):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: BareEcho(answer), "127.0.0.1", port)
    await server.serve_forever()


def serve_bare(port, answer):
    """Serve until the process is ended."""
    uvloop.run(_serve(port, answer))


def application(answer):
    """Return an ASGI application that reads a request's body and gives the answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [line.partition(b": ") for line in head.split(b"\r\n")[1:]]
    headers = [(name.lower(), value) for name, _, value in lines if name.lower() != b"date"]

    async def echo(_scope, receive, send):
        more = True
        while more:
            more = (await receive()).get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return echo


def echo_protocol(answer):
    """Return the server's protocol class, which gives the answer once a request is complete."""
    from daypass.server.http.overload.connections import Phase
    from daypass.server.http.protocol import _TARGET, StrictProtocol

    class Echo(StrictProtocol):
        def on_headers_complete(self):
            assert _TARGET.fullmatch(self.url)
            assert [name for name, _ in self.headers].count(b"host") == 1
            self._enter_phase(Phase.BODY)

        def _forward_body(self):
            pass

        def on_message_complete(self):
            self._body = b"".join(self._body_pieces)
            self._body_pieces.clear()
            self._is_mid_request = False
            self._enter_phase(Phase.ANSWER)
            self.transport.write(answer)
            self._enter_phase(Phase.IDLE)

    return Echo


def _serve_authority(port, change):
    from daypass.server import single_process
    from daypass.server.settings.config import Config
    from daypass.state.data_directory.open_directory import open_data

    with tempfile.TemporaryDirectory() as folder:
        config = Config(data=Path(folder) / "data", host="127.0.0.1", port=port, calls_per_second=0)
        data = open_data(config.data, {}, **single_process.opening_options(config))
        server = single_process.make_server(config, data)
        change(server)
        server.run()
        server.close()
        data.close()


def serve_asgi(port, answer):
    """Serve until the process is ended, in the authority's server with another application."""

    def change(server):
        server.config.app = application(answer)

    _serve_authority(port, change)


def serve_protocol(port, answer):
    """Serve until the process is ended, in the authority's server with another protocol class."""

    def change(_server):
        from daypass.server import serving

        serving.StrictProtocol = echo_protocol(answer)

    _serve_authority(port, change)


KINDS = {"asgi": serve_asgi, "protocol": serve_protocol, "bare": serve_bare}


def echo(kind, answer, folder):
    """Start the echo of that kind, which gives the answer."""
    path = folder / f"{kind}.answer"
    path.write_bytes(answer)
    command = [sys.executable, "-m", "tests.bench.echoes", kind]
    return Server(lambda port: [*command, port, path])


if __name__ == "__main__":
    kind, port, path = sys.argv[1:]
    KINDS[kind](int(port), Path(path).read_bytes())
