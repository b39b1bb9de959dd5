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
        found = [generated_profiles.of_daypass(each, folder) for each in cases]
        differences = [generated_profiles.difference(each, folder) for each in cases]
    named = sum(each.key != generated_profiles.REFUSED for each in found)
    differing = [each for each in differences if each]
    return [
        ("configurations that name somebody", named, f">= {count / 3:.0f}"),
        ("configurations whose plan is not botocore's", len(differing), "<= 0", differing[:5]),
    ]
