"""Operations that provision a permission set again, and tell how far that is."""

from collections.abc import Mapping
from typing import Any

from daypass.core import quotas
from daypass.core.domain.identity_center.assignment_request import FAILED, IN_PROGRESS
from daypass.core.domain.identity_center.permission_set import permission_set_arn
from daypass.core.domain.identity_center.provisioning_request import OPEN, ProvisioningRequest
from daypass.core.faults import Conflict, InvalidParameterValue
from daypass.core.identity_center import ids
from daypass.services.kit.context import Context
from daypass.services.kit.operation import OperationSteps, operation
from daypass.services.ssoadmin import lookup, membership, resources
from daypass.services.ssoadmin.provisioning.management_wall import input_by_caller
from daypass.services.ssoadmin.provisioning.parts import first_part, provision_target
from daypass.services.ssoadmin.status_requests import (
    expiry,
    find_request,
    listed_requests,
    stage_request,
)

Req = Mapping[str, Any]
Answer = dict[str, Any]
ONE_ACCOUNT = "AWS_ACCOUNT"


@operation(
    on=membership.administrators(
        resources.all_of(resources.permission_set, resources.account_in_parameter("TargetId"))
    )
)
def provision_permission_set(ctx: Context, req: Req) -> OperationSteps:
    """Bring the role of a permission set up to date, in one account or in all that have it.

    In more accounts than one commit has, the rest is done after the call.
    """
    permission_set = lookup.permission_set(ctx, req)
    view = lookup.instance_view(ctx, req)
    if ("TargetId" in req) != (req["TargetType"] == ONE_ACCOUNT):
        raise InvalidParameterValue(
            f"TargetId is required if TargetType is {ONE_ACCOUNT}, and not allowed otherwise."
        )
    request = ProvisioningRequest(
        account=view.id,
        id=ids.new_uuid(ctx.entropy(ids.UUID_BYTES)),
        permission_set=permission_set.id,
        created=ctx.now,
        expires=expiry(ctx),
        target=req.get("TargetId", ""),
        pending=permission_set,
    )
    work = input_by_caller(ctx, lookup.instance(ctx, req))
    if request.target:
        records, request = provision_target(work, request)
    else:
        records, request = yield from first_part(work, request)
    open_requests = view.of(ProvisioningRequest).group(OPEN, "phase")
    if request.phase and len(open_requests) >= quotas.PROVISIONINGS_OUTSTANDING_MAX:
        raise Conflict(
            f"{len(open_requests)} permission sets are being provisioned in many accounts; try"
            " again when one of them is done."
        )
    for each in records:
        ctx.put(each)
    stage_request(ctx, view, request)
    answer = _view(request) | {"Status": IN_PROGRESS}
    answer.pop("FailureReason", None)
    return {"PermissionSetProvisioningStatus": answer}


@operation(on=membership.readers(resources.instance))
def describe_permission_set_provisioning_status(ctx: Context, req: Req) -> Answer:
    """Return how far a ProvisionPermissionSet request is, or its outcome."""
    view = lookup.view_with_sets(ctx, req)
    identifier = req["ProvisionPermissionSetRequestId"]
    found = find_request(ctx, view, ProvisioningRequest, identifier)
    return {"PermissionSetProvisioningStatus": _view(found)}


@operation(on=membership.readers(resources.instance))
def list_permission_set_provisioning_status(ctx: Context, req: Req) -> Answer:
    """Return the status of ProvisionPermissionSet requests, oldest first."""
    view = lookup.view_with_sets(ctx, req)
    listed = listed_requests(ctx, view, ProvisioningRequest, req)
    return {"PermissionSetsProvisioningStatus": listed}


def _view(request: ProvisioningRequest) -> Answer:
    """Return a request as AWS's `PermissionSetProvisioningStatus`."""
    view = {
        "Status": request.status,
        "RequestId": request.id,
        "PermissionSetArn": permission_set_arn(request.account, request.permission_set),
        "CreatedDate": request.created,
    }
    if request.target:
        view["AccountId"] = request.target
    if request.status == FAILED:
        view["FailureReason"] = request.failure
    return view
