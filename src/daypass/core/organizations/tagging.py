"""The faults by which Organizations refuses tags.

Source: Organizations API reference, "TagResource".
"""

from daypass.core import quotas
from daypass.core.domain.tagging import TagFaults
from daypass.core.organizations.refusals import ConstraintReason, InputReason, organizations_fault

TAG_FAULTS = TagFaults(
    duplicate=lambda: organizations_fault(
        InputReason.DUPLICATE_TAG_KEY, "You specified a tag key more than once."
    ),
    reserved=lambda: organizations_fault(
        InputReason.INVALID_SYSTEM_TAGS_PARAMETER,
        "You specified a tag key that begins with `aws:`.",
    ),
    too_many=lambda: organizations_fault(
        ConstraintReason.MAX_TAG_LIMIT_EXCEEDED, f"An entity has at most {quotas.TAGS_MAX} tags."
    ),
)
