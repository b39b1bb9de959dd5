"""Two nodes over one storage, in any order of operations, as a state machine.

No update is lost, no skew, no gap in the order, no ticket taken twice.
"""

import itertools
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.state.contract.node import Node, read, same, take

from daypass.core.domain.iam.user import User
from daypass.state.changes import Changes, Put, Remove
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.snapshot.directory import Directory

PARTITIONS = ("111122223333", "444455556666", "777788889999")
NODES = st.sampled_from(["1", "2"])
ACCOUNTS = st.sampled_from(PARTITIONS)


def counter(account, value):
    return User(account=account, name="counter", unique_id="AIDAC", created=value)


def value(directory, account):
    found = directory.account(account).of(User).get("counter")
    return found.created if found is not None else 0


class TwoNodes(RuleBasedStateMachine):
    """Nodes that read, decide, and commit later, with the read set of their decision."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "db"
        self.boots = itertools.count()
        self.nodes = {name: self.opened(name) for name in ("1", "2")}
        self.decided = []
        self.model = dict.fromkeys(PARTITIONS, 0)
        self.taken = set()
        self.commits = 0

    def opened(self, name):
        return Node(open_sqlite(self.path, boot=f"{next(self.boots):016x}", node=name))

    def acknowledge(self, outcome, account, after):
        if isinstance(outcome, Directory):
            self.commits += 1
            assert outcome.revision == self.commits
            self.model[account] = after

    @rule(name=NODES, account=ACCOUNTS, looks_at=ACCOUNTS)
    def decide(self, name, account, looks_at):
        """Read two counters and decide to write their sum and one more: skew would show."""
        directory = self.nodes[name].directory
        after = value(directory, account) + value(directory, looks_at) + 1
        changes = Changes([Put(counter(account, after))], read=read(directory, account, looks_at))
        self.decided.append((name, account, looks_at, after, changes))

    @precondition(lambda self: self.decided)
    @rule(data=st.data(), together=st.booleans())
    def commit(self, data, together):
        """Commit something that was decided, alone or with everything else that its node has
        decided.
        """
        chosen = data.draw(st.sampled_from(self.decided))
        batch = [each for each in self.decided if each[0] == chosen[0]] if together else [chosen]
        self.decided = [each for each in self.decided if all(each is not one for one in batch)]
        outcomes = self.nodes[chosen[0]].commit(*(each[4] for each in batch))
        for (_, account, looks_at, after, _), outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Directory):
                assert after == self.model[account] + self.model[looks_at] + 1
            self.acknowledge(outcome, account, after)

    @rule(name=NODES, account=ACCOUNTS)
    def remove(self, name, account):
        """Remove a counter, on the newest that is known."""
        node = self.nodes[name]
        directory = node.catch_up()
        changes = Changes([Remove(counter(account, 0))], read=read(directory, account))
        [outcome] = node.commit(changes)
        assert isinstance(outcome, Directory)
        self.acknowledge(outcome, account, 0)

    @rule(name=NODES, key=st.sampled_from("abc"))
    def take_a_ticket(self, name, key):
        """Take a ticket that is good for ever."""
        [outcome] = self.nodes[name].commit(Changes(tickets=[take(key, expires=None)]))
        assert isinstance(outcome, Directory) is (key not in self.taken)
        if key not in self.taken:
            self.commits += 1
        self.taken.add(key)

    @rule(name=NODES, last=st.integers(1, 200))
    def trim(self, name, last):
        """Forget commits, also more than there are; whoever was behind loads everything."""
        [outcome] = self.nodes[name].commit(Changes(trim_to=last))
        self.commits += 1
        assert outcome.revision == self.commits
        assert self.nodes[name].store.leftovers().log_from < self.commits

    @rule(name=NODES)
    def look(self, name):
        """Look for commits of the other."""
        directory = self.nodes[name].catch_up()
        assert directory.revision == self.commits
        assert {account: value(directory, account) for account in PARTITIONS} == self.model

    @rule(name=NODES)
    def start_again(self, name):
        """Start a node again: what it had decided is lost, what it had committed is there."""
        known = self.nodes[name].catch_up()
        self.nodes[name].store.close()
        self.decided = [each for each in self.decided if each[0] != name]
        self.nodes[name] = self.opened(name)
        assert same(self.nodes[name].directory, known)

    @invariant()
    def nobody_knows_more_than_there_is(self):
        """No snapshot is ahead of what was committed."""
        assert all(node.directory.revision <= self.commits for node in self.nodes.values())

    def teardown(self):
        """Let go of the storage."""
        for node in self.nodes.values():
            node.store.close()
        self.folder.cleanup()


TestTwoNodes = TwoNodes.TestCase
TestTwoNodes.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
