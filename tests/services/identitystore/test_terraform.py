"""The calls of Terraform's provider, resource by resource, from `cases/terraform.json`."""

import jmespath
import pytest
from botocore import xform_name
from tests.services.identitystore.conftest import cases
from tests.services.organizations.conftest import refused
from tests.services.organizations.test_terraform import filled

CASES = cases("terraform")


@pytest.mark.parametrize("case", CASES, ids=[case["resource"] for case in CASES])
def test_a_resource_is_made_read_changed_and_destroyed(org, case) -> None:
    client, kept = org.people(), {"store": org.store}

    for step in case["steps"]:
        call, params = getattr(client, xform_name(step["call"])), filled(step["with"], kept)
        if "fails" in step:
            refused(step["fails"], call, **params)
            continue
        answer = call(**params)
        for path, expected in filled(step.get("gives", {}), kept).items():
            assert jmespath.search(path, answer) == expected, (step["call"], path)
        for name, path in step.get("keeps", {}).items():
            kept[name] = jmespath.search(path, answer)
