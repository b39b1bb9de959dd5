"""The recorded requests whose status clients poll: stored, found, listed, and few enough.

An instance keeps the newest ones of each kind, for some days. Expired ones are not found, whether
or not the job that removes them has run.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from daypass.core import quotas
from daypass.core.domain.identity_center.assignment_request import AssignmentRequest
from daypass.core.domain.identity_center.provisioning_request import ProvisioningRequest
from daypass.core.faults import NotFound
from daypass.services.kit.context import Context
from daypass.state.snapshot.instance_view import InstanceView
from daypass.wire.paginate import SortedList

StatusRequest = TypeVar("StatusRequest", AssignmentRequest, ProvisioningRequest)


def expiry(ctx: Context) -> int:
    """Return the steady time until which a request that is stored now is kept."""
    return ctx.now + ctx.lead + quotas.STATUS_REQUEST_SECONDS


def stage_request(ctx: Context, view: InstanceView, request: StatusRequest) -> StatusRequest:
    """Stage a request; the oldest one of its kind that has ended is deleted to make room.

    Returns the request.
    """
    kept = view.of(type(request))
    if len(kept) >= quotas.STATUS_REQUESTS_MAX:
        oldest = next((each for each in kept if not _is_open(each)), None)
        if oldest is not None:
            ctx.remove(oldest)
    ctx.put(request)
    return request


def find_request(
    ctx: Context, view: InstanceView, record: type[StatusRequest], identifier: str, prefix: str = ""
) -> StatusRequest:
    """Return the request of an id whose key has a prefix; raises `NotFound`."""
    for found in view.of(record).group(identifier):
        if found.key.startswith(prefix) and not _has_expired(ctx, found):
            return found
    raise NotFound(f"Could not find a request with id {identifier}")


def listed_requests(
    ctx: Context, view: InstanceView, record: type[StatusRequest], req: Any, prefix: str = ""
) -> SortedList[StatusRequest]:
    """Return the requests whose key has a prefix, of the status in `Filter`, as they are listed."""
    status = req.get("Filter", {}).get("Status")

    def after(key: str) -> Iterator[StatusRequest]:
        for found in view.of(record).beginning_with(prefix, key):
            if status in {None, found.status} and not _has_expired(ctx, found):
                yield found

    return SortedList(
        after=after,
        key=lambda each: each.key,
        show=lambda each: {
            "Status": each.status,
            "RequestId": each.id,
            "CreatedDate": each.created,
        },
    )


def _has_expired(ctx: Context, request: AssignmentRequest | ProvisioningRequest) -> bool:
    return not _is_open(request) and request.expires <= ctx.now + ctx.lead


def _is_open(request: AssignmentRequest | ProvisioningRequest) -> bool:
    return isinstance(request, ProvisioningRequest) and bool(request.phase)
