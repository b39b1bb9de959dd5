"""Last uses in memory: the newest of each, those to be written, and those that others wrote."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from daypass.state.last_uses import LastUse, LastUses

FIVE, SIX = LastUse(5, "sts", "x"), LastUse(6, "iam", "x")
uses = st.builds(LastUse, st.integers(0, 3), st.sampled_from(["iam", "sts"]), st.just("x"))


def test_an_older_use_changes_nothing_and_is_not_written() -> None:
    usage = LastUses({"KEY": SIX})
    usage.record("KEY", FIVE)

    assert usage.last_use("KEY") == SIX
    assert usage.take_unwritten() == {}


def test_a_later_use_within_the_same_second_is_the_last_one() -> None:
    usage = LastUses()
    usage.record("KEY", FIVE)
    usage.record("KEY", LastUse(5, "iam", "x"))

    assert usage.last_use("KEY") == LastUse(5, "iam", "x")
    assert usage.take_unwritten() == {"KEY": LastUse(5, "iam", "x")}


def test_uses_that_others_wrote_are_merged_and_not_written_again() -> None:
    usage = LastUses({"OLD": FIVE, "NEW": SIX})
    usage.merge({"OLD": SIX, "NEW": FIVE, "OTHER": FIVE})

    assert [usage.last_use(each) for each in ("OLD", "NEW", "OTHER")] == [SIX, SIX, FIVE]
    assert usage.take_unwritten() == {}


def test_within_a_second_the_stored_use_counts_unless_ours_is_unwritten() -> None:
    usage = LastUses({"WRITTEN": FIVE})
    usage.record("UNWRITTEN", FIVE)
    theirs = LastUse(5, "iam", "x")
    usage.merge({"WRITTEN": theirs, "UNWRITTEN": theirs})

    assert usage.last_use("WRITTEN") == theirs
    assert usage.last_use("UNWRITTEN") == FIVE


def test_an_older_unwritten_use_does_not_hide_a_newer_stored_one() -> None:
    usage = LastUses()
    usage.record("KEY", FIVE)
    usage.merge({"KEY": SIX})
    usage.merge({"KEY": LastUse(6, "sts", "x")})

    assert usage.last_use("KEY") == LastUse(6, "sts", "x")


def test_restored_uses_are_taken_again_unless_a_newer_one_was_recorded() -> None:
    usage = LastUses()
    usage.record("A", FIVE)
    usage.record("B", FIVE)
    drained = usage.take_unwritten()
    usage.record("B", SIX)
    usage.restore_unwritten(drained)

    assert usage.take_unwritten() == {"A": FIVE, "B": SIX}
    assert usage.take_unwritten() == {}


@given(st.lists(st.tuples(st.sampled_from(["record", "merge", "drain"]), uses)))
def test_the_last_use_is_never_older_than_a_recorded_or_merged_one(steps) -> None:
    usage, told = LastUses(), []
    for step, use in steps:
        if step == "drain":
            usage.take_unwritten()
            continue
        told.append(use.when)
        usage.record("KEY", use) if step == "record" else usage.merge({"KEY": use})

        assert usage.last_use("KEY").when == max(told)


def test_a_thread_that_takes_and_merges_loses_no_use_of_a_recording_thread() -> None:
    usage, written, done = LastUses(), {}, threading.Event()

    def write():
        while not done.is_set():
            written.update(usage.take_unwritten())
            usage.merge(dict(written))

    thread = threading.Thread(target=write)
    thread.start()
    noted = {f"K{number % 500}": LastUse(number, "sts", "x") for number in range(20_000)}
    for number in range(20_000):
        usage.record(f"K{number % 500}", LastUse(number, "sts", "x"))
    done.set()
    thread.join()
    written.update(usage.take_unwritten())

    assert written == noted
    assert {thing: usage.last_use(thing) for thing in noted} == noted
