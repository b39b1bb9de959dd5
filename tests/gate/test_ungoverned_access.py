"""Access that a store itself grants to an adopted bucket is reported."""

import asyncio
import importlib.util
from pathlib import Path

import pytest
from click.testing import CliRunner

from daypass.cli.operator.bucket import bucket
from daypass.cli.operator.store_exposure import warn_of_exposure
from daypass.gate.store import ungoverned_access
from daypass.gate.store.upstream import ObjectStore, StoreCredential
from daypass.server import clock
from daypass.server.settings.config import S3Store
from daypass.state.data_directory.open_directory import open_data

_spec = importlib.util.spec_from_file_location("support", Path(__file__).parents[1] / "conftest.py")
support = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(support)


def acl(*grantees):
    grants = "".join(
        f"<Grant><Grantee>{each}</Grantee><Permission>READ</Permission></Grant>"
        for each in grantees
    )
    return f"<AccessControlPolicy><Owner><ID>me</ID></Owner><AccessControlList>{grants}</AccessControlList></AccessControlPolicy>"


OWN, ALL = "<ID>me</ID>", "<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI>"
QUIET = {
    "policy": (404, ""),
    "acl": (200, acl(OWN)),
    "website": (404, ""),
    "notification": (200, "<NotificationConfiguration/>"),
    "replication": (404, ""),
}
DOORS = [
    ({}, ()),
    ({"policy": (200, "{}")}, ("a policy of its own",)),
    ({"acl": (200, acl(OWN, ALL))}, ("grants to others than its owner in its ACL",)),
    ({"acl": (200, acl("<ID>you</ID>"))}, ("grants to others than its owner in its ACL",)),
    ({"acl": (200, "<oops")}, ("grants to others than its owner in its ACL",)),
    ({"website": (200, "<WebsiteConfiguration/>")}, ("a website",)),
    ({"notification": (200, "<NotificationConfiguration><QueueConfiguration/></NotificationConfiguration>")}, ("notifications",)),
    ({"notification": (200, "<html/>")}, ("notifications",)),
    ({"policy": (404, "<html>no</html>")}, ("perhaps a policy of its own: it answers 404",)),
    ({"acl": (200, "<html/>")}, ("grants to others than its owner in its ACL",)),
    ({"replication": (200, "<R/>")}, ("a replication",)),
    ({"policy": (403, "")}, ("perhaps a policy of its own: it answers 403",)),
    ({"website": (501, ""), "acl": (405, "")}, ()),
    ({"website": (200, ""), "replication": (200, "")}, ("a website", "a replication")),
]  # fmt: skip


def saying(said, more):
    def answer(sent):
        status, content = (QUIET | more)[sent.target.partition("?")[2].rstrip("=")]
        absent = b"<Error><Code>None</Code></Error>" if status in {404, 405, 501} else b""
        return status, {}, [content.encode() or absent]

    said.answer = answer


@pytest.mark.parametrize(("more", "expected"), DOORS)
def test_doors_of_the_store_are_found(said, more, expected) -> None:
    saying(said, more)

    async def found():
        async with ObjectStore(
            said.url, StoreCredential("k", "s", "us-east-1"), clock=lambda: 0.0
        ) as store:
            return await ungoverned_access.ungoverned_access(store, "kept")

    assert asyncio.run(found()) == expected
    assert {sent.target.partition("?")[0] for sent in said.sent} == {"/kept"}


def test_the_operator_is_told(said, capsys) -> None:
    saying(said, {"policy": (200, "{}")})

    warn_of_exposure(S3Store(said.url, "k", "s"), ["kept", "other"])

    words = (
        "the store has a policy of its own for {}: no policy here applies to that; remove it there"
    )
    assert capsys.readouterr().err.splitlines() == [
        f"warning: {words.format(name)}" for name in ("kept", "other")
    ]


def test_a_store_that_cannot_be_asked_is_told_too(capsys) -> None:
    warn_of_exposure(
        S3Store(f"http://127.0.0.1:{support.free_port()}", "k", "s"), ["kept", "other"]
    )

    [line] = capsys.readouterr().err.splitlines()
    assert "kept" in line


def test_adopting_tells_before_anything_is_changed(said, tmp_path) -> None:
    saying(said, {"website": (200, "")})
    data = tmp_path / "data"
    open_data(data, {}, clock=clock.wall, entropy=clock.entropy).close()
    keys = {"DAYPASS_S3_ACCESS_KEY_ID": "k", "DAYPASS_S3_SECRET_ACCESS_KEY": "s"}
    asked = ["adopt", "--data", str(data), "--s3", said.url, "--dry-run", "reports"]

    done = CliRunner().invoke(bucket, asked, env=keys)

    assert done.exit_code == 0, done.output
    assert "the store has a website for reports" in done.output
