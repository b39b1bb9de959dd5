"""A slice of each part of `make campaign ARGS=faults`, which says what it tries and what it finds.

A known kind of finding that is not fixed yet is listed in `OPEN`; the test fails as soon as it is
not found any more.
"""

import errno
import random

import pytest
from tests.campaign.faults import clocks, disks, full, kills, rotations, stores, tamperings
from tests.campaign.faults._node import Node, running
from tests.campaign.faults._parts import TWO_WORKERS, Findings
from tests.campaign.faults._shim import File, Shim
from tests.campaign.faults._ways import WAYS
from tests.campaign.workers import kills as kills_of_workers
from tests.campaign.workers import revocation

OPEN: dict[str, set[str]] = {}
"""By part the kinds that are found today."""


def judge(part, findings):
    """Fail for findings that are not known, and for known ones that are fixed."""
    found, known = findings.all(), OPEN.get(part, set())

    assert findings.count > 0
    assert {kind: cases for kind, cases in found.items() if kind not in known} == {}
    assert known <= set(found), "mended: it is open no more"


def shimmed(shim, folder, options):
    return Node(folder, *options, shim=Shim(shim, folder, root=folder / "data"))


either = pytest.mark.parametrize("options", [(), TWO_WORKERS], ids=["one-process", "two-workers"])


@either
def test_a_server_killed_under_load_loses_and_hides_no_change(shim, tmp_path, options) -> None:
    # T287-DATA
    node = shimmed(shim, tmp_path, options)
    try:
        findings = kills.campaign(node, [None, *list(kills.AIMS)[:2]], dice=random.Random(5))
    finally:
        node.kill()

    assert findings.acknowledged > 0
    judge("kills", findings)


def test_workers_and_a_parent_that_are_killed_under_load_lose_and_hide_no_change(tmp_path) -> None:
    findings, acknowledged, _, ends = kills_of_workers.campaign(tmp_path, kills=6, parent_kills=1)

    assert acknowledged > 0
    assert len(ends) == 1
    judge("workers", findings)


def test_a_key_that_one_worker_has_deleted_opens_at_no_other(tmp_path) -> None:
    # T308-HA
    judge("revocation", revocation.campaign(tmp_path, 20, 10))


@pytest.mark.parametrize(
    ("places", "options"),
    [
        ({"the log": File.LOG, "the database": File.DATABASE}, ()),
        ({"the log": File.LOG}, TWO_WORKERS),
    ],
    ids=["one-process", "two-workers"],
)
def test_a_disk_that_fails_is_reported_and_heals(shim, tmp_path, places, options) -> None:
    node = shimmed(shim, tmp_path, options)
    try:
        numbers = disks.NUMBERS if not options else {"full": errno.ENOSPC}
        findings = disks.campaign(
            node, places=places, points=[0], numbers=numbers, with_commands=False
        )
    finally:
        node.kill()

    judge("disks", findings)


@either
def test_a_log_that_takes_half_a_line_is_reported_and_heals(tmp_path, options) -> None:
    findings = Findings()
    full.half_lines(tmp_path, findings, *options, bytes_more=(100,))

    judge("full", findings)


@either
def test_rotations_under_load_fail_no_request_and_lose_no_session(tmp_path, options) -> None:
    # T276-KEY
    with running(Node(tmp_path, *options)) as node:
        done, findings = rotations.campaign(node, 2)

    assert done == 4
    judge("rotations", findings)


def test_a_log_changed_in_any_way_is_found_at_its_line_after_a_start_and_beside_a_server(
    tmp_path,
) -> None:
    findings = Findings()
    node, fork = tamperings.prepare(tmp_path)
    tamperings.tamper(node, fork, 3 * len(WAYS), random.Random(6), findings)
    tamperings.gone(node, findings)
    tamperings.starts(node, fork, ["the tail cut", "a garbage line at the end"], findings)
    tamperings.meanwhile(node, ["cut"], findings)

    judge("tamperings", findings)


def test_a_changed_log_of_either_of_two_workers_is_found(tmp_path) -> None:
    findings = tamperings.of_two(tmp_path, 8, ["the tail cut"], ["cut"])

    judge("tamperings", findings)


@pytest.mark.parametrize(
    ("parts", "options"),
    [(clocks.PARTS, ()), (clocks.PARTS_OF_TWO, TWO_WORKERS)],
    ids=["one-process", "two-workers"],
)
def test_clocks_that_jump_revive_no_credential_and_lock_nobody_out(
    shim, tmp_path, parts, options
) -> None:
    # T302-TIME
    sliced = (clocks.from_the_future, clocks.expired_sessions, clocks.guesses)
    together = [part for part in sliced if part in parts]
    findings = clocks.campaign(tmp_path, shim, [together], jumps=6, options=options)

    judge("clocks", findings)


@pytest.mark.parametrize(
    ("names", "options"),
    [
        (("DeleteObjects", "CompleteMultipartUpload", "GetObjectTagging", "ListObjectsV2"), ()),
        (stores.OF_TWO, TWO_WORKERS),
    ],
    ids=["one-process", "two-workers"],
)
def test_a_store_that_misbehaves_causes_no_false_success_and_no_client_is_blamed(
    tmp_path, names, options
) -> None:
    findings = stores.campaign(tmp_path, names=names, with_outage=False, options=options)

    judge("stores", findings)
