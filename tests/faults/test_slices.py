"""A slice of each part of `make campaign ARGS=faults`; what it tries, and what it takes for a finding, is said there.

A kind of finding that is known and not mended yet stands in `OPEN`; the test fails as soon as it is not found any more.
"""

import random

from tests.campaign.faults import clocks, disks, full, kills, rotations, stores, tamperings
from tests.campaign.faults._node import Node, running
from tests.campaign.faults._parts import Findings
from tests.campaign.faults._shim import File, Shim
from tests.campaign.faults._ways import WAYS

OPEN: dict[str, set[str]] = {}
"""By part the kinds that are found today."""


def judge(part, findings):
    """Hold what was found against what is known to be found."""
    found, known = findings.all(), OPEN.get(part, set())

    assert findings.count > 0
    assert {kind: cases for kind, cases in found.items() if kind not in known} == {}
    assert known <= set(found), "mended: it is open no more"


def shimmed(shim, folder):
    return Node(folder, shim=Shim(shim, folder, root=folder / "data"))


def test_a_server_killed_under_load_loses_and_hides_no_change(shim, tmp_path) -> None:
    node = shimmed(shim, tmp_path)
    try:
        findings = kills.campaign(node, [None, *list(kills.AIMS)[:2]], dice=random.Random(5))
    finally:
        node.kill()

    assert findings.acknowledged > 0
    judge("kills", findings)


def test_a_disk_that_fails_is_told_and_heals(shim, tmp_path) -> None:
    node = shimmed(shim, tmp_path)
    try:
        places = {"the log": File.LOG, "the database": File.DATABASE}
        findings = disks.campaign(node, places=places, points=[0], with_commands=False)
    finally:
        node.kill()

    judge("disks", findings)


def test_a_log_that_takes_half_a_line_is_told_and_heals(tmp_path) -> None:
    findings = Findings()
    full.half_lines(tmp_path, findings, bytes_more=(100,))

    judge("full", findings)


def test_rotations_under_load_fail_no_request_and_lose_no_session(tmp_path) -> None:
    with running(Node(tmp_path)) as node:
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


def test_clocks_that_jump_open_no_door_twice_and_close_none_for_a_day(shim, tmp_path) -> None:
    together = (clocks.from_the_future, clocks.expired_sessions, clocks.guesses)
    findings = clocks.campaign(tmp_path, shim, [together], jumps=6)

    judge("clocks", findings)


def test_a_store_that_misbehaves_causes_no_false_success_and_no_client_is_blamed(tmp_path) -> None:
    names = ("DeleteObjects", "CompleteMultipartUpload", "GetObjectTagging", "ListObjectsV2")
    findings = stores.campaign(tmp_path, names=names, with_outage=False)

    judge("stores", findings)
