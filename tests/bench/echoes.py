"""Three servers that give one fixed answer: the floors that a small call is measured beside.

`asgi` answers from a trivial ASGI application inside the authority's own server. `protocol` answers
where the server answers calls of the API: from inside its own protocol class, with its checks,
bounds and deadlines. `bare` is a protocol class that does nothing but parse, on the same event
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


def read_answer(answer):
    """Return the headers of an answer, without those that the server adds, and its body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [line.partition(b": ") for line in head.split(b"\r\n")[1:]]
    return [(name.lower(), value) for name, _, value in lines if name.lower() != b"date"], body


def application(answer):
    """Return an ASGI application that reads a request's body and gives the answer."""
    headers, body = read_answer(answer)

    async def echo(_scope, receive, send):
        more = True
        while more:
            more = (await receive()).get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return echo


class DirectEcho:
    """Takes the place of `DirectAnswers`: takes every request, and gives it the answer at once."""

    def __init__(self, answer):
        from daypass.server.audit.event import Event
        from daypass.server.authority.call import Outcome
        from daypass.wire.message import HttpResponse

        headers, body = read_answer(answer)
        kept = tuple((name, value) for name, value in headers if name != b"content-length")
        event = Event(time=0.0, request="", service="", operation="", outcome="", principal="echo")
        self._outcome = Outcome(HttpResponse(200, kept, body), event)

    def takes(self, _scope):
        return True

    def begin(self, _scope, _body, send):
        send(self._outcome)


class NoDirectAnswers:
    """Takes the place of `DirectAnswers`: every request goes through ASGI."""

    def takes(self, _scope):
        return False


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
        server._direct_answers = NoDirectAnswers()

    _serve_authority(port, change)


def serve_protocol(port, answer):
    """Serve until the process is ended, with the answer in the place of those of the API."""

    def change(server):
        assert hasattr(server, "_direct_answers")
        server._direct_answers = DirectEcho(answer)

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
