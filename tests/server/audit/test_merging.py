"""The logs of several nodes merged into one: by commit, then by time; each log keeps its order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daypass.server.audit.event import Event
from daypass.server.audit.log_lines import LogLine
from daypass.server.audit.merging import merge_logs


def line(name, *, commit=0, revision=0, time=0.0):
    event = Event(time=time, request=name, service="iam", operation="O", revision=revision)
    return LogLine(seq=1, commit=commit, event=event, prev="0" * 64)


def order(**logs):
    names = {"one": "1", "two": "2", "three": "3"}
    found = merge_logs({names[name]: lines for name, lines in logs.items()})
    return " ".join(each.line.event.request for each in found)


CASES = {
    "one log stays as it is": (
        {"one": [line("a", commit=2), line("b", time=5.0), line("c", time=4.0)]},
        "a b c",
    ),
    "an empty log adds no line": ({"one": [], "two": [line("a", commit=1)]}, "a"),
    "commits come in their order, whatever the clocks say": (
        {
            "one": [line("c1", commit=1, time=9.0), line("c3", commit=3, time=10.0)],
            "two": [line("c2", commit=2, time=1.0)],
        },
        "c1 c2 c3",
    ),
    "a decision comes behind the commit that it was made on, though its call arrived before": (
        {"one": [line("read", revision=5, time=1.0)], "two": [line("c5", commit=5, time=2.0)]},
        "c5 read",
    ),
    "decisions on one commit come in the order of their times": (
        {
            "one": [line("r1", revision=5, time=1.0), line("r3", revision=5, time=3.0)],
            "two": [line("r2", revision=5, time=2.0)],
        },
        "r1 r2 r3",
    ),
    "a line without a number stays behind the line before it, at its own time": (
        {
            "one": [line("c5", commit=5, time=1.0), line("root", time=3.0)],
            "two": [line("r2", revision=5, time=2.0), line("r4", revision=5, time=4.0)],
        },
        "c5 r2 root r4",
    ),
    "a time that was set back moves no line before the one before it": (
        {
            "one": [line("r9", revision=5, time=9.0), line("back", revision=5, time=1.0)],
            "two": [line("r8", revision=5, time=8.0)],
        },
        "r8 r9 back",
    ),
    "a decision on an older commit than the line before it stays behind that": (
        {"one": [line("c5", commit=5), line("old", revision=2)], "two": [line("c4", commit=4)]},
        "c4 c5 old",
    ),
    "lines with the same place come in the order of the logs": (
        {
            "one": [line("a", revision=1)],
            "two": [line("b", revision=1)],
            "three": [line("c", revision=1)],
        },
        "a b c",
    ),
    "lines of the format before have no commit and are placed by what they were decided on": (
        {"one": [line("old", commit=None, revision=1)], "two": [line("c2", commit=2)]},
        "old c2",
    ),
}


@pytest.mark.parametrize(("logs", "expected"), CASES.values(), ids=CASES)
def test_lines_of_several_logs_come_in_one_order(logs, expected) -> None:
    assert order(**logs) == expected


def test_a_line_says_in_which_log_it_stands() -> None:
    found = list(merge_logs({"1": [line("a", commit=1)], "7": [line("b", commit=2)]}))

    assert [(each.node, each.line.event.request) for each in found] == [("1", "a"), ("7", "b")]


def test_no_more_than_one_line_of_each_log_is_read_ahead() -> None:
    read = []

    def reading(name, commits):
        for each in commits:
            read.append((name, each))
            yield line(name, commit=each)

    found = merge_logs({"1": reading("one", [1, 3, 5]), "2": reading("two", [2, 4, 6])})
    next(found)

    assert read == [("one", 1), ("two", 2)]


def test_what_reading_a_log_raises_is_raised_when_its_next_line_is_wanted() -> None:
    def broken():
        yield line("a", commit=1)
        raise OSError

    found = merge_logs({"1": broken(), "2": [line("b", commit=2)]})

    assert next(found).line.event.request == "a"
    with pytest.raises(OSError):
        next(found)


@st.composite
def histories(draw):
    """Return logs as nodes write them.

    Commits come in one order, and between two of its own commits a node decides on any that it
    knows.
    """
    nodes = draw(st.integers(1, 4))
    owners = draw(st.lists(st.integers(0, nodes - 1), max_size=20))
    times = st.floats(0, 10, allow_nan=False)
    logs = {str(each + 1): [] for each in range(nodes)}

    def decide(node, newest):
        for _ in range(draw(st.integers(0, 2))):
            logs[node].append(line("read", revision=draw(st.integers(0, newest)), time=draw(times)))

    for number, owner in enumerate(owners, 1):
        node = str(owner + 1)
        decide(node, number - 1)
        logs[node].append(line("commit", commit=number, time=draw(times)))
    for node in logs:
        decide(node, len(owners))
    return logs, len(owners)


@given(histories())
def test_commits_come_in_their_one_order_and_each_log_in_its_own(history) -> None:
    logs, commits = history
    found = list(merge_logs(logs))
    newest = 0

    assert [each.line.commit for each in found if each.line.commit] == list(range(1, commits + 1))
    for node, lines in logs.items():
        # By identity: two decisions may be alike.
        assert [id(each.line) for each in found if each.node == node] == [
            id(each) for each in lines
        ]
    for each in found:
        newest = max(newest, each.line.commit)
        assert each.line.event.revision <= newest, (
            "a decision came before the commit it was made on"
        )
