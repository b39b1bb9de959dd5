"""What every kind of store keeps, shown on two stores over one storage: a kind of store is a subclass that opens one.

A store is alone in none of these cases: what one commits the other finds, in one order, however late it looks.
"""

import itertools

import pytest

from daypass.core import guesses
from daypass.core.domain.iam.user import User
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.faults import Conflict, Throttled
from daypass.core.guesses import FREE_TRIES, LONGEST_WAIT_SECONDS, RecordedGuess
from daypass.state.changes import Changes, Put, Remove, TakeTicket, Ticket
from daypass.state.last_uses import LastUse
from daypass.state.side_tables.nodes import Checkpoint
from daypass.state.side_tables.ring_identity import RingIdentity
from daypass.state.snapshot.directory import Directory
from daypass.state.store import Stale

A, B = "111122223333", "444455556666"
O = "o-contract01"  # noqa: E741 - an organization beside two accounts
NOW = 1_000


def user(name, account=A, **more):
    return User(account=account, name=name, unique_id=f"AIDA{account}{name}", created=1, **more)


def names(directory, account=A):
    return [each.name for each in directory.account(account).of(User)]


def read(directory, *partitions):
    """Return the revisions of partitions, as a run has read them."""
    return {name: directory.partition(name).revision for name in partitions}


def take(key, *, state=0, expires=2_000):
    return TakeTicket(Ticket("totp", key, expires, state), refused=Conflict("taken"))


def same(one, other):
    """Say whether two directories know the same at the same revisions."""
    return seen(one) == seen(other)


def seen(directory):
    return directory.position, {
        name: (view.revision, [list(table) for table in view.tables()])
        for views in directory._views.values()
        for name, view in views.items()
        if view.revision
    }


class Node:
    """A store with the directory that it knows, as a committer has them."""

    def __init__(self, store):
        self.store = store
        self.directory = store.load(())

    def commit(self, *batch, now=NOW):
        """Commit sets of changes and return what became of each."""
        committed = self.store.commit(self.directory, batch, now=now)
        self.directory = committed.directory
        return committed.outcomes

    def put(self, *records, now=NOW):
        """Commit records, as somebody who has read the newest of their partitions."""
        partitions = {each.account for each in records}
        changes = Changes([Put(each) for each in records], read=read(self.directory, *partitions))
        [outcome] = self.commit(changes, now=now)
        return outcome

    def catch_up(self):
        self.directory = self.store.catch_up(self.directory)
        return self.directory


class StoreContract:
    """The suite; a subclass says in `open` how a store of a node is opened over one storage."""

    def open(self, storage, node, start="0"):
        """Return the store of a node over the storage that stands in a folder; each start of it has another name."""
        raise AssertionError(f"{type(self).__name__} opens no store")

    @pytest.fixture
    def nodes(self, tmp_path):
        stores = [self.open(tmp_path, name) for name in ("1", "2")]
        yield [Node(store) for store in stores]
        for store in stores:
            store.close()

    @pytest.fixture
    def again(self, tmp_path):
        """Give a function that opens the storage once more and returns what it holds."""

        def reopened():
            store = self.open(tmp_path, "3")
            try:
                return store.load(())
            finally:
                store.close()

        return reopened

    @pytest.fixture
    def restarted(self, tmp_path):
        """Give a function that returns the store of a node which was started again."""
        stores = []

        def again(node):
            stores.append(self.open(tmp_path, node, start="1"))
            return stores[-1]

        yield again
        for store in stores:
            store.close()

    # What is there.

    def test_a_partition_that_lost_its_last_record_keeps_its_revision(self, nodes, again) -> None:
        one, _ = nodes
        one.put(user("alice"))
        one.commit(Changes([Remove(user("alice"))], read=read(one.directory, A)))

        assert again().account(A).revision == one.directory.account(A).revision == 2
        fresh = Node(one.store)
        assert isinstance(fresh.put(user("bob")), Directory)

    def test_what_one_commits_the_other_finds(self, nodes, again) -> None:
        one, other = nodes
        one.put(user("alice"), user("bob"))
        one.put(Organization(account=O, root_id="r-abcd", management=A, created=1), Member(account=O, id=A, parent="r-abcd", joined=1, serial=1))  # fmt: skip
        other.catch_up()
        assert names(other.directory) == ["alice", "bob"]
        one.put(user("alice", path="/new/"))
        one.commit(Changes([Remove(user("bob"))], read=read(one.directory, A)))

        assert names(other.directory) == ["alice", "bob"]
        other.catch_up()
        assert [(each.name, each.path) for each in other.directory.account(A).of(User)] == [("alice", "/new/")]  # fmt: skip
        assert other.directory.organization(O).record.management == A
        assert other.directory.control_policies_of(A) is None
        assert same(other.directory, one.directory)
        assert same(other.directory, again())

    def test_nobody_else_having_committed_the_directory_is_the_very_same(self, nodes) -> None:
        one, other = nodes
        one.put(user("alice"))

        assert other.catch_up() is not one.directory
        assert other.catch_up() is other.catch_up()
        assert one.catch_up() is one.directory

    def test_what_was_put_and_removed_meanwhile_leaves_its_revision_alone(self, nodes) -> None:
        one, other = nodes
        one.put(user("alice"))
        one.commit(Changes([Remove(user("alice"))], read=read(one.directory, A)))
        other.catch_up()

        assert names(other.directory) == []
        assert other.directory.account(A).revision == 2
        assert isinstance(other.put(user("bob")), Directory)

    def test_a_snapshot_that_somebody_reads_stays_as_it_was(self, nodes) -> None:
        one, other = nodes
        one.put(user("alice"))
        before = other.catch_up()
        one.commit(Changes([Remove(user("alice"))], read=read(one.directory, A)))
        other.catch_up()

        assert names(before) == ["alice"]
        assert before.account(A).revision == 1

    # One order.

    def test_commits_of_both_are_in_one_order_without_a_gap(self, nodes, again) -> None:
        one, other = nodes
        revisions = []
        for number, node in zip(range(10), itertools.cycle(nodes), strict=False):
            outcome = node.put(user(f"u{number}", account=(A, B)[number % 2]))
            revisions.append(outcome.revision)

        assert revisions == list(range(1, 11))
        assert same(one.catch_up(), other.catch_up())
        assert same(one.directory, again())

    def test_who_is_behind_commits_after_everybody_before(self, nodes) -> None:
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
    def test_of_two_that_read_what_the_other_writes_one_runs_again(self, nodes, together) -> None:
        one, other = nodes
        start = read(one.directory, A, B)
        first = Changes([Put(user("alice", A))], read=start)
        second = Changes([Put(user("bob", B))], read=start)
        outcomes = one.commit(first, second) if together else [*one.commit(first), *other.commit(second)]  # fmt: skip

        assert [type(each) for each in outcomes] == [Directory, Stale]

    def test_who_was_deleted_elsewhere_changes_nothing_any_more(self, nodes) -> None:
        """The case for one order: the caller's account and the account that is written are two."""
        one, other = nodes
        one.put(user("caller", A))
        other.catch_up()
        decided_on = read(other.directory, A, B)
        one.commit(Changes([Remove(user("caller", A))], read=read(one.directory, A)))
        [outcome] = other.commit(Changes([Put(user("made", B))], read=decided_on))

        assert isinstance(outcome, Stale)
        assert names(other.directory, B) == []

    def test_the_last_of_a_batch_is_made_from_what_everybody_has_committed(self, nodes) -> None:
        one, other = nodes
        one.put(user("by-one"))
        made_from = []

        def then(directory):
            made_from.append(names(directory))
            return Changes([Put(user("last"))], read=read(directory, A))

        batch = [Changes([Put(user("first"))])]
        committed = other.store.commit(other.directory, batch, now=NOW, then=then)

        assert made_from == [["by-one", "first"]]
        assert [outcome.revision for outcome in committed.outcomes] == [2, 3]
        assert names(one.catch_up()) == ["by-one", "first", "last"]

    def test_without_a_last_one_the_rest_of_a_batch_is_committed(self, nodes) -> None:
        one, other = nodes
        batch = [Changes([Put(user("first"))])]
        committed = one.store.commit(one.directory, batch, now=NOW, then=lambda _directory: None)

        assert len(committed.outcomes) == 1
        assert names(other.catch_up()) == ["first"]

    def test_a_failure_in_making_the_last_leaves_nothing_of_the_batch(self, nodes) -> None:
        one, other = nodes

        def fail(_directory):
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            one.store.commit(one.directory, [Changes([Put(user("first"))])], now=NOW, then=fail)
        assert names(other.catch_up()) == names(one.catch_up()) == []
        assert isinstance(one.put(user("next")), Directory)

    def test_who_goes_on_from_what_another_has_loaded_knows_all_that_is_there(self, nodes, restarted) -> None:  # fmt: skip
        one, _ = nodes
        one.put(user("before"))
        known = one.directory
        one.put(user("since"))
        store = restarted("2")

        assert same(store.resume((), known), one.directory)
        assert same(store.resume((), Directory()), one.directory)

    def test_what_others_do_elsewhere_makes_nobody_run_again(self, nodes) -> None:
        one, other = nodes
        start = read(other.directory, B)
        one.put(user("alice", A))
        [outcome] = other.commit(Changes([Put(user("bob", B))], read=start))

        assert isinstance(outcome, Directory)

    # Tickets.

    def test_a_ticket_is_taken_once(self, nodes) -> None:
        one, other = nodes
        [first] = one.commit(Changes(tickets=[take("a")]))
        [second] = other.commit(Changes(tickets=[take("a")]))

        assert isinstance(first, Directory)
        assert isinstance(second, Conflict)

    def test_a_ticket_with_a_state_is_taken_again_with_a_higher_one_alone(self, nodes) -> None:
        one, other = nodes
        given = [(one, 5), (other, 5), (other, 4), (other, 6), (one, 5)]
        outcomes = [node.commit(Changes(tickets=[take("device", state=state, expires=None)]))[0] for node, state in given]  # fmt: skip

        assert [isinstance(each, Directory) for each in outcomes] == [True, False, False, True, False]  # fmt: skip

    def test_tickets_expire_by_a_time_that_no_clock_lowers(self, nodes) -> None:
        one, other = nodes
        one.commit(Changes(tickets=[take("a", expires=2_000)]), now=1_999)
        [early] = other.commit(Changes(tickets=[take("a")]), now=1_000)
        one.put(user("late"), now=2_500)
        [after] = other.commit(Changes(tickets=[take("a", expires=3_000)]), now=1_000)

        assert isinstance(early, Conflict)
        assert isinstance(after, Directory)

    def test_nothing_of_a_refused_set_stays(self, nodes, again) -> None:
        one, other = nodes
        one.commit(Changes(tickets=[take("b")]))
        refused = Changes([Put(user("alice"))], [take("a"), take("b")], read=read(other.directory, A))  # fmt: skip
        kept = Changes([Put(user("bob"))], read=read(other.directory, A))
        outcomes = other.commit(refused, kept)

        assert [type(each) for each in outcomes] == [Conflict, Directory]
        assert names(again()) == ["bob"]
        assert isinstance(one.commit(Changes(tickets=[take("a")]))[0], Directory)

    def test_a_ticket_that_expired_may_be_taken_again_and_no_other_is_swept_by_that(self, nodes) -> None:  # fmt: skip
        one, other = nodes
        one.commit(Changes(tickets=[take("a"), take("b")]), now=1_000)
        [again] = other.commit(Changes(tickets=[take("a", expires=9_000)]), now=2_000)

        assert isinstance(again, Directory)
        assert one.store.leftovers().expired_tickets == 1

    def test_a_sweep_takes_what_has_expired_and_nothing_else(self, nodes) -> None:
        one, other = nodes
        expires = {"past": 1_999, "now": 2_000, "later": 2_001, "never": None}
        one.commit(Changes(tickets=[take(key, expires=at) for key, at in expires.items()]))
        other.commit(Changes(sweep_tickets=True, event=b"swept"), now=2_000)
        taken = {key: one.commit(Changes(tickets=[take(key, expires=9_000)]), now=1_000)[0] for key in expires}  # fmt: skip

        assert other.store.leftovers().expired_tickets == 0
        assert [each.body for each in other.store.events_after(0)] == [b"swept"]
        assert {key for key, outcome in taken.items() if isinstance(outcome, Directory)} == {"past", "now"}  # fmt: skip

    # Trimming.

    def test_who_is_behind_what_was_trimmed_loads_everything_and_is_right(self, nodes, again) -> None:  # fmt: skip
        one, other = nodes
        one.put(user("alice"), user("bob"))
        behind = other.catch_up()
        one.put(user("carol"))
        one.commit(Changes([Remove(user("bob"))], read=read(one.directory, A)))
        one.commit(Changes(trim_to=3))

        assert names(behind) == ["alice", "bob"]
        assert names(other.catch_up()) == ["alice", "carol"]
        assert same(other.directory, one.directory)
        assert same(other.directory, again())
        assert isinstance(other.put(user("dave")), Directory)

    def test_who_is_not_behind_what_was_trimmed_goes_on(self, nodes) -> None:
        one, other = nodes
        for name in ("alice", "bob", "carol"):
            one.put(user(name))
        other.catch_up()
        one.commit(Changes(trim_to=2))
        one.put(user("dave"))
        [late] = other.commit(Changes([Put(user("erin"))], read=read(other.directory, A)))

        assert isinstance(late, Stale)
        assert names(other.directory) == ["alice", "bob", "carol", "dave"]
        assert same(other.directory, one.directory)

    def test_a_trimming_that_was_asked_for_more_keeps_the_last_commit(self, nodes, again) -> None:
        one, other = nodes
        one.put(user("alice"))
        [after] = one.commit(Changes(trim_to=99, event=b"trimmed"))
        other.catch_up()
        one.put(user("bob"))

        assert after.revision == 2
        assert one.store.leftovers().log_from == 1
        assert names(other.catch_up()) == ["alice", "bob"]
        assert same(other.directory, again())

    def test_what_was_trimmed_stays_so_whatever_is_asked_later(self, nodes) -> None:
        one, other = nodes
        for name in ("alice", "bob", "carol"):
            one.put(user(name))
        one.commit(Changes(trim_to=3))
        other.commit(Changes(trim_to=1))

        assert other.store.leftovers().log_from == 3

    def test_a_commit_is_not_trimmed_before_its_own_nodes_log_has_its_line(self, nodes) -> None:
        one, other = nodes
        for node in nodes:
            node.store.start(RingIdentity(1, "deployment", "f" * 64), "1.0")
        one.commit(Changes([Put(user("alice"))], read={}, event=b"1"))
        other.commit(Changes([Put(user("bob"))], read={}, event=b"2"))
        one.commit(Changes([Put(user("carol"))], read={}, event=b"3"))
        one.store.write_checkpoint(Checkpoint(3, 2, "a" * 64, 200))
        one.commit(Changes(trim_to=3))
        waiting = (
            one.store.leftovers().log_from,
            [each.commit for each in other.store.events_after(0)],
        )
        other.store.write_checkpoint(Checkpoint(2, 1, "b" * 64, 100))
        one.commit(Changes(trim_to=3))

        assert waiting == (1, [2])
        assert one.store.leftovers().log_from == 3

    # Leases.

    def test_one_of_two_gets_a_lease_and_the_other_after_it_ran_out(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        asked = [(one, 100), (other, 100), (other, 159), (other, 160), (one, 160)]

        assert [store.take_lease("trimming", now=now, seconds=60) for store, now in asked] == [
            True, False, False, True, False,
        ]  # fmt: skip

    def test_a_holder_renews_its_lease(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        asked = [(one, 100), (one, 150), (other, 160), (other, 209), (other, 210)]

        assert [store.take_lease("trimming", now=now, seconds=60) for store, now in asked] == [
            True, True, False, False, True,
        ]  # fmt: skip

    def test_a_lease_that_was_given_back_is_free_and_one_of_another_stays_theirs(self, nodes) -> None:  # fmt: skip
        one, other = (node.store for node in nodes)
        one.take_lease("trimming", now=100, seconds=60)
        one.release_lease("trimming")
        taken = other.take_lease("trimming", now=101, seconds=60)
        one.release_lease("trimming")

        assert taken
        assert not one.take_lease("trimming", now=102, seconds=60)

    def test_a_lease_is_of_one_job_and_of_one_start_of_a_node(self, nodes, restarted) -> None:
        one, other = (node.store for node in nodes)
        one.take_lease("trimming", now=100, seconds=60)

        assert other.take_lease("expiry", now=100, seconds=60)
        assert not restarted("1").take_lease("trimming", now=101, seconds=60)

    def test_a_lease_of_a_clock_that_was_ahead_is_waited_for_by_nobody(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        one.take_lease("trimming", now=10_000_000, seconds=60)

        assert other.take_lease("trimming", now=100, seconds=60)

    # Guesses.

    def test_guesses_are_counted_for_all_nodes_together(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        for number in range(FREE_TRIES):
            (one, other)[number % 2].count_guess("alice", 100)

        for store in (one, other):
            with pytest.raises(Throttled):
                store.count_guess("alice", 159)
        assert one.count_guess("bob", 100) == RecordedGuess("bob", 0, 0)
        assert other.count_guess("alice", 160) == RecordedGuess("alice", 160, 120)

    def test_a_right_guess_forgives_and_one_that_nobody_looked_at_is_taken_back(self, nodes) -> None:  # fmt: skip
        one, other = (node.store for node in nodes)
        for _ in range(FREE_TRIES * 2):
            other.take_back_guess(one.count_guess("alice", 100))
        for _ in range(FREE_TRIES):
            one.count_guess("alice", 100)
        with pytest.raises(Throttled):
            other.count_guess("alice", 100)
        other.forget_guesses("alice")

        assert one.count_guess("alice", 100) == RecordedGuess("alice", 0, 0)

    def test_of_too_many_subjects_who_has_the_least_to_wait_is_forgotten(self, nodes, monkeypatch) -> None:  # fmt: skip
        monkeypatch.setattr(guesses, "SUBJECTS_MAX", 3)
        one, other = (node.store for node in nodes)
        for _ in range(FREE_TRIES):
            one.count_guess("alice", 100)
        for _ in range(FREE_TRIES - 1):
            one.count_guess("bob", 100)
        one.count_guess("carol", 100)
        other.count_guess("dave", 100)

        with pytest.raises(Throttled):
            other.count_guess("alice", 100)
        assert other.count_guess("bob", 100).wait == 0, "bob begins anew, and carol makes room"
        assert one.count_guess("dave", 100).wait == 0

    def test_nobody_waits_longer_than_the_longest_wait_though_time_went_back(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        for _ in range(FREE_TRIES):
            one.count_guess("alice", 10**9)
        for store in (one, other):
            with pytest.raises(Throttled):
                store.count_guess("alice", 100)

        assert other.count_guess("alice", 100 + LONGEST_WAIT_SECONDS).wait == 120

    # Last uses.

    def test_an_older_use_replaces_no_newer_one_whoever_writes_later(self, nodes, restarted) -> None:  # fmt: skip
        one, other = (node.store for node in nodes)
        one.write_last_uses({"K1": LastUse(10, "sts", "x"), "K2": LastUse(10, "sts", "x")})
        other.write_last_uses({"K1": LastUse(9, "iam", "x"), "K2": LastUse(11, "iam", "x")})

        expected = {"K1": LastUse(10, "sts", "x"), "K2": LastUse(11, "iam", "x")}
        assert one.last_uses() == other.last_uses() == restarted("1").last_uses() == expected

    def test_of_two_uses_within_a_second_the_one_that_was_written_later_stays(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        one.write_last_uses({"K": LastUse(10, "sts", "x")})
        other.write_last_uses({"K": LastUse(10, "iam", "x")})

        assert one.last_uses() == other.last_uses() == {"K": LastUse(10, "iam", "x")}

    def test_a_node_is_told_what_was_written_since_it_asked_and_nothing_twice(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        one.write_last_uses({"K1": LastUse(10, "sts", "x")})
        other.last_uses()
        one.write_last_uses({"K2": LastUse(11, "sts", "x"), "K3": LastUse(12, "sts", "x")})
        other.write_last_uses({"K4": LastUse(13, "sts", "x")})
        one.write_last_uses({})

        expected = {f"K{n}": LastUse(9 + n, "sts", "x") for n in (2, 3, 4)}
        assert other.new_last_uses() == expected
        assert other.new_last_uses() == {}

    def test_a_node_is_told_of_a_use_that_was_written_late_however_old_it_is(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        one.write_last_uses({"K1": LastUse(10**9, "sts", "x")})
        other.new_last_uses()
        one.write_last_uses({"K2": LastUse(1, "sts", "x")})

        assert other.new_last_uses() == {"K2": LastUse(1, "sts", "x")}

    def test_a_write_that_changed_nothing_tells_nobody_anything(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        one.write_last_uses({"K": LastUse(10, "sts", "x")})
        other.new_last_uses()
        one.write_last_uses({"K": LastUse(9, "sts", "x")})

        assert other.new_last_uses() == {}

    def test_as_many_uses_are_written_at_once_as_there_are(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        uses = {f"K{number}": LastUse(number, "sts", "x") for number in range(40_000)}
        one.write_last_uses(uses)

        assert other.new_last_uses() == uses

    # Events and audit logs.

    def test_each_node_has_the_events_of_its_own_commits(self, nodes) -> None:
        one, other = nodes
        for node, event in ((one, b"1"), (other, b"2"), (one, b"3")):
            node.commit(Changes([Put(user(f"u{event}"))], read={}, event=event))

        assert [(each.commit, each.body) for each in one.store.events_after(0)] == [(1, b"1"), (3, b"3")]  # fmt: skip
        assert [(each.commit, each.body) for each in other.store.events_after(0)] == [(2, b"2")]
        assert [each.commit for each in one.store.events_after(1)] == [3]

    def test_each_node_has_a_checkpoint_of_its_own_which_is_never_lowered(self, nodes) -> None:
        one, other = nodes
        for node in nodes:
            node.store.start(RingIdentity(1, "deployment", "f" * 64), "1.0")
        one.store.write_checkpoint(Checkpoint(2, 9, "a" * 64, 900))
        one.store.write_checkpoint(Checkpoint(1, 5, "b" * 64, 500))

        assert one.store.checkpoint() == Checkpoint(2, 9, "a" * 64, 900)
        assert other.store.checkpoint().seq == 0

    def test_a_node_reads_and_writes_how_far_the_log_of_another_is(self, nodes) -> None:
        one, other = nodes
        for node in nodes:
            node.store.start(RingIdentity(1, "deployment", "f" * 64), "1.0")
        one.commit(Changes([Put(user("alice"))], read={}, event=b"1"))
        other.commit(Changes([Put(user("bob"))], read={}, event=b"2"))
        found = one.store.events_after(0, "2")
        before = one.store.started_nodes()
        one.store.write_checkpoint(Checkpoint(2, 1, "b" * 64, 100), "2")
        one.store.write_checkpoint(Checkpoint(1, 0, "c" * 64, 0), "2")

        # Of whoever asks it is late: it was made by another start than this one.
        assert [(each.commit, each.body, each.is_late) for each in found] == [(2, b"2", True)]
        assert other.store.checkpoint() == one.store.checkpoint("2") == Checkpoint(2, 1, "b" * 64, 100)  # fmt: skip
        assert one.store.checkpoint().seq == 0
        assert one.store.checkpoint("3") is None
        assert (before, other.store.started_nodes()) == ({"1": False, "2": False}, {"1": False, "2": True})  # fmt: skip
