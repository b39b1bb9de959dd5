"""Last uses at two nodes, flushed in any order: in the end both agree on the newest."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.last_uses import LastUse, LastUses

KEYS = ("K1", "K2")
SERVICES = ("iam", "sts", "s3")
NODES = st.sampled_from([0, 1])
steps = st.one_of(
    st.tuples(
        st.just("record"),
        NODES,
        st.sampled_from(KEYS),
        st.integers(0, 3),
        st.sampled_from(SERVICES),
    ),
    st.tuples(st.sampled_from(["write", "merge"]), NODES),
)


class Node:
    """A node's last uses in memory, with its store."""

    def __init__(self, path, name):
        self.store = open_sqlite(path, boot=name * 16, node=name)
        self.usage = LastUses(self.store.last_uses())

    def record(self, key, when, service):
        self.usage.record(key, LastUse(when, service, "x"))

    def write(self):
        self.store.write_last_uses(self.usage.take_unwritten())

    def merge(self):
        self.usage.merge(self.store.new_last_uses())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A database without any use: to make one takes longer than all that is shown here."""
    path = tmp_path_factory.mktemp("made") / "db"
    open_sqlite(path).close()
    return path


@settings(deadline=None, max_examples=60)
@given(told=st.lists(steps, max_size=20))
def test_nodes_agree_on_the_newest_use_after_both_have_flushed(made, told) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(made, Path(folder) / "db")
        nodes = [Node(Path(folder) / "db", name) for name in ("1", "2")]
        newest = {}
        try:
            for what, node, *use in told:
                getattr(nodes[node], what)(*use)
                if use:
                    newest[use[0]] = max(use[1], newest.get(use[0], 0))
            for step in ("write", "merge"):
                for node in nodes:
                    getattr(node, step)()
            written = nodes[0].store.last_uses()
        finally:
            for node in nodes:
                node.store.close()

        assert {key: use.when for key, use in written.items()} == newest
        for node in nodes:
            assert {key: node.usage.last_use(key) for key in written} == written
