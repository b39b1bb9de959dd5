"""Who a profile is, to Daypass and to botocore: a thousand generated configurations.

A difference prints the configuration with its number, from which it can be made again
(`tests/client/generated_profiles`).
"""

import tempfile
from pathlib import Path

from tests.client import generated_profiles

CONFIGURATIONS = 1000


def figures(count=CONFIGURATIONS):
    """Return how many configurations were compared, how many named somebody, and how many differ."""
    with tempfile.TemporaryDirectory() as path:
        folder = generated_profiles.written(Path(path))
        cases = [generated_profiles.generated(seed, folder) for seed in range(count)]
        compared = [generated_profiles.compared(each, folder) for each in cases]
    named = sum(found.key != generated_profiles.REFUSED for found, _ in compared)
    differing = [difference for _, difference in compared if difference]
    return [
        ("configurations that name somebody", named, f">= {count / 3:.0f}"),
        ("configurations whose plan is not botocore's", len(differing), "<= 0", differing[:5]),
    ]
