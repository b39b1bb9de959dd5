"""The calls of Terraform's provider about permission sets and assignments, resource by resource.

They are in `cases/terraform_permission_sets.json`. The role that an assignment makes is looked at
through IAM.
"""

import json
from pathlib import Path

import jmespath
import pytest
from botocore import xform_name
from tests.conftest import serving
from tests.services.organizations.conftest import Org, refused
from tests.services.organizations.test_terraform import filled
from tests.services.ssoadmin.assigned import TEAM, a_group

CASES = json.loads((Path(__file__).parent / "cases/terraform_permission_sets.json").read_text())


@pytest.fixture(scope="module")
def org(store_url, tmp_path_factory):
    """The organization of a server, whose identity store has a group."""
    path = tmp_path_factory.mktemp("terraform") / "data"
    for live in serving(path, store_url):
        org = Org(live, live.account)
        (instance,) = org.client("sso-admin").list_instances()["Instances"]
        org.put(a_group(TEAM, account=instance["IdentityStoreId"]))
        yield org


@pytest.fixture(scope="module")
def member(org):
    return org.account()


@pytest.mark.parametrize("case", CASES, ids=[case["resource"] for case in CASES])
def test_a_resource_is_made_read_changed_and_destroyed(org, member, case) -> None:
    client = org.client("sso-admin")
    (instance,) = client.list_instances()["Instances"]
    kept = {"group": TEAM, "account": member}

    for step in case["steps"]:
        call, params = getattr(client, xform_name(step["call"])), filled(step["with"], kept)
        params["InstanceArn"] = instance["InstanceArn"]
        if "fails" in step:
            refused(step["fails"], call, **params)
            continue
        answer = call(**params)
        for path, expected in filled(step.get("gives", {}), kept).items():
            assert jmespath.search(path, answer) == expected, (step["call"], path)
        for name, path in step.get("keeps", {}).items():
            kept[name] = jmespath.search(path, answer)
