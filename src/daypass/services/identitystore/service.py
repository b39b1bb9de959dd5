"""The declaration of `identitystore`: its model, modules, error codes and personal data."""

from daypass.core.identity_center.people.refusals import REASONS
from daypass.services.identitystore import groups, memberships, stores, users
from daypass.services.identitystore.error_codes import CODES, FAILURE_CODE
from daypass.services.kit.service import Service
from daypass.wire.interface import RefusalShape

_ATTRIBUTES = (
    "Birthdate",
    "DisplayName",
    "Locale",
    "NickName",
    "PreferredLanguage",
    "ProfileUrl",
    "Timezone",
    "Title",
    "UserName",
    "UserType",
    "Website",
)
_STRUCTURES = {
    "Address": (
        "Country",
        "Formatted",
        "Locality",
        "PostalCode",
        "Region",
        "StreetAddress",
        "Type",
    ),
    "DescribeGroupResponse": ("Description", "DisplayName"),
    "DescribeUserResponse": _ATTRIBUTES,
    "Email": ("Type", "Value"),
    "ExternalId": ("Id", "Issuer"),
    "Group": ("Description", "DisplayName"),
    "Name": (
        "FamilyName",
        "Formatted",
        "GivenName",
        "HonorificPrefix",
        "HonorificSuffix",
        "MiddleName",
    ),
    "PhoneNumber": ("Type", "Value"),
    "Photo": ("Display", "Type", "Value"),
    "Role": ("Type", "Value"),
    "User": _ATTRIBUTES,
}
"""What the structures of answers say of people: ids are shown in the audit log, and these never."""

SERVICE = Service(
    name="identitystore",
    model="identitystore",
    action_prefix="identitystore",
    page_size=100,
    modules=(groups, memberships, stores, users),
    codes=CODES,
    failure_code=FAILURE_CODE,
    is_called_by_commands=True,
    reasons={"ConflictException": REASONS},
    refusal_shape=RefusalShape.BOTH_MESSAGES,
    names_each_refusal=True,
    personal=frozenset(
        f"{structure}.{member}" for structure, members in _STRUCTURES.items() for member in members
    ),
)
