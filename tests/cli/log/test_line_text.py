"""An event of the audit log as a line for people."""

import pytest

from daypass.cli.operator.log.line_text import event_line
from daypass.server.audit.event import Event


def line(**more):
    return event_line(
        Event(
            time=0,
            request="R",
            service="s3",
            operation="GetObject",
            principal="arn:aws:iam::111122223333:user/alice",
            resource="/b/k",
            **more,
        )
    )


@pytest.mark.parametrize(
    ("more", "end"),
    [
        ({}, "user/alice  on /b/k"),
        ({"detail": {"SignatureVersion": "SigV2"}}, "user/alice  on /b/k  signed with SigV2"),
    ],
)
def test_a_line_says_so_if_the_request_was_signed_by_the_older_version(more, end) -> None:
    assert line(**more).endswith(end)
