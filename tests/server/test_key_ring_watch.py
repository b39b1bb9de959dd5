"""A key ring that a command has changed is taken over, and tried again until it opens.

Nobody waits for it.
"""

import os
from concurrent.futures import Future

import pytest

from daypass.server import limits
from daypass.server.health.key_ring_watch import KeyRingWatch
from daypass.state.data_directory.open_directory import open_data
from daypass.state.files import key_ring_file
from daypass.state.unusable import Unusable


class Watched:
    """A watch whose openings happen when a test says, on a clock that it moves."""

    def __init__(self, path, environ):
        self.data = open_data(path, environ, clock=lambda: 1.8e9, entropy=os.urandom)
        self.now = 0.0
        self.begun = []
        self.watch = KeyRingWatch(self.data, lambda: self.now, self._later)

    def _later(self, work):
        self.begun.append((work, Future()))
        return self.begun[-1][1]

    def finish(self):
        """Finish the opening, and return the line for the operator."""
        work, future = self.begun[-1]
        try:
            future.set_result(work())
        except Unusable as error:
            future.set_exception(error)
        return self.watch.tick()


@pytest.fixture
def key_file(tmp_path):
    """The file that the operator's command for the master key prints."""
    path = tmp_path / "printed"
    path.write_text("QUFB" * 10 + "QUE=")
    return path


@pytest.fixture
def watched(tmp_path, key_file):
    made = Watched(tmp_path / "d", {"DAYPASS_MASTER_KEY_COMMAND": f"cat {key_file}"})
    yield made
    made.data.close()


def rotate(watched, key_file):
    environ = {"DAYPASS_MASTER_KEY": "QUFB" * 10 + "QUE="}
    return key_ring_file.rotate_root_key(watched.data.path, environ, now=2, entropy=os.urandom)


def test_a_new_key_opens_at_once_and_seals_when_all_nodes_open_what_it_seals(
    watched, key_file
) -> None:
    others, newest_keys = 1, []
    watched.data.newest_key_opened_by_all = lambda newest: (
        newest_keys.append(newest) or min(newest, others)
    )
    rotate(watched, key_file)
    watched.watch.tick()
    watched.finish()
    meanwhile = watched.data.keyring
    others = 2
    watched.watch.tick()

    assert (newest_keys[0], newest_keys[-1]) == (1, 2), (
        "it is published before the ring is opened and after"
    )
    assert ([key.id for key in meanwhile.keys], meanwhile.sealing_key_id) == ([1, 2], 1)
    assert watched.data.keyring.sealing_key_id == 2
    assert watched.watch.tick() == "", "it is no changed ring"


def test_a_changed_ring_is_opened_on_a_thread_and_then_used(watched, key_file) -> None:
    assert watched.watch.tick() == ""
    assert not watched.begun
    rotated = rotate(watched, key_file)
    watched.watch.tick()
    assert len(watched.data.keyring.keys) == 1
    line = watched.finish()

    assert line == "the key ring has changed: it is in use"
    assert watched.data.keyring.keys == rotated.keys
    assert watched.watch.failure() == ""


def test_the_server_is_not_ready_until_a_ring_that_failed_to_open_opens(watched, key_file) -> None:
    printed = key_file.read_text()
    rotated = rotate(watched, key_file)
    key_file.unlink()
    watched.watch.tick()
    line = watched.finish()

    assert line.startswith("error: the command for the master key failed")
    assert watched.watch.failure() == "it has changed and could not be opened"
    assert len(watched.begun) == 1
    key_file.write_text(printed)
    watched.now += limits.KEY_RING_AGAIN_SECONDS
    watched.watch.tick()
    assert watched.finish() == "the key ring has changed: it is in use"
    assert watched.watch.failure() == ""
    assert watched.data.keyring.keys == rotated.keys


def test_delays_grow_to_a_bound_and_a_repeated_failure_is_reported_once(watched, key_file) -> None:
    rotate(watched, key_file)
    key_file.unlink()
    waits, lines = [], []
    for _ in range(10):
        begun = len(watched.begun)
        start = watched.now
        while len(watched.begun) == begun:
            watched.watch.tick()
            watched.now += 0.5
        waits.append(watched.now - start)
        lines.append(watched.finish())

    assert waits[1:4] == sorted(waits[1:4])
    assert waits[-1] > waits[1] * 8
    assert max(waits) <= limits.KEY_RING_AGAIN_SECONDS_MAX + 1
    assert [bool(each) for each in lines] == [True] + [False] * 9


def test_a_ring_that_changes_again_is_tried_at_once(watched, key_file) -> None:
    rotate(watched, key_file)
    printed = key_file.read_text()
    key_file.unlink()
    watched.watch.tick()
    watched.finish()
    key_file.write_text(printed)
    rotate(watched, key_file)
    watched.watch.tick()
    watched.finish()

    assert len(watched.data.keyring.keys) == 3


def test_a_ring_that_takes_long_to_open_makes_the_server_not_ready(watched, key_file) -> None:
    rotate(watched, key_file)
    watched.watch.tick()
    assert watched.watch.failure() == ""
    watched.now += limits.KEY_RING_SECONDS + 0.1

    assert watched.watch.failure() == "it has changed and is still being opened"


@pytest.mark.parametrize("name", ["missing", "another", "older"])
def test_a_ring_that_lacks_keys_of_the_present_one_is_never_used(watched, key_file, name) -> None:
    path = watched.data.path / "keyring"
    older = path.read_bytes()
    rotated = rotate(watched, key_file)
    watched.watch.tick()
    watched.finish()
    if name == "missing":
        path.unlink()
    elif name == "older":
        key_ring_file.write_private(path, older)
    else:
        path.unlink()
        environ = {"DAYPASS_MASTER_KEY": key_file.read_text()}
        key_ring_file.create_ring(watched.data.path, environ, now=3, entropy=os.urandom)
    watched.watch.tick()
    line = watched.finish()

    assert line.startswith("error: ")
    assert watched.watch.failure()
    assert watched.data.keyring.keys == rotated.keys


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "DAYPASS_MASTER_KEY_COMMAND is empty"),
        ("   ", "DAYPASS_MASTER_KEY_COMMAND is empty"),
        ("'open", "it cannot be split into words"),
        ("/nonexistent/program", "it cannot be run: No such file or directory"),
        ("false", "it ended with 1"),
        ("echo short", "DAYPASS_MASTER_KEY_COMMAND does not hold a master key"),
    ],
)
def test_a_wrong_command_for_the_master_key_is_a_clear_error(tmp_path, command, words) -> None:
    with pytest.raises(Unusable, match=words) as refused:
        key_ring_file.read_master_key(tmp_path, {"DAYPASS_MASTER_KEY_COMMAND": command})
    assert refused.value.hint
