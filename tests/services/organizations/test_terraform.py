"""The calls of Terraform's provider, resource by resource, from `cases/terraform.json`."""

import jmespath
import pytest
from botocore import xform_name
from tests.services.organizations.conftest import Org, cases, founded, fresh, refused

CASES = cases("terraform")


def filled(value, kept):
    """Replace a case's placeholders by values that earlier steps stored."""
    if isinstance(value, dict):
        return {key: filled(each, kept) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, kept) for each in value]
    if isinstance(value, str):
        for name, text in kept.items():
            value = value.replace(f"${name}", text)
    return value


@pytest.mark.parametrize("case", CASES, ids=[case["resource"] for case in CASES])
def test_a_resource_is_made_read_changed_and_destroyed(first, case) -> None:
    org = Org(first.live, first.standalone()) if case.get("outside") else founded(first)
    kept = {"email": f"{fresh()}@example.com"}

    for step in case["steps"]:
        call, params = getattr(org.o, xform_name(step["call"])), filled(step.get("with", {}), kept)
        if "fails" in step:
            refused(step["fails"], call, **params)
            continue
        answer = call(**params)
        for path, expected in filled(step.get("gives", {}), kept).items():
            assert jmespath.search(path, answer) == expected, (step["call"], path)
        for name, path in step.get("keeps", {}).items():
            kept[name] = jmespath.search(path, answer)


def test_data_sources_walk_the_tree_and_meet_everything_once(org) -> None:
    units = [org.unit() for _ in range(21)]
    inner = [org.unit(parent=unit) for unit in units[:2]]
    accounts = [org.account(parent=units[0]) for _ in range(21)]

    def walked(parent):
        pages = org.o.get_paginator("list_organizational_units_for_parent").paginate(
            ParentId=parent
        )
        below = [each["Id"] for page in pages for each in page["OrganizationalUnits"]]
        return below + [each for unit in below for each in walked(unit)]

    def members(parent):
        pages = org.o.get_paginator("list_accounts_for_parent").paginate(ParentId=parent)
        return [each["Id"] for page in pages for each in page["Accounts"]]

    assert walked(org.root) == units + inner
    assert members(units[0]) == accounts
    assert [each for parent in (org.root, *walked(org.root)) for each in members(parent)] == [
        org.management,
        *accounts,
    ]
