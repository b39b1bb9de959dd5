"""Operations on users, which are the people of an identity store."""

from collections.abc import Mapping
from typing import Any

from daypass.core.domain.identity_center.external_id import ExternalId, external_id_key
from daypass.core.domain.identity_center.person import NO_PROFILE, Person
from daypass.core.identity_center import ids
from daypass.core.identity_center.folding import fold_name
from daypass.core.identity_center.people import refusals
from daypass.core.identity_center.people.attributes import (
    check_extension,
    with_attribute,
    with_extensions,
)
from daypass.core.identity_center.people.names import read_user_name
from daypass.core.identity_center.people.persons import changed_person, new_person
from daypass.core.identity_center.people.refusals import ResourceType
from daypass.services.identitystore import lookup, resources, views
from daypass.services.identitystore.admission import administrators, readers
from daypass.services.identitystore.alternate_identifiers import filtered_value, read_alternate
from daypass.services.identitystore.requested_changes import requested_changes
from daypass.services.kit.context import Context
from daypass.services.kit.identity_center.people import (
    check_people_quota,
    check_person_is_unique,
    records_of_person,
)
from daypass.services.kit.operation import operation
from daypass.wire.paginate import SortedList

Req = Mapping[str, Any]
Answer = dict[str, Any]
PROFILE_PARAMETERS = (
    "Name",
    "DisplayName",
    "NickName",
    "ProfileUrl",
    "Emails",
    "Addresses",
    "PhoneNumbers",
    "UserType",
    "Title",
    "PreferredLanguage",
    "Locale",
    "Timezone",
    "Photos",
    "Website",
    "Birthdate",
    "Roles",
)
"""Parameters that are attributes of the same name."""


@operation(on=administrators(resources.the_store))
def create_user(ctx: Context, req: Req) -> Answer:
    """Create a user, who is enabled and has no password; return the ids."""
    store = lookup.store(ctx, req)
    profile = NO_PROFILE
    for name in PROFILE_PARAMETERS:
        if name in req:
            profile = with_attribute(profile, name, req[name])
    profile = with_extensions(profile, req.get("Extensions", {}))
    person = new_person(
        store.id,
        ids.new_uuid(ctx.entropy(ids.UUID_BYTES)),
        read_user_name(req.get("UserName")),
        by=ctx.caller.principal.arn,
        now=ctx.now,
        profile=profile,
    )
    check_people_quota(store)
    check_person_is_unique(store, person)
    ctx.put(person)
    return {**views.person_ids(person), "Revision": str(person.revision)}


@operation(on=readers(resources.the_user))
def describe_user(ctx: Context, req: Req) -> Answer:
    """Return a user, with the extensions that are asked for."""
    store = lookup.store(ctx, req)
    person = lookup.person(store, lookup.user_id(req))
    return views.user(store, person, extensions=_extensions(req))


@operation(on=administrators(resources.the_user))
def update_user(ctx: Context, req: Req) -> Answer:
    """Change attributes of a user, all or none; return the new revision."""
    store = lookup.store(ctx, req)
    person = lookup.person(store, lookup.user_id(req))
    lookup.check_revision(person, req)
    changed = changed_person(
        person, requested_changes(req), by=ctx.caller.principal.arn, now=ctx.now
    )
    check_person_is_unique(store, changed)
    ctx.put(changed)
    return {**views.person_ids(changed), "Revision": str(changed.revision)}


@operation(on=administrators(resources.the_user))
def delete_user(ctx: Context, req: Req) -> None:
    """Delete a user with memberships and sessions; assignments stay and grant nothing."""
    store = lookup.store(ctx, req)
    person = lookup.person(store, lookup.user_id(req))
    lookup.check_revision(person, req)
    for record in records_of_person(ctx.directory, store, person):
        ctx.remove(record)


@operation(on=readers(resources.all_users))
def get_user_id(ctx: Context, req: Req) -> Answer:
    """Return the id of the user of a name, an e-mail address or an external id."""
    store = lookup.store(ctx, req)
    alternate = read_alternate(req, unique=("username", "emails.value"))
    if alternate.path == "username":
        found = store.person_named(fold_name(alternate.value))
    elif alternate.path:
        found = store.person_with_email(fold_name(alternate.value))
    else:
        key = external_id_key("USER", alternate.issuer, alternate.value)
        external = store.of(ExternalId).get(key)
        found = store.of(Person).get(external.owner) if external is not None else None
    if found is None:
        raise refusals.not_found(ResourceType.USER)
    return views.person_ids(found)


@operation(on=readers(resources.all_users))
def list_users(ctx: Context, req: Req) -> Answer:
    """Return the users in order of id; with a filter, the one of that name."""
    store, extensions = lookup.store(ctx, req), _extensions(req)
    name = filtered_value(req, "username")
    if name is not None:
        found = store.person_named(fold_name(name))
        people = [views.user(store, found, extensions=extensions)] if found is not None else []
        return {"Users": people}
    return {
        "Users": SortedList(
            lambda after: store.of(Person).beginning_with("", after),
            lambda person: person.key,
            lambda person: views.user(store, person, extensions=extensions),
        )
    }


def _extensions(req: Req) -> list[str]:
    """Return the extensions that a request asks for; raises `Invalid` for an unknown one."""
    names: list[str] = req.get("Extensions", [])
    for name in names:
        check_extension(name)
    return names
