"""What the cache stores, and the few functions that stand for slower ones of the library."""

import contextlib
import fcntl
import hashlib
import os
import shlex
import urllib.parse

import pytest
from cryptography.hazmat.primitives.ciphers import aead
from hypothesis import given
from hypothesis import strategies as st

from daypass.cli import credential_formats
from daypass.client import (
    cache,
    cache_primitives,
    exported_variables,
    lock_files,
    private_files,
)
from daypass.client.cache_entry import CacheEntry, decode_entry, encode_entry
from daypass.core.time import timestamps

LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"))
NAMES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", min_size=1)
ENTRIES = st.builds(
    CacheEntry,
    *[LINES] * 3,
    st.integers(),
    LINES,
    st.lists(LINES).map(tuple),
    st.none() | st.dictionaries(NAMES, LINES),
)
TEXTS = st.text() | st.text("%41aF/é'\" ~+") | st.binary().map(lambda b: b.decode(errors="replace"))


@given(ENTRIES)
def test_an_entry_is_read_as_it_was_written(entry) -> None:
    assert decode_entry(encode_entry(entry)) == entry


@given(ENTRIES, ENTRIES)
def test_entries_are_equal_where_their_bytes_are(one, other) -> None:
    assert (one == other) == (encode_entry(one) == encode_entry(other))
    assert one != encode_entry(one)


@pytest.mark.parametrize(
    "entry",
    [
        CacheEntry("A\n", "s", "t", 1),
        CacheEntry("A", "s", "t", 1, profiles=("a\nb",)),
        CacheEntry("A", "s", "t", 1, variables={"AWS_REGION": "x\nAWS_PROFILE=y"}),
    ],
)
def test_a_line_end_in_an_entry_is_refused(entry) -> None:
    with pytest.raises(ValueError, match="line end"):
        encode_entry(entry)


@pytest.mark.parametrize(
    "body",
    [b"", b"A\ns\nt\n1", b"A\ns\nt\nsoon\n", b"A\ns\nt\n1\n\nwork", b"A\ns\nt\n1\n\nvariables\nx"],
)
def test_bytes_of_another_form_are_no_entry(body) -> None:
    with pytest.raises(ValueError):
        decode_entry(body)


def test_an_entry_without_known_variables_is_not_one_with_none() -> None:
    unknown, none = (CacheEntry("A", "s", "t", 1, variables=each) for each in (None, {}))

    assert decode_entry(encode_entry(unknown)).variables is None
    assert decode_entry(encode_entry(none)).variables == {}
    assert unknown != none


def test_what_an_entry_holds_is_not_shown_by_its_repr() -> None:
    assert repr(CacheEntry("A", "hidden", "hidden", 1)) == "Entry('A', expires=1)"


def test_a_file_of_an_earlier_version_is_a_miss(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(cache, "_HEADER", b"daypass-cache-3\n")
    cache.CredentialCache(tmp_path / "cache").put("name", CacheEntry("ASIA", "s", "t", 2**33))
    monkeypatch.undo()

    assert cache.CredentialCache(tmp_path / "cache").get("name") is None


def test_of_several_first_commands_one_creates_the_key(tmp_path, monkeypatch) -> None:
    others = []

    @contextlib.contextmanager
    def held_by_another_first(path):
        # Another command creates its key after this one found none, and before it has the lock.
        monkeypatch.setattr(lock_files, "hold_directory", hold_directory)
        others.append(cache.CredentialCache(path))
        yield

    hold_directory = lock_files.hold_directory
    monkeypatch.setattr(lock_files, "hold_directory", held_by_another_first)
    mine = cache.CredentialCache(tmp_path / "cache")
    mine.put("name", CacheEntry("ASIA", "s", "t", 2**33))

    [theirs] = others
    assert theirs.get("name") == mine.get("name") == CacheEntry("ASIA", "s", "t", 2**33)


def test_the_key_is_written_under_the_lock_of_the_directory(tmp_path, monkeypatch) -> None:
    write = private_files.write_private_file
    written = []

    def locked_write(path, content, **more):
        directory = os.open(tmp_path / "cache", os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(directory)
        written.append(path)
        write(path, content, **more)

    monkeypatch.setattr(cache, "write_private_file", locked_write)
    cache.CredentialCache(tmp_path / "cache")

    assert written == [f"{tmp_path}/cache/key"]


def test_the_primitives_are_the_documented_ones() -> None:
    assert cache_primitives.AESGCM is aead.AESGCM
    assert cache_primitives.blake2b is hashlib.blake2b


@given(TEXTS)
def test_text_is_quoted_and_unquoted_as_the_library_does_it(text) -> None:
    assert exported_variables._quote(text) == urllib.parse.quote(text)
    assert exported_variables._unquote(text) == urllib.parse.unquote(text)
    assert exported_variables._unquote(exported_variables._quote(text)) == text
    assert credential_formats._posix_quoted(text) == shlex.quote(text)


@given(st.integers(0, 253_402_300_799))
def test_an_expiry_is_written_as_everywhere(seconds) -> None:
    assert credential_formats._iso8601(seconds) == timestamps.iso8601(seconds)
