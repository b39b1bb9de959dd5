"""Pages of a list that is ordered by the keys of its entries (`SortedList`)."""

import pytest

from daypass.core.faults import Violation
from daypass.core.slices import at_once
from daypass.wire.paginate import KeyedList, Paginator, SortedList, answer_page

PAGINATOR = Paginator("NextToken", "NextToken", "Users", "MaxResults")
KEYS = (b"k" * 32,)


def page(names, *, size=2, marker=None, scope="111122223333 ListUsers", keys=KEYS, **filters):
    read = []

    def after(key):
        for each in sorted(name for name in names if name > key):
            read.append(each)
            yield each

    params = {"MaxResults": size, **filters} | ({"NextToken": marker} if marker else {})
    entries = SortedList(after, key=str, show=str.upper)
    answer = at_once(
        answer_page(PAGINATOR, {"Users": entries, "Id": "d"}, params, scope=scope, keys=keys)
    )
    return answer, read


def pages(names, size):
    found, marker = [], None
    while True:
        answer, _ = page(names, size=size, marker=marker)
        found.append(answer["Users"])
        marker = answer.get("NextToken")
        if marker is None:
            return found


@pytest.mark.parametrize(
    ("names", "size", "expected"),
    [
        ("", 2, [[]]),
        ("a", 2, [["A"]]),
        ("ab", 2, [["A", "B"]]),
        ("abc", 2, [["A", "B"], ["C"]]),
        ("abcd", 1, [["A"], ["B"], ["C"], ["D"]]),
    ],
)
def test_pages_hold_every_entry_once_in_order(names, size, expected) -> None:
    assert pages(names, size) == expected


def test_a_page_reads_one_entry_more_than_it_holds_and_none_before_it() -> None:
    first, read = page("abcdefgh")

    assert read == ["a", "b", "c"]

    _, read = page("abcdefgh", marker=first["NextToken"])

    assert read == ["c", "d", "e"]


def test_an_entry_that_comes_or_goes_between_two_pages_moves_no_other() -> None:
    first, _ = page("bdf")
    second, _ = page("abcef", marker=first["NextToken"])

    assert (first["Users"], second["Users"]) == (["B", "D"], ["E", "F"])


def test_a_key_that_is_not_ascii_continues_where_it_ended() -> None:
    first, _ = page("aéñ")

    assert page("aéñ", marker=first["NextToken"])[0]["Users"] == ["Ñ"]


def changed(marker, at):
    letter = "A" if marker[at] != "A" else "B"
    return marker[:at] + letter + marker[at + 1 :]


@pytest.mark.parametrize(
    ("change", "more"),
    [
        (lambda marker: changed(marker, 0), {}),
        (lambda marker: changed(marker, -2), {}),
        (lambda marker: marker[:8], {}),
        (lambda _marker: "", {}),
        (lambda _marker: "a", {}),
        (lambda _marker: "é", {}),
        (lambda marker: marker, {"scope": "444455556666 ListUsers"}),
        (lambda marker: marker, {"scope": "111122223333 ListGroups"}),
        (lambda marker: marker, {"Filters": ["x"]}),
        (lambda marker: marker, {"keys": (b"other" * 8,)}),
    ],
    ids=["begin", "end", "cut", "empty", "short", "other text", "account", "operation", "filter",
         "key"],
)  # fmt: skip
def test_a_marker_that_was_not_made_for_this_list_is_refused(change, more) -> None:
    """T236-PRIV: a forged, edited or foreign marker."""
    marker = page("abc")[0]["NextToken"]

    with pytest.raises(Violation):
        at_once(
            answer_page(
                PAGINATOR,
                {"Users": SortedList(iter, key=str)},
                {"NextToken": change(marker), **{k: v for k, v in more.items() if k == "Filters"}},
                scope=more.get("scope", "111122223333 ListUsers"),
                keys=more.get("keys", KEYS),
            )
        )


def test_a_marker_of_an_old_key_is_accepted_while_the_key_is_kept() -> None:
    marker = page("abc")[0]["NextToken"]

    assert page("abc", marker=marker, keys=(b"new" * 8, *KEYS))[0]["Users"] == ["C"]


def test_a_numbered_list_goes_on_as_before() -> None:
    entries = KeyedList([(1, "a"), (5, "b"), (9, "c")])
    first = at_once(
        answer_page(PAGINATOR, {"Users": entries}, {"MaxResults": 2}, scope="s", keys=KEYS)
    )
    marker = {"MaxResults": 2, "NextToken": first["NextToken"]}
    second = at_once(answer_page(PAGINATOR, {"Users": entries}, marker, scope="s", keys=KEYS))

    assert (first["Users"], second["Users"]) == (["a", "b"], ["c"])
