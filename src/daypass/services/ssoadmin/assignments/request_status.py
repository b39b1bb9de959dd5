"""Operations on the status of requests to create and delete assignments."""

from collections.abc import Mapping
from typing import Any

from daypass.core.domain.identity_center.assignment_request import (
    CREATION,
    DELETION,
    AssignmentRequest,
)
from daypass.core.domain.identity_center.permission_set import permission_set_arn
from daypass.services.kit.context import Context
from daypass.services.kit.operation import operation
from daypass.services.ssoadmin import lookup, membership, resources
from daypass.services.ssoadmin.status_requests import find_request, listed_requests

Req = Mapping[str, Any]
Answer = dict[str, Any]


def show_request(request: AssignmentRequest) -> Answer:
    """Return a request as AWS's `AccountAssignmentOperationStatus`."""
    view = {
        "Status": request.status,
        "RequestId": request.id,
        "TargetId": request.target,
        "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": permission_set_arn(request.account, request.permission_set),
        "PrincipalType": request.principal_type,
        "PrincipalId": request.principal,
        "CreatedDate": request.created,
    }
    return view | {"FailureReason": request.failure} if request.failure else view


@operation(on=membership.readers(resources.instance))
def describe_account_assignment_creation_status(ctx: Context, req: Req) -> Answer:
    """Return the outcome of a CreateAccountAssignment request."""
    identifier = req["AccountAssignmentCreationRequestId"]
    return {"AccountAssignmentCreationStatus": _described(ctx, req, CREATION, identifier)}


@operation(on=membership.readers(resources.instance))
def describe_account_assignment_deletion_status(ctx: Context, req: Req) -> Answer:
    """Return the outcome of a DeleteAccountAssignment request."""
    identifier = req["AccountAssignmentDeletionRequestId"]
    return {"AccountAssignmentDeletionStatus": _described(ctx, req, DELETION, identifier)}


def _described(ctx: Context, req: Req, change: str, identifier: str) -> Answer:
    view = lookup.view_with_sets(ctx, req)
    return show_request(find_request(ctx, view, AssignmentRequest, identifier, f"{change}/"))


@operation(on=membership.readers(resources.instance))
def list_account_assignment_creation_status(ctx: Context, req: Req) -> Answer:
    """Return the status of CreateAccountAssignment requests, oldest first."""
    view = lookup.view_with_sets(ctx, req)
    listed = listed_requests(ctx, view, AssignmentRequest, req, f"{CREATION}/")
    return {"AccountAssignmentsCreationStatus": listed}


@operation(on=membership.readers(resources.instance))
def list_account_assignment_deletion_status(ctx: Context, req: Req) -> Answer:
    """Return the status of DeleteAccountAssignment requests, oldest first."""
    view = lookup.view_with_sets(ctx, req)
    listed = listed_requests(ctx, view, AssignmentRequest, req, f"{DELETION}/")
    return {"AccountAssignmentsDeletionStatus": listed}
