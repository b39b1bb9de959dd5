"""Attributes for access control: values of a person that become session tags of their sessions.

A source is one of a fixed list of paths into a person's record; there is no expression language.
Source: IAM Identity Center user guide, "Attributes for access control" and "Choosing IAM Identity
Center attributes".
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from daypass.core import quotas
from daypass.core.domain.identity_center.instance import AccessAttribute, Instance
from daypass.core.domain.identity_center.person import Person, Profile
from daypass.core.domain.record import Tag
from daypass.core.domain.tagging import check_tag_keys
from daypass.core.faults import Invalid, InvalidParameterValue

ReadValue = Callable[[str, Profile], str]
"""Takes a person's user name and profile; returns the value at a path, empty without one."""
_WORK = "work"


def _profile(field: str) -> ReadValue:
    return lambda _, profile: str(getattr(profile, field))


def _name(field: str) -> ReadValue:
    return lambda _, profile: str(getattr(profile.name, field))


def _enterprise(field: str) -> ReadValue:
    return lambda _, profile: str(getattr(profile.enterprise, field))


def _work_address(field: str) -> ReadValue:
    def read(_: str, profile: Profile) -> str:
        found = (each for each in profile.addresses if each.type.lower() == _WORK)
        return next((str(getattr(each, field)) for each in found), "")

    return read


def _user_name(name: str, _: Profile) -> str:
    return name


def _primary_email(_: str, profile: Profile) -> str:
    return next((each.value for each in profile.emails if each.primary), "")


def _work_phone(_: str, profile: Profile) -> str:
    found = (each for each in profile.phone_numbers if each.type.lower() == _WORK)
    return next((each.value for each in found), "")


def _by_path(prefix: str, make: Callable[[str], ReadValue], **fields: str) -> dict[str, ReadValue]:
    return {f"{prefix}{path}": make(field) for path, field in fields.items()}


_PATHS: Mapping[str, ReadValue] = MappingProxyType(
    {
        "userName": _user_name,
        "emails[primary eq true].value": _primary_email,
        'phoneNumbers[type eq "work"].value': _work_phone,
        "enterprise.manager.value": _enterprise("manager"),
    }
    | _by_path(
        "name.",
        _name,
        familyName="family_name",
        givenName="given_name",
        middleName="middle_name",
        formatted="formatted",
        honorificPrefix="honorific_prefix",
        honorificSuffix="honorific_suffix",
    )
    | _by_path(
        "",
        _profile,
        displayName="display_name",
        nickName="nick_name",
        profileUrl="profile_url",
        title="title",
        userType="user_type",
        preferredLanguage="preferred_language",
        locale="locale",
        timezone="timezone",
    )
    | _by_path(
        'addresses[type eq "work"].',
        _work_address,
        streetAddress="street",
        locality="locality",
        region="region",
        postalCode="postal_code",
        country="country",
        formatted="formatted",
    )
    | _by_path(
        "enterprise.",
        _enterprise,
        employeeNumber="employee_number",
        costCenter="cost_center",
        organization="organization",
        division="division",
        department="department",
    )
)
_VALUES_BY_SOURCE: Mapping[str, ReadValue] = {
    f"${{path:{path}}}": read for path, read in _PATHS.items()
}
SOURCES = tuple(_VALUES_BY_SOURCE)
"""Every source of an attribute, such as `${path:enterprise.costCenter}`, spelled exactly so."""


def check_access_attributes(attributes: Iterable[AccessAttribute]) -> tuple[AccessAttribute, ...]:
    """Return attributes whose keys can be those of session tags and whose sources are known.

    Raises `InvalidParameterValue` naming the first that is refused. The model has checked the
    number of attributes, and the keys' lengths and characters.
    """
    found = tuple(attributes)
    check_tag_keys(
        [Tag(each.key, "") for each in found],
        duplicate=lambda: InvalidParameterValue(
            "Duplicate attribute keys found. Attribute keys are case insensitive."
        ),
        reserved=lambda: InvalidParameterValue(
            "Attribute keys beginning with aws: are reserved for system use."
        ),
    )
    for each in found:
        if each.source not in _VALUES_BY_SOURCE:
            raise InvalidParameterValue(
                f"The source {each.source} of the attribute {each.key} is not a supported path."
            )
    return found


def session_tags(instance: Instance, person: Person) -> tuple[Tag, ...]:
    """Return the session tags of a person's sessions: one for each attribute that has a value.

    Empty while access control is off. Raises `Invalid` naming the attribute whose value cannot be a
    tag's: a tag that was left out instead would let policies decide without it.
    """
    if not instance.access_attributes:
        return ()
    # Decoded once for all attributes.
    profile = person.profile
    tags = []
    for each in instance.access_attributes:
        value = _VALUES_BY_SOURCE[each.source](person.name, profile)
        if not _can_be_tag_value(value):
            raise Invalid(
                f"The value of the attribute {each.key} ({each.source}) cannot be a session tag."
            )
        if value:
            tags.append(Tag(each.key, value))
    return tuple(tags)


def _can_be_tag_value(value: str) -> bool:
    """Return whether STS would take a session tag with that value.

    Source: AWS STS API reference, "Tag": letters, separators, digits and `_.:/=+-@`.
    """
    return len(value) <= quotas.SESSION_TAG_VALUE_CHARACTERS_MAX and all(
        each in _TAG_PUNCTUATION or unicodedata.category(each)[0] in _TAG_CATEGORIES
        for each in value
    )


_TAG_PUNCTUATION = "_.:/=+-@"
_TAG_CATEGORIES = "LZN"
"""General categories of Unicode: letters, separators, numbers."""
