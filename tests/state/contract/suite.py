"""The contract of a store, on two stores over one storage.

A kind of store is tested by a subclass of `StoreContract` that opens one. A store is alone in none
of these cases: commits of one node reach the other, in one order, however late it looks.
"""

import pytest
from tests.state.contract.commits import CommitContract
from tests.state.contract.node import Node
from tests.state.contract.side_tables import SideTableContract
from tests.state.contract.tickets import TicketContract


class StoreContract(CommitContract, TicketContract, SideTableContract):
    """The suite; a subclass says in `open` how a node's store over one storage is opened."""

    def open(self, storage, node, start="0"):
        """Return the store of a node over the storage in a folder.

        `start` is another text for each start of the node.
        """
        raise AssertionError(f"{type(self).__name__} opens no store")

    @pytest.fixture
    def nodes(self, tmp_path):
        stores = [self.open(tmp_path, name) for name in ("1", "2")]
        yield [Node(store) for store in stores]
        for store in stores:
            store.close()

    @pytest.fixture
    def again(self, tmp_path):
        """Return a function that opens the storage once more and returns its directory."""

        def reopened():
            store = self.open(tmp_path, "3")
            try:
                return store.load(())
            finally:
                store.close()

        return reopened

    @pytest.fixture
    def restarted(self, tmp_path):
        """Return a function that returns the store of a node which was started again."""
        stores = []

        def again(node):
            stores.append(self.open(tmp_path, node, start="1"))
            return stores[-1]

        yield again
        for store in stores:
            store.close()
