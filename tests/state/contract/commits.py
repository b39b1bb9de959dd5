"""The contract of a store, part commits: one order, stale changes refused, all or none."""

import itertools

import pytest
from tests.state.contract.node import NOW, A, B, Node, O, names, read, same, user

from daypass.core.domain.iam.user import User
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.state.changes import Changes, Put, Remove
from daypass.state.snapshot.directory import Directory
from daypass.state.store import Stale


class CommitContract:
    """Commits: one order for all nodes, stale changes refused, all or none."""

    def test_a_partition_that_lost_its_last_record_keeps_its_revision(self, nodes, again) -> None:
        one, _ = nodes
        one.put(user("alice"))
        one.commit(Changes([Remove(user("alice"))], read=read(one.directory, A)))

        assert again().account(A).revision == one.directory.account(A).revision == 2
        fresh = Node(one.store)
        assert isinstance(fresh.put(user("bob")), Directory)

    def test_a_commit_of_one_node_reaches_the_other(self, nodes, again) -> None:
        one, other = nodes
        one.put(user("alice"), user("bob"))
        one.put(
            Organization(account=O, root_id="r-abcd", management=A, created=1),
            Member(account=O, id=A, parent="r-abcd", joined=1, serial=1),
        )
        other.catch_up()
        assert names(other.directory) == ["alice", "bob"]
        one.put(user("alice", path="/new/"))
        one.commit(Changes([Remove(user("bob"))], read=read(one.directory, A)))

        assert names(other.directory) == ["alice", "bob"]
        other.catch_up()
        assert [(each.name, each.path) for each in other.directory.account(A).of(User)] == [
            ("alice", "/new/")
        ]
        assert other.directory.organization(O).record.management == A
        assert other.directory.control_policies_of(A) is None
        assert same(other.directory, one.directory)
        assert same(other.directory, again())

    def test_without_other_commits_catching_up_returns_the_same_object(self, nodes) -> None:
        one, other = nodes
        one.put(user("alice"))

        assert other.catch_up() is not one.directory
        assert other.catch_up() is other.catch_up()
        assert one.catch_up() is one.directory

    def test_a_record_put_and_removed_meanwhile_leaves_only_its_revision(self, nodes) -> None:
        one, other = nodes
        one.put(user("alice"))
        one.commit(Changes([Remove(user("alice"))], read=read(one.directory, A)))
        other.catch_up()

        assert names(other.directory) == []
        assert other.directory.account(A).revision == 2
        assert isinstance(other.put(user("bob")), Directory)

    def test_a_snapshot_that_is_read_stays_as_it_was(self, nodes) -> None:
        one, other = nodes
        one.put(user("alice"))
        before = other.catch_up()
        one.commit(Changes([Remove(user("alice"))], read=read(one.directory, A)))
        other.catch_up()

        assert names(before) == ["alice"]
        assert before.account(A).revision == 1

    # One order.

    def test_commits_of_both_nodes_are_in_one_order_without_a_gap(self, nodes, again) -> None:
        one, other = nodes
        revisions = []
        for number, node in zip(range(10), itertools.cycle(nodes), strict=False):
            outcome = node.put(user(f"u{number}", account=(A, B)[number % 2]))
            revisions.append(outcome.revision)

        assert revisions == list(range(1, 11))
        assert same(one.catch_up(), other.catch_up())
        assert same(one.directory, again())

    def test_a_node_that_is_behind_commits_after_all_earlier_commits(self, nodes) -> None:
        one, other = nodes
        for number in range(3):
            one.put(user(f"u{number}"))
        outcome = other.put(user("late", account=B))

        assert outcome.revision == 4
        assert names(outcome) == ["u0", "u1", "u2"]

    def test_an_update_is_not_lost(self, nodes) -> None:
        one, other = nodes
        one.put(user("alice"))
        other.catch_up()
        one.put(user("alice", path="/one/"))
        outcome = other.put(user("alice", path="/other/"))

        assert isinstance(outcome, Stale)
        assert other.directory.account(A).of(User).get("alice").path == "/one/"

    def test_a_refused_change_leaves_the_newest_directory_to_run_again_on(self, nodes) -> None:
        one, other = nodes
        one.put(user("alice"))

        assert isinstance(other.put(user("bob")), Stale)
        assert isinstance(other.put(user("bob")), Directory)
        assert names(other.directory) == ["alice", "bob"]

    @pytest.mark.parametrize("together", [False, True], ids=["two stores", "one batch"])
    def test_of_two_changes_that_read_each_others_partition_one_is_stale(
        self, nodes, together
    ) -> None:
        one, other = nodes
        start = read(one.directory, A, B)
        first = Changes([Put(user("alice", A))], read=start)
        second = Changes([Put(user("bob", B))], read=start)
        outcomes = (
            one.commit(first, second) if together else [*one.commit(first), *other.commit(second)]
        )

        assert [type(each) for each in outcomes] == [Directory, Stale]

    def test_changes_of_a_caller_deleted_on_another_node_are_stale(self, nodes) -> None:
        """The case for one order of commits: the caller's account is not the written one."""
        one, other = nodes
        one.put(user("caller", A))
        other.catch_up()
        decided_on = read(other.directory, A, B)
        one.commit(Changes([Remove(user("caller", A))], read=read(one.directory, A)))
        [outcome] = other.commit(Changes([Put(user("made", B))], read=decided_on))

        assert isinstance(outcome, Stale)
        assert names(other.directory, B) == []

    def test_the_last_changes_of_a_batch_are_made_from_all_commits(self, nodes) -> None:
        one, other = nodes
        one.put(user("by-one"))
        made_from = []

        def then(directory):
            made_from.append(names(directory))
            return Changes([Put(user("last"))], read=read(directory, A))

        batch = [Changes([Put(user("first"))])]
        committed = other.store.commit(other.directory, batch, now=NOW, decide_last=then)

        assert made_from == [["by-one", "first"]]
        assert [outcome.revision for outcome in committed.outcomes] == [2, 3]
        assert names(one.catch_up()) == ["by-one", "first", "last"]

    def test_without_last_changes_the_rest_of_a_batch_is_committed(self, nodes) -> None:
        one, other = nodes
        batch = [Changes([Put(user("first"))])]
        committed = one.store.commit(
            one.directory, batch, now=NOW, decide_last=lambda _directory: None
        )

        assert len(committed.outcomes) == 1
        assert names(other.catch_up()) == ["first"]

    def test_a_failure_in_making_the_last_changes_rolls_back_the_batch(self, nodes) -> None:
        one, other = nodes

        def fail(_directory):
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            one.store.commit(
                one.directory, [Changes([Put(user("first"))])], now=NOW, decide_last=fail
            )
        assert names(other.catch_up()) == names(one.catch_up()) == []
        assert isinstance(one.put(user("next")), Directory)

    def test_a_store_resumed_from_another_stores_directory_has_all_records(
        self, nodes, restarted
    ) -> None:
        one, _ = nodes
        one.put(user("before"))
        known = one.directory
        one.put(user("since"))
        store = restarted("2")

        assert same(store.resume((), known), one.directory)
        assert same(store.resume((), Directory()), one.directory)

    def test_commits_to_partitions_that_were_not_read_make_no_change_stale(self, nodes) -> None:
        one, other = nodes
        start = read(other.directory, B)
        one.put(user("alice", A))
        [outcome] = other.commit(Changes([Put(user("bob", B))], read=start))

        assert isinstance(outcome, Directory)
