"""Last uses in memory: the newest of each thing, what is still to be written, and what others have written."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from daypass.state.usage import LastUse, Usage

FIVE, SIX = LastUse(5, "sts", "x"), LastUse(6, "iam", "x")
uses = st.builds(LastUse, st.integers(0, 3), st.sampled_from(["iam", "sts"]), st.just("x"))


def test_an_older_use_changes_nothing_and_is_not_written() -> None:
    usage = Usage({"KEY": SIX})
    usage.note("KEY", FIVE)

    assert usage.last("KEY") == SIX
    assert usage.drain() == {}


def test_a_later_use_within_the_same_second_is_the_last_one() -> None:
    usage = Usage()
    usage.note("KEY", FIVE)
    usage.note("KEY", LastUse(5, "iam", "x"))

    assert usage.last("KEY") == LastUse(5, "iam", "x")
    assert usage.drain() == {"KEY": LastUse(5, "iam", "x")}


def test_what_others_have_written_is_known_and_not_written_again() -> None:
    usage = Usage({"OLD": FIVE, "NEW": SIX})
    usage.learn({"OLD": SIX, "NEW": FIVE, "OTHER": FIVE})

    assert [usage.last(each) for each in ("OLD", "NEW", "OTHER")] == [SIX, SIX, FIVE]
    assert usage.drain() == {}


def test_of_the_same_second_what_is_written_counts_unless_ours_is_still_to_be_written() -> None:
    usage = Usage({"WRITTEN": FIVE})
    usage.note("UNWRITTEN", FIVE)
    theirs = LastUse(5, "iam", "x")
    usage.learn({"WRITTEN": theirs, "UNWRITTEN": theirs})

    assert usage.last("WRITTEN") == theirs
    assert usage.last("UNWRITTEN") == FIVE


def test_an_older_use_that_is_still_to_be_written_keeps_nothing_newer_from_being_known() -> None:
    usage = Usage()
    usage.note("KEY", FIVE)
    usage.learn({"KEY": SIX})
    usage.learn({"KEY": LastUse(6, "sts", "x")})

    assert usage.last("KEY") == LastUse(6, "sts", "x")


def test_what_was_drained_and_put_back_is_drained_again_unless_a_newer_use_is() -> None:
    usage = Usage()
    usage.note("A", FIVE)
    usage.note("B", FIVE)
    drained = usage.drain()
    usage.note("B", SIX)
    usage.put_back(drained)

    assert usage.drain() == {"A": FIVE, "B": SIX}
    assert usage.drain() == {}


@given(st.lists(st.tuples(st.sampled_from(["note", "learn", "drain"]), uses)))
def test_the_last_use_is_never_older_than_one_that_was_told(steps) -> None:
    usage, told = Usage(), []
    for step, use in steps:
        if step == "drain":
            usage.drain()
            continue
        told.append(use.when)
        usage.note("KEY", use) if step == "note" else usage.learn({"KEY": use})

        assert usage.last("KEY").when == max(told)


def test_a_thread_that_drains_and_learns_takes_no_use_from_one_that_notes() -> None:
    usage, written, done = Usage(), {}, threading.Event()

    def write():
        while not done.is_set():
            written.update(usage.drain())
            usage.learn(dict(written))

    thread = threading.Thread(target=write)
    thread.start()
    noted = {f"K{number % 500}": LastUse(number, "sts", "x") for number in range(20_000)}
    for number in range(20_000):
        usage.note(f"K{number % 500}", LastUse(number, "sts", "x"))
    done.set()
    thread.join()
    written.update(usage.drain())

    assert written == noted
    assert {thing: usage.last(thing) for thing in noted} == noted
