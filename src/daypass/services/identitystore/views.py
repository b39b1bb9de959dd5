"""The identity store's structures made from records, as its operations answer them."""

from collections.abc import Collection, Mapping
from typing import Any

from daypass.core.domain.identity_center.external_id import ExternalId
from daypass.core.domain.identity_center.group_membership import GroupMembership
from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.person import NO_PROFILE, Person, Profile
from daypass.core.identity_center.people.attributes import ENTERPRISE, STRUCTURED, TEXTS
from daypass.state.snapshot.identity_store_view import IdentityStoreView

View = dict[str, Any]


def store_ids(record: IdentityStore) -> View:
    """Return the members that name a store."""
    return {"IdentityStoreId": record.id, "IdentityStoreArn": record.arn}


def person_ids(person: Person) -> View:
    """Return the members that name a user."""
    return {"IdentityStoreId": person.account, "UserId": person.id, "UserArn": person.arn}


def group_ids(group: PeopleGroup) -> View:
    """Return the members that name a group."""
    return {"IdentityStoreId": group.account, "GroupId": group.id, "GroupArn": group.arn}


def membership_ids(membership: GroupMembership) -> View:
    """Return the members that name a membership."""
    return {
        "IdentityStoreId": membership.account,
        "MembershipId": membership.id,
        "MembershipArn": membership.arn,
    }


def user(store: IdentityStoreView, person: Person, *, extensions: Collection[str] = ()) -> View:
    """Return a `User`, with those of its extensions that are asked for."""
    view: View = {
        **person_ids(person),
        "Revision": str(person.revision),
        "UserName": person.name,
        **_external_ids(store, person.id),
        "UserStatus": "ENABLED" if person.is_enabled else "DISABLED",
        **_changes(person),
    }
    profile = person.profile
    if profile is not NO_PROFILE:
        view |= _attributes(profile)
        enterprise = _parts(profile.enterprise, STRUCTURED[ENTERPRISE].parts)
        if ENTERPRISE in extensions and enterprise:
            view["Extensions"] = {ENTERPRISE: enterprise}
    return view


def _attributes(profile: Profile) -> View:
    """Return the attributes of a profile that are set, without extensions."""
    found: View = {}
    for path, field in TEXTS.items():
        text = getattr(profile, field)
        if text:
            found[_member_name(path)] = text
    for path, attribute in STRUCTURED.items():
        value = getattr(profile, attribute.field)
        if path == ENTERPRISE or not value:
            continue
        names = {_member_name(part): field for part, field in attribute.parts.items()}
        if attribute.entries_max:
            found[_member_name(path)] = [_parts(each, names) for each in value]
        elif parts := _parts(value, names):
            found[_member_name(path)] = parts
    return found


def _parts(structure: object, names: Mapping[str, str]) -> View:
    """Return the members of a structure that are set; a flag is always there.

    `names` are the fields by the names of the members.
    """
    values = {name: getattr(structure, field) for name, field in names.items()}
    return {name: value for name, value in values.items() if value != ""}


def _member_name(path: str) -> str:
    return path[:1].upper() + path[1:]


def group(store: IdentityStoreView, record: PeopleGroup) -> View:
    """Return a `Group`."""
    view: View = {
        **group_ids(record),
        "Revision": str(record.revision),
        "DisplayName": record.name,
        **_external_ids(store, record.id),
        **_changes(record),
    }
    return view | ({"Description": record.description} if record.description else {})


def membership(record: GroupMembership) -> View:
    """Return a `GroupMembership`, which never changes once it is created."""
    return {
        **membership_ids(record),
        "GroupId": record.group,
        "MemberId": {"UserId": record.member},
        "CreatedAt": record.created,
        "CreatedBy": record.created_by,
        "UpdatedAt": record.created,
        "UpdatedBy": record.created_by,
    }


def _external_ids(store: IdentityStoreView, owner: str) -> View:
    found = store.of(ExternalId).group(owner)
    if not found:
        return {}
    return {"ExternalIds": [{"Issuer": each.issuer, "Id": each.id} for each in found]}


def _changes(record: Person | PeopleGroup) -> View:
    return {
        "CreatedAt": record.created,
        "CreatedBy": record.created_by,
        "UpdatedAt": record.updated or record.created,
        "UpdatedBy": record.updated_by or record.created_by,
    }


def network(record: IdentityStore) -> View:
    """Return a `NetworkConfigurationDetails`; without a lock, access is not required by VPC."""
    view: View = {"VpceAccessRequired": record.network is not None}
    if record.network is not None:
        view["ApiAllowSourceIps"] = list(record.network.source_ips)
    if record.scim_source_ips:
        view["ScimAllowSourceIps"] = list(record.scim_source_ips)
    return view
