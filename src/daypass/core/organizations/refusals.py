"""Organizations' error codes and `Reason` values, some of AWS's messages, and faults made of them.

Source: Organizations API reference, "ConstraintViolationException",
"HandshakeConstraintViolationException", "InvalidInputException" and the other errors of each
operation.
"""

import enum
from collections.abc import Mapping

from daypass.core.faults import ServiceFault

# AWS's own messages, where they are known.
NOT_IN_USE = "Your account is not a member of an organization."
NOT_YOURS = "You don't have permissions to access this resource."
LAST_POLICY = (
    "You cannot remove the last policy attached to the specified target."
    " You must have at least one attached at all times."
)
ATTACHMENTS_FULL = "You have attached the maximum number of policies to the specified target."

NOT_OF_ITS_TYPE = (
    "The provided policy document does not meet the requirements of the specified policy type."
)


class ReasonCode(enum.StrEnum):
    """A `Reason` of an Organizations exception; each member's value is its name."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:  # noqa: ARG004
        return name


class ConstraintReason(ReasonCode):
    """The `Reason` of a ConstraintViolationException."""

    ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS = enum.auto()
    CANNOT_CLOSE_MANAGEMENT_ACCOUNT = enum.auto()
    CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR = enum.auto()
    CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR = enum.auto()
    CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG = enum.auto()
    CLOSE_ACCOUNT_QUOTA_EXCEEDED = enum.auto()
    MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED = enum.auto()
    MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED = enum.auto()
    MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED = enum.auto()
    MAX_TAG_LIMIT_EXCEEDED = enum.auto()
    MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED = enum.auto()
    ORGANIZATION_NOT_IN_ALL_FEATURES_MODE = enum.auto()
    OU_DEPTH_LIMIT_EXCEEDED = enum.auto()
    OU_NUMBER_LIMIT_EXCEEDED = enum.auto()
    POLICY_CONTENT_LIMIT_EXCEEDED = enum.auto()
    POLICY_NUMBER_LIMIT_EXCEEDED = enum.auto()
    POLICY_TYPE_ENABLED_FOR_THIS_SERVICE = enum.auto()
    RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION = enum.auto()
    RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION = enum.auto()
    RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION = enum.auto()
    SERVICE_ACCESS_NOT_ENABLED = enum.auto()
    TAG_POLICY_VIOLATION = enum.auto()
    TRANSFER_RESPONSIBILITY_UPDATE_NOT_ALLOWED = enum.auto()
    WAIT_PERIOD_ACTIVE = enum.auto()


class InputReason(ReasonCode):
    """The `Reason` of an InvalidInputException."""

    DUPLICATE_TAG_KEY = enum.auto()
    END_DATE_NOT_END_OF_MONTH = enum.auto()
    END_DATE_TOO_EARLY = enum.auto()
    END_DATE_TOO_LATE = enum.auto()
    IMMUTABLE_POLICY = enum.auto()
    INPUT_REQUIRED = enum.auto()
    INVALID_EMAIL_ADDRESS_TARGET = enum.auto()
    INVALID_ENUM = enum.auto()
    INVALID_ENUM_POLICY_TYPE = enum.auto()
    INVALID_LIST_MEMBER = enum.auto()
    INVALID_NEXT_TOKEN = enum.auto()
    INVALID_PARTY_TYPE_TARGET = enum.auto()
    INVALID_PATTERN = enum.auto()
    INVALID_PATTERN_TARGET_ID = enum.auto()
    INVALID_PRINCIPAL = enum.auto()
    INVALID_RESOURCE_POLICY_JSON = enum.auto()
    INVALID_ROLE_NAME = enum.auto()
    INVALID_SYNTAX_POLICY_ID = enum.auto()
    INVALID_SYSTEM_TAGS_PARAMETER = enum.auto()
    MAX_LENGTH_EXCEEDED = enum.auto()
    MAX_LIMIT_EXCEEDED_FILTER = enum.auto()
    MAX_VALUE_EXCEEDED = enum.auto()
    MIN_LENGTH_EXCEEDED = enum.auto()
    MIN_VALUE_EXCEEDED = enum.auto()
    NON_DETACHABLE_POLICY = enum.auto()
    START_DATE_NOT_BEGINNING_OF_DAY = enum.auto()
    START_DATE_NOT_BEGINNING_OF_MONTH = enum.auto()
    START_DATE_TOO_EARLY = enum.auto()
    START_DATE_TOO_LATE = enum.auto()
    TARGET_NOT_SUPPORTED = enum.auto()
    UNRECOGNIZED_SERVICE_PRINCIPAL = enum.auto()
    UNSUPPORTED_ACTION_IN_RESOURCE_POLICY = enum.auto()
    UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY = enum.auto()
    UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY = enum.auto()


class HandshakeReason(ReasonCode):
    """The `Reason` of a HandshakeConstraintViolationException."""

    ACCOUNT_NUMBER_LIMIT_EXCEEDED = enum.auto()
    ALREADY_IN_AN_ORGANIZATION = enum.auto()
    HANDSHAKE_RATE_LIMIT_EXCEEDED = enum.auto()
    INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES = enum.auto()
    ORGANIZATION_ALREADY_HAS_ALL_FEATURES = enum.auto()
    ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION = enum.auto()
    RESPONSIBILITY_TRANSFER_ALREADY_EXISTS = enum.auto()
    SOURCE_AND_TARGET_CANNOT_MATCH = enum.auto()


class ErrorCode(enum.StrEnum):
    """The codes of the Organizations exceptions that have no `Reason`."""

    NOT_IN_USE = "AWSOrganizationsNotInUseException"
    NOT_YOURS = "AccessDeniedException"
    ACCOUNT_CLOSED = "AccountAlreadyClosedException"
    ACCOUNT_REGISTERED = "AccountAlreadyRegisteredException"
    ACCOUNT_NOT_FOUND = "AccountNotFoundException"
    ACCOUNT_NOT_REGISTERED = "AccountNotRegisteredException"
    ALREADY_IN_ORGANIZATION = "AlreadyInOrganizationException"
    CHILD_NOT_FOUND = "ChildNotFoundException"
    CREATION_NOT_FOUND = "CreateAccountStatusNotFoundException"
    DESTINATION_NOT_FOUND = "DestinationParentNotFoundException"
    DUPLICATE_ACCOUNT = "DuplicateAccountException"
    DUPLICATE_ATTACHMENT = "DuplicatePolicyAttachmentException"
    DUPLICATE_HANDSHAKE = "DuplicateHandshakeException"
    DUPLICATE_POLICY = "DuplicatePolicyException"
    DUPLICATE_UNIT = "DuplicateOrganizationalUnitException"
    EFFECTIVE_POLICY_NOT_FOUND = "EffectivePolicyNotFoundException"
    HANDSHAKE_IN_STATE = "HandshakeAlreadyInStateException"
    HANDSHAKE_NOT_FOUND = "HandshakeNotFoundException"
    HANDSHAKE_TRANSITION = "InvalidHandshakeTransitionException"
    MALFORMED = "MalformedPolicyDocumentException"
    MASTER_STAYS = "MasterCannotLeaveOrganizationException"
    NOT_ATTACHED = "PolicyNotAttachedException"
    ORGANIZATION_NOT_EMPTY = "OrganizationNotEmptyException"
    PARENT_NOT_FOUND = "ParentNotFoundException"
    POLICY_IN_USE = "PolicyInUseException"
    POLICY_NOT_FOUND = "PolicyNotFoundException"
    RESOURCE_POLICY_NOT_FOUND = "ResourcePolicyNotFoundException"
    ROOT_NOT_FOUND = "RootNotFoundException"
    SOURCE_NOT_FOUND = "SourceParentNotFoundException"
    TARGET_NOT_FOUND = "TargetNotFoundException"
    TRANSFER_IN_STATUS = "ResponsibilityTransferAlreadyInStatusException"
    TRANSFER_NOT_FOUND = "ResponsibilityTransferNotFoundException"
    TRANSFER_TRANSITION = "InvalidResponsibilityTransferTransitionException"
    TYPE_ENABLED = "PolicyTypeAlreadyEnabledException"
    TYPE_NOT_AVAILABLE = "PolicyTypeNotAvailableForOrganizationException"
    TYPE_NOT_ENABLED = "PolicyTypeNotEnabledException"
    UNIT_NOT_EMPTY = "OrganizationalUnitNotEmptyException"
    UNIT_NOT_FOUND = "OrganizationalUnitNotFoundException"


REASON_EXCEPTIONS: Mapping[type[ReasonCode], str] = {
    ConstraintReason: "ConstraintViolationException",
    InputReason: "InvalidInputException",
    HandshakeReason: "HandshakeConstraintViolationException",
}


def organizations_fault(
    code: ErrorCode | ReasonCode, message: str, *, operator: str = ""
) -> ServiceFault:
    """Return the fault to raise for an error code, or for a `Reason` and its exception."""
    if isinstance(code, ErrorCode):
        return ServiceFault(message, code=str(code), operator=operator)
    exception = REASON_EXCEPTIONS[type(code)]
    return ServiceFault(message, code=exception, details={"Reason": str(code)}, operator=operator)
