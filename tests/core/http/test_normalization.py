"""Headers in their normal form: the same whether their values were indexed before or not."""

import pytest

from daypass.core.http.normalization import index_unique_headers, normalize_headers

CASES = [
    # What was sent, and its normal form.
    ([], []),
    ([(b"a", b"")], [(b"a", b"")]),
    ([(b"a", b""), (b"b", b"")], [(b"a", b""), (b"b", b"")]),
    ([(b"a", b"x"), (b"b", b"y z")], [(b"a", b"x"), (b"b", b"y z")]),
    ([(b"a", b"x "), (b"b", b"y")], [(b"a", b"x"), (b"b", b"y")]),
    ([(b"a", b"x"), (b"b", b" y")], [(b"a", b"x"), (b"b", b"y")]),
    ([(b"a", b" "), (b"b", b"y")], [(b"a", b""), (b"b", b"y")]),
    ([(b"a", b"x  y")], [(b"a", b"x y")]),
    ([(b"a", b"x\ty"), (b"b", b"\t")], [(b"a", b"x y"), (b"b", b"")]),
    ([(b"a", b"x"), (b"b", b"\ty")], [(b"a", b"x"), (b"b", b"y")]),
    ([(b"authorization", b"x  y ")], [(b"authorization", b"x  y")]),
    # Other white space than blanks and tabs belongs to a value.
    ([(b"a", b"\x0bx\x0c"), (b"b", b"y\r")], [(b"a", b"\x0bx\x0c"), (b"b", b"y\r")]),
    ([(b"a", b"x\xa0"), (b"b", b"\x85y")], [(b"a", b"x\xa0"), (b"b", b"\x85y")]),
]


@pytest.mark.parametrize(("sent", "normal"), CASES)
def test_blanks_around_and_runs_of_blanks_are_taken_out(sent, normal) -> None:
    found = normalize_headers(tuple(sent))

    assert list(found) == normal
    assert found.by_name == dict(normal)


@pytest.mark.parametrize(("sent", "normal"), CASES)
def test_headers_that_were_indexed_before_have_the_same_normal_form(sent, normal) -> None:
    found = index_unique_headers(list(sent), dict(sent))

    assert list(found) == normal
    assert found.by_name == dict(normal)
