"""Libraries with known holes stop the start."""

import pytest

from daypass.server.process import library_versions
from daypass.state.unusable import Unusable


def test_installed_libraries_have_their_minimum_versions() -> None:
    library_versions.check_versions()


@pytest.mark.parametrize("name", sorted(library_versions.MIN_VERSIONS))
@pytest.mark.parametrize("version", ["1.0", "2.9.9rc1", "0", "1.²", "٩٩.0"])
def test_t343_ops_an_old_library_stops_the_start_and_names_the_advisory(name, version) -> None:
    with pytest.raises(Unusable, match=library_versions.MIN_VERSIONS[name][1]) as error:
        library_versions.check_versions(lambda asked: version if asked == name else "999")

    assert f"{name} {version} is older than" in str(error.value)


def test_t290_data_an_old_sqlite_is_reported_and_never_uses_a_write_ahead_log(live) -> None:
    assert (
        "3.40.1 can damage a write-ahead log: a rollback journal is used"
        in library_versions.version_remarks((3, 40, 1))[0]
    )
    assert not library_versions.version_remarks((3, 51, 3))
    assert not list(live.data.path.glob("*-wal"))
    header = (live.data.path / "daypass.db").read_bytes()[18:20]
    # Bytes 18 and 19 of a SQLite file say how it is written and read: 1 is a rollback journal, 2 a
    # write-ahead log.
    assert header == b"\x01\x01"
