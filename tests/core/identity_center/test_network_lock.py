"""The network lock: which configurations are stored, and whom a lock lets pass."""

import json
from pathlib import Path

import pytest

from daypass.core.domain.identity_center.network_lock import NetworkLock
from daypass.core.faults import Denied, InvalidParameterValue
from daypass.core.identity_center.network_lock import check_source_address, read_network_lock

CASES = json.loads((Path(__file__).parent / "cases" / "network_locks.json").read_text())


def table(name):
    return pytest.mark.parametrize("case", CASES[name], ids=[each["case"] for each in CASES[name]])


def stored(addresses):
    return None if addresses is None else NetworkLock(tuple(addresses))


@table("locks")
def test_a_lock_names_addresses_and_nothing_that_cannot_be_enforced(case) -> None:
    def read():
        return read_network_lock(
            case["required"], case["lists"], addresses="Ips", unenforced=("Vpcs",)
        )

    if "fault" in case:
        with pytest.raises(InvalidParameterValue) as caught:
            read()
        assert caught.value.message == case["fault"]
        return
    assert read() == stored(case["lock"])


@table("addresses")
def test_a_lock_lets_exactly_its_addresses_pass(case) -> None:
    if case["passes"]:
        check_source_address(stored(case["lock"]), case["address"])
        return
    with pytest.raises(Denied) as caught:
        check_source_address(stored(case["lock"]), case["address"])
    assert caught.value.message == (
        "The network configuration does not allow access from this address."
    )
