"""The contract of a store, part side tables: leases, guesses, last uses, checkpoints, events."""

import pytest
from tests.state.contract.node import user

from daypass.core import guesses
from daypass.core.faults import Throttled
from daypass.core.guesses import FREE_TRIES, LONGEST_WAIT_SECONDS, RecordedGuess
from daypass.state.changes import Changes, Put
from daypass.state.last_uses import LastUse
from daypass.state.side_tables.nodes import Checkpoint
from daypass.state.side_tables.ring_identity import RingIdentity


class SideTableContract:
    """Side tables: leases, guesses, last uses, checkpoints, events."""

    # Leases.

    def test_one_of_two_nodes_gets_a_lease_and_the_other_after_it_expired(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        asked = [(one, 100), (other, 100), (other, 159), (other, 160), (one, 160)]

        assert [store.take_lease("trimming", now=now, seconds=60) for store, now in asked] == [
            True,
            False,
            False,
            True,
            False,
        ]

    def test_a_holder_renews_its_lease(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        asked = [(one, 100), (one, 150), (other, 160), (other, 209), (other, 210)]

        assert [store.take_lease("trimming", now=now, seconds=60) for store, now in asked] == [
            True,
            True,
            False,
            False,
            True,
        ]

    def test_a_released_lease_is_free_and_another_holders_is_not_released(self, nodes) -> None:
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

    def test_a_lease_taken_by_a_clock_that_was_ahead_is_free(self, nodes) -> None:
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

    def test_a_right_guess_resets_the_count_and_an_unchecked_one_is_uncounted(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        for _ in range(FREE_TRIES * 2):
            other.take_back_guess(one.count_guess("alice", 100))
        for _ in range(FREE_TRIES):
            one.count_guess("alice", 100)
        with pytest.raises(Throttled):
            other.count_guess("alice", 100)
        other.forget_guesses("alice")

        assert one.count_guess("alice", 100) == RecordedGuess("alice", 0, 0)

    def test_of_too_many_subjects_the_one_with_the_least_wait_is_deleted(
        self, nodes, monkeypatch
    ) -> None:
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

    def test_no_wait_exceeds_the_longest_even_if_time_went_back(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        for _ in range(FREE_TRIES):
            one.count_guess("alice", 10**9)
        for store in (one, other):
            with pytest.raises(Throttled):
                store.count_guess("alice", 100)

        assert other.count_guess("alice", 100 + LONGEST_WAIT_SECONDS).wait == 120

    # Last uses.

    def test_an_older_use_replaces_no_newer_one_whichever_node_writes_later(
        self, nodes, restarted
    ) -> None:
        one, other = (node.store for node in nodes)
        one.write_last_uses({"K1": LastUse(10, "sts", "x"), "K2": LastUse(10, "sts", "x")})
        other.write_last_uses({"K1": LastUse(9, "iam", "x"), "K2": LastUse(11, "iam", "x")})

        expected = {"K1": LastUse(10, "sts", "x"), "K2": LastUse(11, "iam", "x")}
        assert one.last_uses() == other.last_uses() == restarted("1").last_uses() == expected

    def test_of_two_uses_within_a_second_the_one_written_later_stays(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        one.write_last_uses({"K": LastUse(10, "sts", "x")})
        other.write_last_uses({"K": LastUse(10, "iam", "x")})

        assert one.last_uses() == other.last_uses() == {"K": LastUse(10, "iam", "x")}

    def test_new_last_uses_are_read_once(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        one.write_last_uses({"K1": LastUse(10, "sts", "x")})
        other.last_uses()
        one.write_last_uses({"K2": LastUse(11, "sts", "x"), "K3": LastUse(12, "sts", "x")})
        other.write_last_uses({"K4": LastUse(13, "sts", "x")})
        one.write_last_uses({})

        expected = {f"K{n}": LastUse(9 + n, "sts", "x") for n in (2, 3, 4)}
        assert other.new_last_uses() == expected
        assert other.new_last_uses() == {}

    def test_a_use_written_late_is_read_however_old_it_is(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        one.write_last_uses({"K1": LastUse(10**9, "sts", "x")})
        other.new_last_uses()
        one.write_last_uses({"K2": LastUse(1, "sts", "x")})

        assert other.new_last_uses() == {"K2": LastUse(1, "sts", "x")}

    def test_a_write_of_older_uses_gives_no_new_ones(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        one.write_last_uses({"K": LastUse(10, "sts", "x")})
        other.new_last_uses()
        one.write_last_uses({"K": LastUse(9, "sts", "x")})

        assert other.new_last_uses() == {}

    def test_any_number_of_uses_is_written_at_once(self, nodes) -> None:
        one, other = (node.store for node in nodes)
        uses = {f"K{number}": LastUse(number, "sts", "x") for number in range(40_000)}
        one.write_last_uses(uses)

        assert other.new_last_uses() == uses

    # Events and audit logs.

    def test_each_node_has_the_events_of_its_own_commits(self, nodes) -> None:
        one, other = nodes
        for node, event in ((one, b"1"), (other, b"2"), (one, b"3")):
            node.commit(Changes([Put(user(f"u{event}"))], read={}, event=event))

        assert [(each.commit, each.body) for each in one.store.events_after(0)] == [
            (1, b"1"),
            (3, b"3"),
        ]
        assert [(each.commit, each.body) for each in other.store.events_after(0)] == [(2, b"2")]
        assert [each.commit for each in one.store.events_after(1)] == [3]

    def test_each_node_has_a_checkpoint_of_its_own_which_is_never_lowered(self, nodes) -> None:
        one, other = nodes
        for node in nodes:
            node.store.record_start(RingIdentity(1, "deployment", "f" * 64), "1.0")
        one.store.write_checkpoint(Checkpoint(2, 9, "a" * 64, 900))
        one.store.write_checkpoint(Checkpoint(1, 5, "b" * 64, 500))

        assert one.store.checkpoint() == Checkpoint(2, 9, "a" * 64, 900)
        assert other.store.checkpoint().seq == 0

    def test_a_node_reads_and_writes_the_checkpoint_of_another(self, nodes) -> None:
        one, other = nodes
        for node in nodes:
            node.store.record_start(RingIdentity(1, "deployment", "f" * 64), "1.0")
        one.commit(Changes([Put(user("alice"))], read={}, event=b"1"))
        other.commit(Changes([Put(user("bob"))], read={}, event=b"2"))
        found = one.store.events_after(0, "2")
        before = one.store.started_nodes()
        one.store.write_checkpoint(Checkpoint(2, 1, "b" * 64, 100), "2")
        one.store.write_checkpoint(Checkpoint(1, 0, "c" * 64, 0), "2")

        # It is late for each node that reads it, because another start made it.
        assert [(each.commit, each.body, each.is_late) for each in found] == [(2, b"2", True)]
        assert (
            other.store.checkpoint() == one.store.checkpoint("2") == Checkpoint(2, 1, "b" * 64, 100)
        )
        assert one.store.checkpoint().seq == 0
        assert one.store.checkpoint("3") is None
        assert (before, other.store.started_nodes()) == (
            {"1": False, "2": False},
            {"1": False, "2": True},
        )
