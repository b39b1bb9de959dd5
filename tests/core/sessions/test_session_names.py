"""A session's name after whoever takes it."""

import re

import pytest

from daypass.core.sessions.session_names import default_session_name


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::111122223333:user/alice", "alice"),
        ("arn:aws:iam::111122223333:user/people/red/alice", "alice"),
        ("arn:aws:sts::111122223333:assumed-role/reader/alice", "alice"),
        ("arn:aws:sts::111122223333:federated-user/bob", "bob"),
        ("arn:aws:iam::111122223333:root", "root"),
        ("arn:aws:iam::111122223333:user/x", "x-"),
        ("arn:aws:iam::111122223333:user/a b\u00e9", "a-b-"),
        ("arn:aws:iam::111122223333:user/" + "u" * 65, "u" * 64),
    ],
)
def test_a_session_has_the_callers_own_name_as_sts_takes_it(arn, name) -> None:
    assert default_session_name(arn) == name
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", name, re.ASCII)
