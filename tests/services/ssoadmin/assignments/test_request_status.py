"""The status of requests to create and delete assignments: found by id, listed, forgotten."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import MEMBER
from tests.services.ssoadmin.assigned import ALICE, BOB, Assigned
from tests.services.ssoadmin.centered import ARN, INSTANCE
from tests.services.support import NOW

from daypass.core import quotas
from daypass.core.domain.identity_center.assignment_request import AssignmentRequest
from daypass.core.faults import NotFound
from daypass.services.ssoadmin.assignments import request_status

UNKNOWN = "c0000000-0000-4000-8000-000000000001"
CREATED = request_status.describe_account_assignment_creation_status
DELETED = request_status.describe_account_assignment_deletion_status


@pytest.fixture
def world():
    return Assigned()


def _stored(world):
    return list(world.directory.instance(INSTANCE).of(AssignmentRequest))


def test_a_request_is_described_with_all_that_it_was_about(world) -> None:
    arn = world.new_set()

    status = world.assign(arn)

    assert len(status.pop("RequestId")) == 36
    assert status == {
        "Status": "SUCCEEDED",
        "TargetId": MEMBER,
        "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": arn,
        "PrincipalType": "USER",
        "PrincipalId": ALICE,
        "CreatedDate": NOW,
    }


@pytest.mark.parametrize("case", ["unknown", "of the other kind", "of another instance", "expired"])
def test_a_request_that_is_not_found_is_refused(world, case) -> None:
    arn, found = world.new_set(), UNKNOWN
    instance = ARN
    if case != "unknown":
        found = world.assign(arn)["RequestId"]
    if case == "of another instance":
        instance = world.account_instance(has_permission_sets=True).arn
    if case == "expired":
        world.put(replace(_stored(world)[0], expires=NOW))
    caller = None if instance == ARN else "666677778888"
    parameter = "Deletion" if case == "of the other kind" else "Creation"

    with pytest.raises(NotFound) as refused:
        world.call(
            DELETED if parameter == "Deletion" else CREATED,
            caller,
            InstanceArn=instance,
            **{f"AccountAssignment{parameter}RequestId": found},
        )

    assert refused.value.message == f"Could not find a request with id {found}"


def test_requests_are_listed_by_kind_and_filtered_by_status(world) -> None:
    arn = world.new_set()
    made, failed = world.assign(arn), world.assign(arn, principal=UNKNOWN)
    ended = world.unassign(arn)

    def listed(function, answer, **filters):
        found = world.call(function, InstanceArn=ARN, **filters)[answer]
        assert all(set(each) == {"Status", "RequestId", "CreatedDate"} for each in found)
        return {each["RequestId"]: each["Status"] for each in found}

    creations = (
        request_status.list_account_assignment_creation_status,
        "AccountAssignmentsCreationStatus",
    )
    deletions = (
        request_status.list_account_assignment_deletion_status,
        "AccountAssignmentsDeletionStatus",
    )
    assert listed(*creations) == {made["RequestId"]: "SUCCEEDED", failed["RequestId"]: "FAILED"}
    assert listed(*creations, Filter={"Status": "FAILED"}) == {failed["RequestId"]: "FAILED"}
    assert listed(*creations, Filter={"Status": "IN_PROGRESS"}) == {}
    assert listed(*deletions, Filter={}) == {ended["RequestId"]: "SUCCEEDED"}


def test_the_oldest_request_makes_room_for_a_new_one(world) -> None:
    arn = world.new_set()
    world.assign(arn)
    (model,) = _stored(world)
    world.remove(model)
    world.put(
        *(
            replace(model, id=f"{number:032}", created=number)
            for number in range(quotas.STATUS_REQUESTS_MAX)
        )
    )

    world.assign(arn, principal=BOB)

    stored = _stored(world)
    assert len(stored) == quotas.STATUS_REQUESTS_MAX
    assert stored[0].created == 1
    assert stored[-1].principal == BOB
