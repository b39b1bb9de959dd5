"""Where the members of a loaded YAML text stand."""

import pytest

from daypass.files.bounded_yaml import line_of_member, load_yaml

TEXT = """\
# a comment
name: x
members:
  - one
  - two: {three: 3}
empty: []
"""


@pytest.mark.parametrize(
    ("path", "key", "line"),
    [
        ((), "name", 2),
        ((), "members", 3),
        ((), "missing", 2),
        ((), None, 2),
        (("members",), 0, 4),
        (("members",), 1, 5),
        (("members",), None, 4),
        (("members", 1), "two", 5),
        (("members", 1, "two"), "three", 5),
        (("name",), None, 77),
        (("members", 0), "one", 77),
    ],
)
def test_a_member_has_its_line_and_a_value_that_knows_none_has_the_other(path, key, line) -> None:
    container = load_yaml(TEXT)
    for step in path:
        container = container[step]

    assert line_of_member(container, key, 77) == line
