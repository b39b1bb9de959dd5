"""The fixtures of the tests of stores."""

import pytest

from daypass.state.database.sqlite_store import open_sqlite


@pytest.fixture
def store(tmp_path):
    made = open_sqlite(tmp_path / "db")
    yield made
    made.close()
