"""IAM's words for values that break its model.

Sources: answers of AWS of 2025 and 2026, recorded by other projects. Since March 2025 IAM does not
repeat the value. It judges names, paths, policy documents and ids by sentences of its own, before
lengths and everything else.
"""

from daypass.core.faults import ModelConstraint
from daypass.wire.validation_wording import ValidationWording

_INVALID = "The specified value for {member} is invalid. It must "
_CONTAINS_NAME = "contain only alphanumeric characters and/or the following: +=,.@_-"
_IS_PATH = "begin and end with / and contain only alphanumeric characters and/or / characters."
_IS_PREFIX = (
    "The specified value for pathPrefix is invalid. It must begin with the / character and contain"
    " only alphanumeric characters and/or / characters."
)
_IS_PRINTABLE = "contain only printable ASCII characters."
_IS_ALPHANUMERIC = "contain only alphanumeric characters."

WORDING = ValidationWording(
    repeats_values=False,
    lists_enum_values=False,
    ends_lists_with_null=True,
    pattern_sentences={
        r"[\w+=,.@-]+": _INVALID + _CONTAINS_NAME,
        r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)": _INVALID + _IS_PATH,
        r"((/[A-Za-z0-9\.,\+@=_-]+)*)/": _INVALID + _IS_PATH,
        r"\u002F[\u0021-\u007F]*": _IS_PREFIX,
        r"[\u0009\u000A\u000D\u0020-\u00FF]+": _INVALID + _IS_PRINTABLE,
        r"[\w]+": _INVALID + _IS_ALPHANUMERIC,
    },
    # Lists of policies and of their entities judge a prefix by the pattern of a path.
    constraint_sentences={(ModelConstraint.PATTERN, "pathPrefix"): _IS_PREFIX},
)
