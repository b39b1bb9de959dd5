"""`daypass policy explain` and `test` beside a server, over thousands of generated requests.

The slice in a run of the tests is `tests/properties/commands`.
"""

from collections import Counter

from tests.properties.commands.comparison import compare

EXAMPLES = 1_000
SEEDS = range(100, 105)


def figures():
    """Yield the number of requests, and of those that a command answers otherwise than a server."""
    differences, kinds = [], Counter()
    for seed in SEEDS:
        found, counted = compare(seed, EXAMPLES)
        differences += found
        kinds += counted
    foretold = kinds.pop("differences that were foretold", 0)
    allowed = sum(number for kind, number in kinds.items() if kind.endswith("allowed"))
    yield "requests that were compared", sum(kinds.values()), ">= 1"
    yield "requests that the server allows", allowed, ">= 1"
    yield "differences by keys that a command was not told and names", foretold, ""
    yield "differences that no command foretells", len(differences), "<= 0", map(str, differences)
