"""Transfers of responsibility: dates, statuses and chains, by cases that are data beside this
file.
"""

import contextlib
import json
from datetime import datetime
from pathlib import Path

import pytest

from daypass.core import quotas
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.faults import ServiceFault
from daypass.core.organizations import transfers
from daypass.core.time.timestamps import iso8601, parse_iso8601

CASES = json.loads((Path(__file__).parent / "cases" / "transfers.json").read_text())


def table(name):
    return pytest.mark.parametrize("case", CASES[name], ids=[case["case"] for case in CASES[name]])


def now(case):
    return parse_iso8601(case.get("now", CASES["now"]))


def made(**more):
    known = {
        "id": "rt-a1b2",
        "type": "BILLING",
        "name": "n",
        "handshake": "h-a",
        "status": "REQUESTED",
    }
    times = {"serial": 1, "requested": 0, "start": 200, "expires": 100}
    return ResponsibilityTransfer(
        account="o-a1b2c3d4e5", invited="123456789012", **known | times | more
    )


@contextlib.contextmanager
def told(case):
    """Expect the refusal that a case names, or none."""
    if "says" not in case and "reason" not in case:
        yield
        return
    with pytest.raises(ServiceFault) as caught:
        yield
    assert caught.value.code == case.get("says", caught.value.code)
    assert caught.value.details.get("Reason") == case.get("reason")


@table("starts")
def test_a_transfer_begins_with_a_month_and_is_accepted_a_day_before(case) -> None:
    with told(case):
        start = transfers.transfer_start(datetime.fromisoformat(case["start"]), now(case))

        assert iso8601(start) == case["start"]
        assert iso8601(transfers.invitation_expiry(start, now(case))) == case["expires"]


@table("ends")
def test_a_transfer_ends_with_a_month(case) -> None:
    end = datetime.fromisoformat(case["end"]) if case["end"] else None
    with told(case):
        assert iso8601(transfers.transfer_end(end, now(case))) == case["is"]


@table("statuses")
def test_a_status_is_what_the_clock_makes_of_it(case) -> None:
    more = {name: case[name] for name in ("source", "ended", "end", "expires") if name in case}
    found = made(status=case["status"], **more)

    assert transfers.transfer_status(found, case["at"]) == case["is"]
    assert transfers.is_readable(found, case["at"]) is case["readable"]
    assert transfers.is_effective(found, case["at"]) is case["in_force"]


@table("acts")
def test_a_transfer_is_renamed_and_withdrawn_only_while_it_lives(case) -> None:
    found = made(status=case["status"], expires=case.get("expires", 100))
    check = {"rename": transfers.check_can_update, "end": transfers.check_can_withdraw}[case["act"]]
    with told(case):
        check(found, 50)


@table("chains")
def test_a_bill_goes_to_one_organization_and_a_chain_has_an_end(case) -> None:
    links = [tuple(link.split()) for link in case["links"]]
    with told(case):
        transfers.check_transfer_links(links, source=case["source"], target=case["target"])


def test_an_organization_takes_over_so_many_bills() -> None:
    transfers.check_inbound_quota(quotas.TRANSFERS_INBOUND_MAX - 1)
    with told({"reason": "RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION"}):
        transfers.check_inbound_quota(quotas.TRANSFERS_INBOUND_MAX)


@table("arns")
def test_each_side_has_its_own_name_for_a_transfer(case) -> None:
    viewer = Organization(
        account="o-a1b2c3d4e5", management="111122223333", root_id="r-a1b2", created=0
    )

    assert getattr(transfers, case["direction"]) == case["direction"]
    assert transfers.transfer_arn(viewer, made(), case["direction"]) == case["is"]
