"""What stands above an account: by level, each policy read once; None where no policy applies."""

import pytest
from tests.aws.recorded import Recorded

from daypass.aws import control_policies
from daypass.core.organizations.policies.policy_types import SCP

MEMBER, MANAGEMENT, UNIT = "111122223333", "999900001111", "ou-ab12-11112222"


def organization(status="ENABLED"):
    """A root, a unit and a member, an SCP on the root and on the member; RCPs are off."""
    attached = {"Policies": [{"Id": "p-1", "Name": "stay"}]}
    return Recorded(
        {
            "describe_organization": {"Organization": {"Id": "o-1", "MasterAccountId": MANAGEMENT}},
            f"list_parents {MEMBER}": {"Parents": [{"Id": UNIT}]},
            f"list_parents {UNIT}": {"Parents": [{"Id": "r-ab12"}]},
            f"list_parents {MANAGEMENT}": {"Parents": [{"Id": "r-ab12"}]},
            "list_roots": {"Roots": [{"PolicyTypes": [{"Type": SCP, "Status": status}]}]},
            f"list_policies_for_target r-ab12 {SCP}": attached,
            f"list_policies_for_target {UNIT} {SCP}": {"Policies": []},
            f"list_policies_for_target {MEMBER} {SCP}": attached,
            "describe_policy p-1": {"Policy": {"Content": "{}"}},
        }
    )


def test_each_level_has_its_policies_and_each_policy_is_read_once() -> None:
    organizations = organization()
    above = control_policies.read_control_policies(organizations, MEMBER)

    assert above.scps == ((("stay", "r-ab12", "{}"),), (), (("stay", MEMBER, "{}"),))
    assert above.rcps is None
    assert (above.organization, above.management_account) == ("o-1", MANAGEMENT)
    assert above.parent_path == f"o-1/r-ab12/{UNIT}/"
    assert organizations.calls.count("describe_policy p-1") == 1
    assert len(organizations.calls) == 8


def test_no_policy_bears_on_the_management_account() -> None:
    organizations = organization()

    assert control_policies.read_control_policies(organizations, MANAGEMENT).scps is None
    assert len(organizations.calls) == 3


@pytest.mark.parametrize("status", ["PENDING_ENABLE", "PENDING_DISABLE"])
def test_a_type_that_is_being_switched_counts_so_that_no_explanation_allows_too_much(
    status,
) -> None:
    assert control_policies.read_control_policies(organization(status), MEMBER).scps is not None
