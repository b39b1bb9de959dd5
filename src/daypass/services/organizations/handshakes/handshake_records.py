"""The records of handshakes: written, ended, and deleted a month after their end."""

from msgspec.structs import replace

from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.domain.record import Tag
from daypass.core.organizations import ids
from daypass.core.organizations.retention import removable_handshakes, removable_transfers
from daypass.services.kit.context import Context
from daypass.services.organizations import tree_nodes
from daypass.state.snapshot.organization_view import OrganizationView


def open_handshake(  # noqa: PLR0913 - the fields of a handshake
    ctx: Context,
    owner: Organization,
    action: str,
    *,
    state: str,
    expires: int,
    target: str = "",
    is_email: bool = False,
    notes: str = "",
    parent: str = "",
    tags: tuple[Tag, ...] = (),
) -> tuple[Organization, Handshake]:
    """Stage a new handshake and the organization whose next serial number it takes; return both.

    Callers that change the organization further go on with the returned one.
    """
    serial, counted = tree_nodes.take_serial(owner)
    made = Handshake(
        account=owner.id,
        id=ids.handshake(ctx.entropy(ids.ENTROPY_BYTES)),
        action=action,
        state=state,
        target=target,
        is_email=is_email,
        serial=serial,
        requested=ctx.now,
        expires=expires,
        notes=notes,
        parent=parent,
        tags=tags,
    )
    ctx.put(counted)
    ctx.put(made)
    return counted, made


def end_handshake(ctx: Context, handshake: Handshake, state: str) -> Handshake:
    """Stage that a handshake ends in a state; return it as ended."""
    ended = replace(handshake, state=state, ended=ctx.now)
    ctx.put(ended)
    return ended


def remove_forgotten(ctx: Context, view: OrganizationView) -> None:
    """Stage the removal of handshakes and transfers that ended a month ago.

    Otherwise an organization's records would grow without a bound.
    """
    for handshake in removable_handshakes(view.of(Handshake), ctx.now):
        ctx.remove(handshake)
    for transfer in removable_transfers(view.of(ResponsibilityTransfer), ctx.now):
        ctx.remove(transfer)
