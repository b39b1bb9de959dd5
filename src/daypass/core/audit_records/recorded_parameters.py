"""A call's parameters and results as an audit record shows them: listed names alone, bounded.

A closed list has the names that are shown. A parameter that is not on it is hidden, and so is one
that its service's model calls sensitive: a parameter that somebody adds later is a secret until it
is listed here. Names begin with a small letter, as CloudTrail writes them. Source: CloudTrail user
guide, "CloudTrail record contents", `requestParameters` and `responseElements`.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from daypass.core.audit_records.texts import TEXT_MAX, escape_document

HIDDEN: Final = "HIDDEN_DUE_TO_SECURITY_REASONS"
"""CloudTrail's word for a value that is not shown."""
OMITTED: Final = "OMITTED_FOR_LENGTH"
"""Stands for a value that exceeds the record's bound."""
CHARACTERS_MAX = 16 * 1024
"""Characters of all texts that a record keeps of one call's parameters; the longest policy of IAM
has 10,240."""
VALUE_CHARACTERS = 16
"""What each value takes of that bound beside its text, so that many short ones are bounded too."""
LIST_MAX = 100
"""Members that a record keeps of one list; a call may bring fifty tags."""
DEPTH_MAX = 8
"""Levels that a record follows; no operation that is served has more than five."""
_INTEGER_MAX = 2**63

_PARAMETER_NAMES = """
    AccessKeyId AccountId ActionNames ActionType AssignmentStatus AssumeRolePolicyDocument
    AttachmentName AttachmentType CallerArn ChildId ChildType Content ContextEntries ContextKeyName
    ContextKeyType ContextKeyValues CreateAccountRequestId Description DestinationParentId
    DurationSeconds EndTimestamp EntityFilter ExternalId FeatureSet Filter GroupName HandshakeId
    IamUserAccessToBilling Id InlinePolicyIdentifier Key MaxItems MaxResults MaxSessionDuration
    MaxSigninSessionDuration MinimumSessionTokenSize Name NewGroupName NewPath NewUserName
    OnlyAttached OrderedOrganizationPolicyInputList OrganizationalUnitId ParentHandshakeId ParentId
    Path PathPrefix PermissionsBoundary PermissionsBoundaryPolicyInputList Policy PolicyArn
    PolicyArns PolicyDocument PolicyExclusionList PolicyId PolicyInputList PolicyName
    PolicySourceArn PolicyType PolicyUsageFilter ProvidedContexts ProviderArn
    ResetMaxSigninSessionDuration ResourceArns ResourceHandlingOption ResourceId ResourceOwner
    ResourcePolicy RoleArn RoleName RoleSessionName RootId SAMLProviderArn Scope
    ScopedSessionDescription SerialNumber ServiceControlPolicyInputList ServicePrincipal
    SetAsDefault SourceIdentity SourceParentId StartTimestamp States Status TagKeys Tags Target
    TargetId TransitiveTagKeys Type UserName Value VersionId VirtualMFADeviceName accountId arn
    maxResults roleName
"""
_IDENTITY_STORE_PARAMETERS = """
    AlternateIdentifier ApiAllowSourceIps ApiRestrictSourceVpcs AttributePath Extensions Filters
    GroupId GroupIds IdentityStoreId MemberId MembershipId NetworkConfiguration Operations Revision
    ScimAllowSourceIps UniqueAttribute UserId VpceAccessRequired
"""
"""What `identitystore` adds: ids and paths, never the value of an attribute, which is personal."""
_INSTANCE_PARAMETERS = """
    AccessControlAttributes AccountAssignmentCreationRequestId
    AccountAssignmentDeletionRequestId AllowSourceIps ClientToken
    CustomerManagedPolicyReference EncryptionConfiguration ExcludeApplicationArns InlinePolicy
    InstanceAccessControlAttributeConfiguration InstanceArn KeyType KmsKeyArn ManagedPolicyArn
    PermissionSetArn PermissionSetsEnabled PrincipalId PrincipalType
    ProvisionPermissionSetRequestId ProvisioningStatus RegionName RegionScope RelayState
    ResourceArn RestrictSourceVpcs SessionDuration Source TargetType
"""
"""What `sso-admin` adds; the source of an attribute for access control is a path, not a value."""
_RESULT_NAMES = """
    AccessKeyId AccountId Arn AssumedRoleId CreateDate DefaultVersionId Expiration FeatureSet
    FederatedUserId GroupId GroupName Id MasterAccountId Name PackedPolicySize Path PolicyId
    PolicyName PolicyType RoleId RoleName ScopedPoliciesCount ScopedSessionId SerialNumber
    SourceIdentity State Status Type UserId UserName VersionId accessKeyId expiration
"""
_IDENTITY_STORE_RESULTS = "IdentityStoreId MembershipId Revision"
_INSTANCE_RESULTS = (
    "InstanceArn PermissionSetArn PrincipalId PrincipalType RequestId TargetId TargetType"
)


def _record_names(names: str) -> dict[str, str]:
    """Return each name of a list with the name that a record gives it."""
    return {name: name[:1].lower() + name[1:] for name in names.split()}


RECORDED_PARAMETERS: Final[Mapping[str, str]] = _record_names(
    f"{_PARAMETER_NAMES} {_IDENTITY_STORE_PARAMETERS} {_INSTANCE_PARAMETERS}"
)
"""Parameters whose values a record shows: their names in the models, and in the record."""
RECORDED_RESULTS: Final[Mapping[str, str]] = _record_names(
    f"{_RESULT_NAMES} {_IDENTITY_STORE_RESULTS} {_INSTANCE_RESULTS}"
)
"""Members of an answer that a record shows if the call issued a credential or changed a record:
ids, names and times."""
_NO_NAMES: frozenset[str] = frozenset()


def redacted_parameters(
    params: Mapping[str, object],
    sensitive: frozenset[str] = _NO_NAMES,
    *,
    record_names: Mapping[str, str] = RECORDED_PARAMETERS,
) -> dict[str, object]:
    """Return a call's parameters with unlisted and sensitive values replaced by `HIDDEN`.

    `sensitive` has the names that the service's model calls sensitive. What exceeds the record's
    bound is `OMITTED`, or cut with a note of its length.
    """
    kept: dict[str, object] = {}
    left = CHARACTERS_MAX
    for name, value in params.items():
        record_name = record_names.get(name)
        if (
            record_name is None
            or name in sensitive
            or not isinstance(value, str)
            or len(value) >= left
            or not value.isprintable()
        ):
            break
        kept[record_name] = value
        left -= len(value) + VALUE_CHARACTERS
    else:
        # As most calls: short texts without a secret.
        return kept
    return _Recorder(sensitive, record_names).structure(params, 0)


class _Recorder:
    """The remaining bound of one record, and the names that it shows."""

    def __init__(self, sensitive: frozenset[str], listed: Mapping[str, str]) -> None:
        self._sensitive = sensitive
        self._listed = listed
        self._left = CHARACTERS_MAX

    def structure(self, members: Mapping[str, object], depth: int) -> dict[str, object]:
        """Return a structure's members by their names in the record."""
        kept: dict[str, object] = {}
        for name, value in members.items():
            if self._left <= 0:
                kept[OMITTED] = len(members) - len(kept)
                break
            record_name = self._listed.get(name)
            if record_name is None or name in self._sensitive:
                kept[record_name or self._text(name[:1].lower() + name[1:])] = HIDDEN
            else:
                kept[record_name] = self._value(value, depth)
        return kept

    def _value(self, value: object, depth: int) -> object:
        if isinstance(value, str):
            return self._text(value)
        self._left -= VALUE_CHARACTERS
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int):
            return value if -_INTEGER_MAX <= value < _INTEGER_MAX else OMITTED
        if isinstance(value, dict):
            return self.structure(value, depth + 1) if depth < DEPTH_MAX else OMITTED
        if isinstance(value, list | tuple):
            return self._list(value, depth + 1) if depth < DEPTH_MAX else OMITTED
        if isinstance(value, datetime):
            return value.isoformat()
        # Bytes, and whatever else a later model brings.
        return HIDDEN

    def _list(self, values: list[object] | tuple[object, ...], depth: int) -> list[object]:
        kept: list[object] = []
        for each in values[:LIST_MAX]:
            if self._left <= 0:
                break
            kept.append(self._value(each, depth))
        if len(kept) < len(values):
            kept.append(f"… ({len(values)} members)")
        return kept

    def _text(self, text: str) -> str:
        if self._left <= 0:
            return OMITTED
        kept = escape_document(text, self._left)
        self._left -= len(kept) + VALUE_CHARACTERS
        return kept


def redacted_result(
    answer: Mapping[str, object], sensitive: frozenset[str] = _NO_NAMES
) -> dict[str, object]:
    """Return the ids, names and times in a call's answer, level by level, without any secret."""
    return _recorded_members(answer, sensitive, 0)


def _recorded_members(
    answer: Mapping[str, object], sensitive: frozenset[str], depth: int
) -> dict[str, object]:
    kept: dict[str, object] = {}
    for name, record_name, name_of_inside in _names_in_record(tuple(answer), sensitive):
        value = answer[name]
        if isinstance(value, dict):
            inside = _recorded_members(value, sensitive, depth + 1) if depth < DEPTH_MAX else {}
            if inside:
                kept[name_of_inside] = inside
        elif record_name is None:
            continue
        elif isinstance(value, str):
            is_plain = len(value) <= TEXT_MAX and value.isprintable()
            kept[record_name] = value if is_plain else escape_document(value, TEXT_MAX)
        elif isinstance(value, int) and abs(value) < _INTEGER_MAX:
            kept[record_name] = value
    return kept


@lru_cache(maxsize=1_024)
def _names_in_record(
    names: tuple[str, ...], sensitive: frozenset[str]
) -> tuple[tuple[str, str | None, str], ...]:
    """Return the members of an answer that a record may show: those that are not sensitive.

    With each: its name in the record, None if only what is inside it is shown, and the name of what
    is inside. Names of members are the models', so there are few sets of them.
    """
    return tuple(
        (name, RECORDED_RESULTS.get(name), name[:1].lower() + name[1:])
        for name in names
        if name not in sensitive
    )
