"""Operations on groups of people."""

from collections.abc import Mapping
from typing import Any

from daypass.core.domain.identity_center.external_id import ExternalId, external_id_key
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.identity_center import ids
from daypass.core.identity_center.folding import fold_name
from daypass.core.identity_center.people import refusals
from daypass.core.identity_center.people.names import read_group_name
from daypass.core.identity_center.people.people_groups import changed_group, new_group
from daypass.core.identity_center.people.refusals import ResourceType
from daypass.services.identitystore import lookup, resources, views
from daypass.services.identitystore.admission import administrators, readers
from daypass.services.identitystore.alternate_identifiers import filtered_value, read_alternate
from daypass.services.identitystore.requested_changes import requested_changes
from daypass.services.kit.context import Context
from daypass.services.kit.identity_center.people import (
    check_group_is_unique,
    check_groups_quota,
    removals_of_group,
)
from daypass.services.kit.operation import operation
from daypass.wire.paginate import SortedList

Req = Mapping[str, Any]
Answer = dict[str, Any]


@operation(on=administrators(resources.the_store))
def create_group(ctx: Context, req: Req) -> Answer:
    """Create a group without members; return its ids."""
    store = lookup.store(ctx, req)
    group = new_group(
        store.id,
        ids.new_uuid(ctx.entropy(ids.UUID_BYTES)),
        read_group_name(req.get("DisplayName")),
        by=ctx.caller.principal.arn,
        now=ctx.now,
        description=req.get("Description", ""),
    )
    check_groups_quota(store)
    check_group_is_unique(store, group)
    ctx.put(group)
    return {**views.group_ids(group), "Revision": str(group.revision)}


@operation(on=readers(resources.the_group))
def describe_group(ctx: Context, req: Req) -> Answer:
    """Return a group, without its members."""
    store = lookup.store(ctx, req)
    return views.group(store, lookup.group(store, lookup.group_id(req)))


@operation(on=administrators(resources.the_group))
def update_group(ctx: Context, req: Req) -> Answer:
    """Change attributes of a group, all or none; return the new revision."""
    store = lookup.store(ctx, req)
    group = lookup.group(store, lookup.group_id(req))
    lookup.check_revision(group, req)
    changed = changed_group(group, requested_changes(req), by=ctx.caller.principal.arn, now=ctx.now)
    check_group_is_unique(store, changed)
    ctx.put(changed)
    return {**views.group_ids(changed), "Revision": str(changed.revision)}


@operation(on=administrators(resources.the_group))
def delete_group(ctx: Context, req: Req) -> None:
    """Delete a group with its memberships; assignments stay and grant nothing."""
    store = lookup.store(ctx, req)
    group = lookup.group(store, lookup.group_id(req))
    lookup.check_revision(group, req)
    ctx.changes.records += removals_of_group(store, group, now=ctx.now).records


@operation(on=readers(resources.all_groups))
def get_group_id(ctx: Context, req: Req) -> Answer:
    """Return the id of the group of a display name or an external id."""
    store = lookup.store(ctx, req)
    alternate = read_alternate(req, unique=("displayname",))
    if alternate.path:
        found = store.group_named(fold_name(alternate.value))
    else:
        key = external_id_key("GROUP", alternate.issuer, alternate.value)
        external = store.of(ExternalId).get(key)
        found = store.of(PeopleGroup).get(external.owner) if external is not None else None
    if found is None:
        raise refusals.not_found(ResourceType.GROUP)
    return views.group_ids(found)


@operation(on=readers(resources.all_groups))
def list_groups(ctx: Context, req: Req) -> Answer:
    """Return the groups in order of id; with a filter, the one of exactly that display name."""
    store = lookup.store(ctx, req)
    name = filtered_value(req, "displayname")
    if name is not None:
        found = store.group_named(fold_name(name))
        is_named = found is not None and found.name == name
        return {"Groups": [views.group(store, found)] if found is not None and is_named else []}
    return {
        "Groups": SortedList(
            lambda after: store.of(PeopleGroup).beginning_with("", after),
            lambda group: group.key,
            lambda group: views.group(store, group),
        )
    }
