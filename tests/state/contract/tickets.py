"""The contract of a store, part tickets: taken once, expired, deleted; trimming of commits."""

from tests.state.contract.node import A, names, read, same, take, user

from daypass.core.faults import Conflict
from daypass.state.changes import Changes, Put, Remove
from daypass.state.side_tables.nodes import Checkpoint
from daypass.state.side_tables.ring_identity import RingIdentity
from daypass.state.snapshot.directory import Directory
from daypass.state.store import Stale


class TicketContract:
    """Tickets: taken once, expired, deleted; and the trimming of commits."""

    def test_a_ticket_is_taken_once(self, nodes) -> None:
        one, other = nodes
        [first] = one.commit(Changes(tickets=[take("a")]))
        [second] = other.commit(Changes(tickets=[take("a")]))

        assert isinstance(first, Directory)
        assert isinstance(second, Conflict)

    def test_a_ticket_is_taken_again_only_with_a_higher_state(self, nodes) -> None:
        one, other = nodes
        given = [(one, 5), (other, 5), (other, 4), (other, 6), (one, 5)]
        outcomes = [
            node.commit(Changes(tickets=[take("device", state=state, expires=None)]))[0]
            for node, state in given
        ]

        assert [isinstance(each, Directory) for each in outcomes] == [
            True,
            False,
            False,
            True,
            False,
        ]

    def test_tickets_expire_by_a_time_that_no_clock_lowers(self, nodes) -> None:
        one, other = nodes
        one.commit(Changes(tickets=[take("a", expires=2_000)]), now=1_999)
        [early] = other.commit(Changes(tickets=[take("a")]), now=1_000)
        one.put(user("late"), now=2_500)
        [after] = other.commit(Changes(tickets=[take("a", expires=3_000)]), now=1_000)

        assert isinstance(early, Conflict)
        assert isinstance(after, Directory)

    def test_a_refused_set_of_changes_leaves_no_trace(self, nodes, again) -> None:
        one, other = nodes
        one.commit(Changes(tickets=[take("b")]))
        refused = Changes(
            [Put(user("alice"))], [take("a"), take("b")], read=read(other.directory, A)
        )
        kept = Changes([Put(user("bob"))], read=read(other.directory, A))
        outcomes = other.commit(refused, kept)

        assert [type(each) for each in outcomes] == [Conflict, Directory]
        assert names(again()) == ["bob"]
        assert isinstance(one.commit(Changes(tickets=[take("a")]))[0], Directory)

    def test_an_expired_ticket_can_be_taken_again_and_no_other_is_deleted(self, nodes) -> None:
        one, other = nodes
        one.commit(Changes(tickets=[take("a"), take("b")]), now=1_000)
        [again] = other.commit(Changes(tickets=[take("a", expires=9_000)]), now=2_000)

        assert isinstance(again, Directory)
        assert one.store.leftovers().expired_tickets == 1

    def test_a_sweep_deletes_expired_tickets_only(self, nodes) -> None:
        one, other = nodes
        expires = {"past": 1_999, "now": 2_000, "later": 2_001, "never": None}
        one.commit(Changes(tickets=[take(key, expires=at) for key, at in expires.items()]))
        other.commit(Changes(sweep_tickets=True, event=b"swept"), now=2_000)
        taken = {
            key: one.commit(Changes(tickets=[take(key, expires=9_000)]), now=1_000)[0]
            for key in expires
        }

        assert other.store.leftovers().expired_tickets == 0
        assert [each.body for each in other.store.events_after(0)] == [b"swept"]
        assert {key for key, outcome in taken.items() if isinstance(outcome, Directory)} == {
            "past",
            "now",
        }

    # Trimming.

    def test_a_node_behind_the_trimmed_commits_loads_all_records(self, nodes, again) -> None:
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

    def test_a_node_ahead_of_the_trimmed_commits_catches_up(self, nodes) -> None:
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

    def test_trimming_beyond_the_last_commit_keeps_it(self, nodes, again) -> None:
        one, other = nodes
        one.put(user("alice"))
        [after] = one.commit(Changes(trim_to=99, event=b"trimmed"))
        other.catch_up()
        one.put(user("bob"))

        assert after.revision == 2
        assert one.store.leftovers().log_from == 1
        assert names(other.catch_up()) == ["alice", "bob"]
        assert same(other.directory, again())

    def test_a_later_trimming_never_lowers_log_from(self, nodes) -> None:
        one, other = nodes
        for name in ("alice", "bob", "carol"):
            one.put(user(name))
        one.commit(Changes(trim_to=3))
        other.commit(Changes(trim_to=1))

        assert other.store.leftovers().log_from == 3

    def test_a_commit_is_not_trimmed_before_its_own_nodes_log_has_its_line(self, nodes) -> None:
        one, other = nodes
        for node in nodes:
            node.store.record_start(RingIdentity(1, "deployment", "f" * 64), "1.0")
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
