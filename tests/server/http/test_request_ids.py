"""Request ids: their form, and that none is given out twice."""

import itertools
import os
import re

from daypass.server.http.request_ids import RequestIds

FORM = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def test_ids_have_the_form_of_aws_and_differ() -> None:
    ids = RequestIds(os.urandom)
    given = [ids.next() for _ in range(1_000)]

    assert all(FORM.fullmatch(each) for each in given)
    assert len(set(given)) == len(given)


def test_an_id_has_all_of_its_random_bytes() -> None:
    ids = RequestIds(lambda size: bytes(each % 256 for each in range(size)))
    digits = {ids.next().replace("-", "") for _ in range(16)}

    assert {bytes(range(at, at + 16)).hex() for at in range(0, 256, 16)} == digits


def test_random_bytes_are_drawn_only_when_an_id_is_asked_for() -> None:
    """A worker that is forked off must not give out the ids of another."""
    drawn = itertools.count()
    ids = RequestIds(lambda size: bytes([next(drawn)]) * size)

    assert next(drawn) == 0
    assert ids.next().startswith("01")
