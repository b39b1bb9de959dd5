"""Which of two accounts allows a request, and at which levels no SCP does."""

import pytest
from tests.core.policy.test_trace import ALICE, A, B, explained, reasons
from tests.documents import allow, deny, document

from daypass.core.policy.decision.model import Layer
from daypass.core.policy.explanation.audience import Audience
from daypass.core.policy.explanation.required_allows import account_sides, silent_levels
from daypass.core.policy.explanation.trace import because

OPEN, SHUT = document(allow()), document(deny())
OTHER = document(allow("ec2:*"))
TO_ALICE = document({**allow(), "Principal": {"AWS": ALICE}})
NOT_TO_ALICE = document({**deny(), "Principal": {"AWS": ALICE}})
RCP = document({**deny(), "Principal": "*"})


@pytest.mark.parametrize(
    ("policies", "sides"),
    [
        ({"identity": [OPEN], "resource": TO_ALICE}, (True, True)),
        ({"identity": [OPEN]}, (True, False)),
        ({"identity": [OTHER], "resource": TO_ALICE}, (False, True)),
        ({}, (False, False)),
        ({"identity": [OPEN, SHUT], "resource": TO_ALICE}, (False, True)),
        ({"identity": [OPEN], "resource": NOT_TO_ALICE}, (True, False)),
        ({"identity": [SHUT], "resource": NOT_TO_ALICE}, (False, False)),
        ({"identity": [OPEN], "resource": TO_ALICE, "boundary": [OTHER]}, (False, True)),
        ({"identity": [OPEN], "resource": TO_ALICE, "scp": [[OTHER]]}, (False, True)),
        ({"identity": [OPEN], "resource": TO_ALICE, "rcp": [[RCP]]}, (True, False)),
    ],
)
def test_across_accounts_each_side_is_said(policies, sides) -> None:
    found = account_sides(explained(owner=B, **policies))

    assert found == ((A, True, sides[0]), (B, False, sides[1]))
    assert reasons(owner=B, **policies)["sides"] == [
        {"side": "caller", "account": A, "allows": sides[0]},
        {"side": "resource", "account": B, "allows": sides[1]},
    ]


def test_one_account_is_enough_in_the_same_account_and_without_one() -> None:
    assert account_sides(explained(identity=[OPEN])) == ()
    assert account_sides(explained(principal={"kind": "anonymous"})) == ()
    assert "sides" not in reasons(identity=[OPEN])


def test_the_levels_that_allow_nothing_are_named_by_number_and_policies() -> None:
    found = reasons(identity=[OPEN], scp=[[OPEN], [OTHER, OTHER], [], [OPEN]])

    assert found["silent_levels"] == [
        {
            "layer": "service control policy",
            "level": 1,
            "policies": ["policies.scp[1][0]", "policies.scp[1][1]"],
        },
        {"layer": "service control policy", "level": 2, "policies": []},
    ]
    assert silent_levels(explained(identity=[OPEN], scp=[[OPEN]])) == []
    assert "silent_levels" not in reasons(identity=[OPEN], scp=[[OPEN]])


SESSION = {
    "kind": "role-session",
    "arn": f"arn:aws:sts::{A}:assumed-role/app/s",
    "account": A,
    "role_arn": f"arn:aws:iam::{A}:role/app",
}


@pytest.mark.parametrize(
    ("listed", "lacking"),
    [
        ([SESSION["role_arn"]], [SESSION["arn"], A]),
        ([SESSION["role_arn"], A], [SESSION["arn"]]),
        ([SESSION["arn"], SESSION["role_arn"]], [A]),
        ([B], [SESSION["arn"], SESSION["role_arn"], A]),
    ],
)
def test_a_deny_with_not_principal_says_which_names_it_lacks(listed, lacking) -> None:
    bucket = document({**deny(), "NotPrincipal": {"AWS": listed}})
    found = reasons(principal=SESSION, resource=bucket)

    assert found["not_principal_lacks"] == lacking
    assert found["statements"][0]["not_principal_lacks"] == lacking


@pytest.mark.parametrize(
    ("principal", "listed", "lacking"),
    [
        ({"kind": "user", "arn": ALICE, "account": A, "unique_id": "AIDAALICE0000000"}, [B], [ALICE, A]),
        ({"kind": "user", "arn": ALICE, "account": A, "unique_id": "AIDAALICE0000000"}, ["AIDAALICE0000000"], [A]),
        ({"kind": "root", "arn": f"arn:aws:iam::{A}:root", "account": A}, [B], [A]),
        ({"kind": "anonymous"}, [B], ["*"]),
        ({"kind": "service", "arn": "x.amazonaws.com"}, [B], ["x.amazonaws.com"]),
        ({"kind": "federated-user", "arn": f"arn:aws:sts::{A}:federated-user/g", "account": A, "user_arn": ALICE}, [A], [f"arn:aws:sts::{A}:federated-user/g", ALICE]),
        ({"kind": "federated-user", "arn": f"arn:aws:sts::{A}:federated-user/g", "account": A, "user_arn": f"arn:aws:iam::{A}:root"}, [A], [f"arn:aws:sts::{A}:federated-user/g"]),
    ],
)  # fmt: skip
def test_each_kind_of_caller_has_names_of_its_own(principal, listed, lacking) -> None:
    bucket = document({**deny(), "NotPrincipal": {"AWS": listed}})
    [statement] = reasons(principal=principal, resource=bucket)["statements"]

    assert statement["not_principal_lacks"] == lacking


def test_a_caller_with_a_boundary_lacks_no_name_and_is_denied_all_the_same() -> None:
    bucket = document({**deny(), "NotPrincipal": {"AWS": [ALICE, A]}})
    found = reasons(identity=[OPEN], boundary=[OPEN], resource=bucket)["statements"][0]

    assert (found["applies"], found["not_principal_lacks"]) == (True, [])


def test_a_reader_of_some_policies_learns_of_those_alone() -> None:
    policies = {"identity": [OPEN], "scp": [[OTHER]], "resource": TO_ALICE}
    own = Audience(may_read_layer=lambda layer: layer is Layer.IDENTITY)
    found = because(explained(owner=B, **policies), own)
    everything = because(explained(owner=B, **policies))

    assert not {"sides", "silent_levels"} & found.keys()
    assert {"sides", "silent_levels"} <= everything.keys()
    bucket = document({**deny(), "NotPrincipal": {"AWS": [B]}})
    assert "not_principal_lacks" not in because(explained(resource=bucket), own)
    resting = document(deny(Condition={"StringEquals": {"x": "y"}}))
    of_bucket = {**resting["Statement"][0], "Principal": "*"}
    permitted = explained(identity=[OPEN], resource=document(of_bucket))
    assert "rests_on_absent" not in because(permitted, own)
    assert "rests_on_absent" in because(permitted)
    unseen = Audience(may_read_key=lambda key: key != "x")
    assert "rests_on_absent" not in because(permitted, unseen)
