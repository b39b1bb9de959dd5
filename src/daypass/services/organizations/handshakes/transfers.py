"""Transfers of responsibility: a management account takes over another organization's bill.

There are no bills here. A transfer is offered, accepted, listed and withdrawn as AWS's is, and has
no other effect: it gives no account access, no policy refers to it, no permission follows from it.
Sources: Organizations API reference, "InviteOrganizationToTransferResponsibility" and the
operations beside it; AWS Billing user guide, "Transferring billing management to external
accounts".
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.organizations import handshakes, ids, refusals
from daypass.core.organizations import transfers as rules
from daypass.core.organizations.refusals import (
    ConstraintReason,
    ErrorCode,
    HandshakeReason,
    organizations_fault,
)
from daypass.services.kit.context import Context
from daypass.services.kit.context_keys import tag_keys
from daypass.services.kit.operation import ResourceTarget, operation
from daypass.services.organizations import handshake_parties, new_tags, resources, tree_nodes, views
from daypass.services.organizations.handshakes import handshake_records
from daypass.services.organizations.membership import (
    caller_organization,
    management_only,
    organization_readers,
    organization_record,
)
from daypass.wire.paginate import KeyedList

Req = Mapping[str, Any]
Answer = dict[str, Any]
_TYPE = "organizations:transfertype"
_DIRECTION = "organizations:transferdirection"


@dataclass(frozen=True, slots=True)
class _TransferSide:
    """A transfer as the caller's organization sees it: inbound or outbound."""

    transfer: ResponsibilityTransfer
    direction: str


def _invited_account(ctx: Context, req: Req) -> ResourceTarget:
    """Return the invited account as the target, with the keys of an inbound transfer."""
    found = resources.invited_account(ctx, req)
    return ResourceTarget(found.arn, {**found.keys, _TYPE: req["Type"], _DIRECTION: rules.INBOUND})


@operation(on=management_only(resources.with_tag_permission(_invited_account)))
def invite_organization_to_transfer_responsibility(ctx: Context, req: Req) -> Answer:
    """Offer to take over another organization's bill from the first of a month on."""
    owner, view, target = organization_record(ctx), caller_organization(ctx), req["Target"]["Id"]
    is_email = req["Target"]["Type"] == handshakes.EMAIL
    handshakes.check_target(req["Target"]["Type"], target)
    start = rules.transfer_start(req["StartTimestamp"], ctx.now)
    _check_party(ctx, owner, handshake_parties.recipient_account(ctx, target, is_email=is_email))
    action = handshakes.TRANSFER_RESPONSIBILITY
    handshakes.check_not_duplicate(
        view.of(Handshake), action, target, is_email=is_email, now=ctx.now
    )
    handshakes.check_rate(view.of(Handshake), accounts_max=ctx.settings.accounts_max, now=ctx.now)
    rules.check_inbound_quota(
        sum(1 for each in view.of(ResponsibilityTransfer) if _is_active(each, ctx.now))
    )
    handshake_records.remove_forgotten(ctx, view)
    counted, made = handshake_records.open_handshake(
        ctx,
        owner,
        action,
        state=handshakes.REQUESTED,
        expires=rules.invitation_expiry(start, ctx.now),
        target=target,
        is_email=is_email,
        notes=req.get("Notes", ""),
    )
    serial, counted = tree_nodes.take_serial(counted)
    transfer = ResponsibilityTransfer(
        account=owner.id,
        id=ids.transfer(ctx.entropy(ids.ENTROPY_BYTES)),
        type=req["Type"],
        name=req["SourceName"],
        serial=serial,
        handshake=made.id,
        status=handshakes.REQUESTED,
        invited=target,
        is_email=is_email,
        requested=ctx.now,
        start=start,
        expires=made.expires,
        tags=new_tags.with_request_tags(ctx, "transfer", req),
    )
    ctx.put(counted)
    ctx.put(transfer)
    return {"Handshake": views.handshake(ctx, made, transfer=transfer)}


def _is_active(transfer: ResponsibilityTransfer, now: int) -> bool:
    """Return whether a transfer is offered or in force."""
    return rules.transfer_status(transfer, now) == handshakes.REQUESTED or rules.is_effective(
        transfer, now
    )


def _check_party(ctx: Context, owner: Organization, account: str) -> None:
    """Raise a refusal for the own organization, and for one whose bill is taken over already."""
    if account == owner.management:
        raise organizations_fault(
            HandshakeReason.SOURCE_AND_TARGET_CANNOT_MATCH,
            "An account cannot be both the sender and the recipient of a transfer.",
        )
    for each in caller_organization(ctx).of(ResponsibilityTransfer):
        if each.source == account and rules.is_effective(each, ctx.now):
            raise organizations_fault(
                HandshakeReason.RESPONSIBILITY_TRANSFER_ALREADY_EXISTS,
                "There is such a transfer already.",
            )


def accept_transfer(ctx: Context, handshake: Handshake) -> Handshake:
    """Stage that the caller's organization has handed over its bill."""
    source, offered = organization_record(ctx), _transfer_of_handshake(ctx, handshake)
    links = []
    for view in ctx.directory.organizations:
        # The length of a chain depends on the transfers of all organizations.
        links += [
            (each.source_organization, each.account)
            for each in view.of(ResponsibilityTransfer)
            if each.id != offered.id and rules.is_effective(each, offered.start)
        ]
    rules.check_transfer_links(links, source=source.id, target=handshake.account)
    ctx.put(
        replace(
            offered,
            status=handshakes.ACCEPTED,
            ended=ctx.now,
            source=source.management,
            source_organization=source.id,
        )
    )
    return handshake_records.end_handshake(ctx, handshake, handshakes.ACCEPTED)


def end_invitation(ctx: Context, handshake: Handshake, state: str) -> Handshake:
    """Stage that an offer was declined or cancelled; return its handshake as ended."""
    ctx.put(replace(_transfer_of_handshake(ctx, handshake), status=state, ended=ctx.now))
    return handshake_records.end_handshake(ctx, handshake, state)


def _transfer_of_handshake(ctx: Context, handshake: Handshake) -> ResponsibilityTransfer:
    """Return the transfer that a handshake offers."""
    transfers = ctx.directory.organization(handshake.account).of(ResponsibilityTransfer)
    return next(each for each in transfers if each.handshake == handshake.id)


def _transfer_sides(ctx: Context) -> Iterator[_TransferSide]:
    """Yield every transfer and offer in which the caller's organization takes part."""
    record = organization_record(ctx)
    for view in ctx.directory.organizations:
        for each in view.of(ResponsibilityTransfer):
            side = _transfer_side(ctx, each, record)
            if side is not None:
                yield side


def _transfer_side(
    ctx: Context, transfer: ResponsibilityTransfer, record: Organization
) -> _TransferSide | None:
    """Return a transfer as an organization sees it.

    None if the organization takes no part in it, or if it ended too long ago to be read.
    """
    if not rules.is_readable(transfer, ctx.now):
        return None
    if transfer.account == record.id:
        return _TransferSide(transfer, rules.INBOUND)
    return _TransferSide(transfer, rules.OUTBOUND) if _is_source(ctx, transfer, record) else None


def _is_source(ctx: Context, transfer: ResponsibilityTransfer, record: Organization) -> bool:
    """Return whether an organization is the one whose bill is transferred."""
    if transfer.source_organization:
        return transfer.source_organization == record.id
    invited = handshake_parties.recipient_account(ctx, transfer.invited, is_email=transfer.is_email)
    return invited == record.management


def _find_transfer(ctx: Context, identifier: str) -> _TransferSide:
    """Return the transfer of an id as the caller's organization sees it; raises a refusal."""
    found = ctx.directory.find_anywhere(ResponsibilityTransfer, identifier)
    side = _transfer_side(ctx, found, organization_record(ctx)) if found is not None else None
    if side is None:
        raise organizations_fault(
            ErrorCode.TRANSFER_NOT_FOUND, "We can't find a transfer with the id that you specified."
        )
    return side


def _transfer_in_request(ctx: Context, req: Req) -> ResourceTarget:
    """Return the transfer in `Id` as the target."""
    side = _find_transfer(ctx, req["Id"])
    keys: resources.Keys = {_TYPE: side.transfer.type, _DIRECTION: side.direction}
    if side.direction == rules.INBOUND:
        keys |= tag_keys("aws:resourcetag", side.transfer.tags)
    return ResourceTarget(
        rules.transfer_arn(organization_record(ctx), side.transfer, side.direction), keys
    )


def _transfers_of_direction(direction: str) -> Callable[[Context, Req], ResourceTarget]:
    """Return a locator of `*` with the keys of a direction."""
    return lambda _ctx, req: ResourceTarget("*", {_TYPE: req["Type"], _DIRECTION: direction})


def _transfer_view(ctx: Context, side: _TransferSide) -> Answer:
    return views.transfer(ctx, side.transfer, direction=side.direction)


@operation(on=organization_readers(_transfer_in_request))
def describe_responsibility_transfer(ctx: Context, req: Req) -> Answer:
    """Return a transfer to either side."""
    return {"ResponsibilityTransfer": _transfer_view(ctx, _find_transfer(ctx, req["Id"]))}


@operation(on=management_only(_transfer_in_request))
def update_responsibility_transfer(ctx: Context, req: Req) -> Answer:
    """Rename a transfer; only the inviting side has a name for it and sees that."""
    side = _find_transfer(ctx, req["Id"])
    if side.direction != rules.INBOUND:
        raise organizations_fault(ErrorCode.NOT_YOURS, refusals.NOT_YOURS)
    rules.check_can_update(side.transfer, ctx.now)
    return _stage_transfer(ctx, side, replace(side.transfer, name=req["Name"]))


@operation(on=management_only(_transfer_in_request))
def terminate_responsibility_transfer(ctx: Context, req: Req) -> Answer:
    """Withdraw a transfer at the end of a month; either side may, and it is final."""
    side = _find_transfer(ctx, req["Id"])
    rules.check_can_withdraw(side.transfer, ctx.now)
    end = rules.transfer_end(req.get("EndTimestamp"), ctx.now)
    return _stage_transfer(ctx, side, replace(side.transfer, status=rules.WITHDRAWN, end=end))


def _stage_transfer(ctx: Context, side: _TransferSide, changed: ResponsibilityTransfer) -> Answer:
    ctx.put(changed)
    return {"ResponsibilityTransfer": _transfer_view(ctx, _TransferSide(changed, side.direction))}


@operation(on=organization_readers(_transfers_of_direction(rules.INBOUND)))
def list_inbound_responsibility_transfers(ctx: Context, req: Req) -> Answer:
    """Return the bills that the organization has taken over or offered to, or the named one."""
    return _transfers_answer(ctx, rules.INBOUND, req.get("Id"))


@operation(on=organization_readers(_transfers_of_direction(rules.OUTBOUND)))
def list_outbound_responsibility_transfers(ctx: Context, _req: Req) -> Answer:
    """Return the transfers of the organization's own bill, offered ones included."""
    return _transfers_answer(ctx, rules.OUTBOUND, None)


def _transfers_answer(ctx: Context, direction: str, identifier: str | None) -> Answer:
    """Return the answer of a List operation: transfers of a direction, or the named one."""
    found = [side for side in _transfer_sides(ctx) if side.direction == direction]
    if identifier is not None:
        found = [side for side in found if side.transfer.id == identifier]
        if not found:
            raise organizations_fault(
                ErrorCode.TRANSFER_NOT_FOUND,
                "We can't find a transfer with the id that you specified.",
            )
    found.sort(key=_list_position)
    return {
        "ResponsibilityTransfers": KeyedList(
            [(_list_position(side), _transfer_view(ctx, side)) for side in found]
        )
    }


def _list_position(side: _TransferSide) -> int:
    """Return a transfer's position in a list, in order of creation.

    Those of other organizations have no common serial number and are ordered by time.
    """
    if side.direction == rules.INBOUND:
        return side.transfer.serial
    return handshakes.creation_order(side.transfer.requested, side.transfer.id)


def check_no_active_transfer(ctx: Context) -> None:
    """Raise a refusal while the organization has sent an offer or has a transfer in force.

    An offer to it does not count.
    """
    for side in _transfer_sides(ctx):
        is_open = side.direction == rules.INBOUND and _is_active(side.transfer, ctx.now)
        if is_open or rules.is_effective(side.transfer, ctx.now):
            raise organizations_fault(
                ConstraintReason.ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS,
                "You cannot delete an organization that has a transfer of responsibility.",
            )
