"""Whether a call that repeats a client token is the same call."""

import pytest

from daypass.core.identity_center.idempotency import arguments_digest

CALL = {"ClientToken": "once", "Name": "mine", "Tags": [{"Key": "a", "Value": "b"}]}


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (CALL, True),
        (CALL | {"ClientToken": "twice"}, True),
        (dict(reversed(CALL.items())), True),
        (CALL | {"Tags": [{"Value": "b", "Key": "a"}]}, True),
        (CALL | {"Name": "other"}, False),
        (CALL | {"Tags": []}, False),
        ({"Name": "mine"}, False),
    ],
)
def test_a_call_is_the_same_if_its_other_parameters_are(other, is_same) -> None:
    assert (arguments_digest(CALL) == arguments_digest(other)) is is_same
