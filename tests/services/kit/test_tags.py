"""Tags in requests and answers."""

from daypass.core.domain.record import Tag
from daypass.services.kit.tags import passed_tags, tag_list, tags_member

TAGS = (Tag("team", "red"), Tag("Team", "blue"))
LISTED = [{"Key": "team", "Value": "red"}, {"Key": "Team", "Value": "blue"}]


def test_tags_are_passed_and_listed_as_they_stand() -> None:
    assert passed_tags({"Tags": LISTED}) == TAGS
    assert passed_tags({}) == ()
    assert tag_list(TAGS) == LISTED


def test_an_answer_without_tags_has_no_member_for_them() -> None:
    assert tags_member(TAGS) == {"Tags": LISTED}
    assert tags_member(()) == {}
