"""The load reads answers whole, takes turns, and accepts no other answer."""

import contextlib
import itertools
import socket
import threading

import pytest
from tests.bench.load import Load, Wrong, answer_length, percentile
from tests.bench.rounds import Side, take_rounds

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CLOSING = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
REQUEST = b"GET / HTTP/1.1\r\n\r\n"


class Server:
    """Gives an answer in two pieces to each request, and closes a connection if it says so."""

    def __init__(self, answer):
        self.answer = answer
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Wakes the thread that accepts.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        # A load that is over closes its connections, an answer may be on its way.
        with connection, contextlib.suppress(OSError):
            while connection.recv(1 << 16):
                connection.sendall(self.answer[:20])
                connection.sendall(self.answer[20:])
                if b"close" in self.answer:
                    return


@pytest.mark.parametrize(
    ("data", "length"),
    [
        (OK, (len(OK), False)),
        (OK + b"more", (len(OK), False)),
        (OK[:30], (0, False)),
        (b"", (0, False)),
        (CLOSING, (len(CLOSING), True)),
        (REFUSED, (len(REFUSED), False)),
    ],
)
def test_the_length_of_an_answer_is_said_by_its_head(data, length) -> None:
    assert answer_length(data) == length


def test_an_answer_whose_length_is_not_said_is_refused() -> None:
    with pytest.raises(Wrong, match="without a length"):
        answer_length(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")


@pytest.mark.parametrize(("answer", "is_kept"), [(OK, True), (CLOSING, False)])
def test_connections_are_kept_unless_the_server_closes_them(answer, is_kept) -> None:
    with Server(answer) as server, Load(server.port, 2) as load:
        found = load.run(itertools.repeat(REQUEST), 0.05)

        assert found.count == len(found.latencies) >= 2
        assert min(found.latencies) > 0
        assert (server.connections == 2) is is_kept


def test_an_answer_is_counted_once_though_its_closed_connection_stays_ready() -> None:
    with Server(CLOSING) as server, Load(server.port, 32) as load:
        found = load.run(itertools.repeat(REQUEST), 0.05)

        assert found.count == server.connections


def test_an_answer_of_another_status_ends_the_load() -> None:
    with (
        Server(REFUSED) as server,
        Load(server.port, 2) as load,
        pytest.raises(Wrong, match="not 200"),
    ):
        load.run(itertools.repeat(REQUEST), 0.05)


def test_a_status_that_is_expected_is_no_error() -> None:
    with Server(REFUSED) as server, Load(server.port, 2) as load:
        assert load.run(itertools.repeat(REQUEST), 0.05, status=403).count >= 2


@pytest.mark.parametrize(
    ("values", "share", "value"),
    [
        ([3], 0.99, 3),
        (range(1, 101), 0.99, 99),
        (range(1, 1_001), 0.99, 990),
        ([1, 2, 3, 4], 0.5, 2),
        ([4, 1], 1, 4),
    ],
)
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(values, share, value) -> None:
    assert percentile(list(values), share) == value


def test_of_a_round_every_side_has_its_turn_and_another_is_first() -> None:
    taken = []

    class Taking(Side):
        def take(self, seconds):
            taken.append((self.name, seconds))

    take_rounds([Taking(name, None, None) for name in "abc"], 3, 0.5)

    assert [name for name, _ in taken] == [*"abc", *"bca", *"cab"]
    assert {seconds for _, seconds in taken} == {0.5}
