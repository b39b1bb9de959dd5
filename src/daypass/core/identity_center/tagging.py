"""The faults by which Identity Center refuses tags; keys that differ in case alone are one key.

Source: IAM Identity Center API reference, "TagResource". The words are ours.
"""

from daypass.core import quotas
from daypass.core.domain.tagging import TagFaults
from daypass.core.faults import InvalidParameterValue, TooMany

TAG_FAULTS = TagFaults(
    duplicate=lambda: InvalidParameterValue("You specified a tag key more than once."),
    reserved=lambda: InvalidParameterValue("Tag keys beginning with aws: are reserved."),
    too_many=lambda: TooMany(f"A resource has at most {quotas.TAGS_MAX} tags."),
)
