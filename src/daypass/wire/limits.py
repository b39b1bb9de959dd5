"""The bounds of parsing requests, validating values and making pages, each with its reason.

Bounds of the services themselves are `core.quotas`.
"""

FORM_FIELDS_MAX = 2_000  # fifty tags are a hundred fields; no valid request comes near
JSON_DEPTH_MAX = 32  # the deepest model nests nine
JSON_VALUES_MAX = 10_000  # members and elements of one document
LIST_MAX = 1_000  # elements of one list in a form
NUMBER_DIGITS_MAX = 40  # a 64-bit number has twenty
PAGE_SIZE = 100  # IAM's default page
PAGE_WEIGHT_MAX = 2_000  # ours: statements in one page of a simulation's results
MARKER_CHARACTERS_MAX = 4_096  # ours are under three hundred
SHOWN_CHARACTERS_MAX = 256  # of a caller's value in a validation error
QUICK_CHARACTERS = 1_024  # ours: no pattern of the models takes long over so few
MATCH_SECONDS_MAX = 0.02  # ours: a pattern that takes longer over a value refuses the request
PROBLEMS_MAX = 100  # ours: broken constraints that one validation error lists
DECODED_PER_STEP = 32_768  # ours: bytes of a form whose escapes are decoded in one step
FORM_DEPTH_MAX = 16  # ours: parts of a field's name; the deepest model nests five
