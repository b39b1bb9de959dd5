"""Inline policies of users, groups and roles: answers, changes and refusals."""

import json
from urllib.parse import unquote

import pytest
from msgspec.structs import replace
from tests.services.support import ALLOW, Snapshot, group, named, refused, role, user

from daypass.core.domain.iam import attachments
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.faults import Malformed, NotFound, TooMany, Unmodifiable
from daypass.services.iam.policies import inline_policies

PUT = {
    "user": inline_policies.put_user_policy,
    "group": inline_policies.put_group_policy,
    "role": inline_policies.put_role_policy,
}
GET = {
    "user": inline_policies.get_user_policy,
    "group": inline_policies.get_group_policy,
    "role": inline_policies.get_role_policy,
}
DELETE = {
    "user": inline_policies.delete_user_policy,
    "group": inline_policies.delete_group_policy,
    "role": inline_policies.delete_role_policy,
}
LIST = {
    "user": inline_policies.list_user_policies,
    "group": inline_policies.list_group_policies,
    "role": inline_policies.list_role_policies,
}
MAKE = {"user": user, "group": group, "role": role}
CLASSES = {"user": User, "group": Group, "role": Role}
KINDS = sorted(MAKE)
DENY = ALLOW.replace("Allow", "Deny")
SPACED = json.dumps(json.loads(ALLOW), indent=4) + "\n"


@pytest.fixture
def known():
    return Snapshot()


def everybody(known, kind):
    return list(known.account.of(CLASSES[kind]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_policy_is_embedded_as_it_is_written_in_one_alone(known, kind) -> None:
    one, other = MAKE[kind]("one"), MAKE[kind]("other", inline=(InlinePolicy("own", DENY),))
    known.put(one, other)
    assert known.call(PUT[kind], **named(kind), PolicyName="own", PolicyDocument=SPACED) == {}

    assert everybody(known, kind) == [replace(one, inline=(InlinePolicy("own", SPACED),)), other]


@pytest.mark.parametrize("kind", KINDS)
def test_policies_of_one_name_replace_each_other_and_names_differ_by_case(known, kind) -> None:
    known.put(MAKE[kind]("one"))
    for name, text in (("zoo", ALLOW), ("ant", ALLOW), ("zoo", DENY), ("Zoo", ALLOW)):
        known.call(PUT[kind], **named(kind), PolicyName=name, PolicyDocument=text)

    (one,) = everybody(known, kind)
    assert one.inline == (
        InlinePolicy("Zoo", ALLOW),
        InlinePolicy("ant", ALLOW),
        InlinePolicy("zoo", DENY),
    )
    assert known.call(LIST[kind], **named(kind)) == {"PolicyNames": ["Zoo", "ant", "zoo"]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_policy_is_shown_percent_encoded(known, kind) -> None:
    known.put(MAKE[kind]("one", inline=(InlinePolicy("own", SPACED), InlinePolicy("second", DENY))))

    shown = known.call(GET[kind], **named(kind), PolicyName="own")
    assert shown == {**named(kind), "PolicyName": "own", "PolicyDocument": shown["PolicyDocument"]}
    assert shown["PolicyDocument"].startswith(
        "%7B%0A%20%20%20%20%22Version%22%3A%20%222012-10-17%22"
    )
    assert unquote(shown["PolicyDocument"]) == SPACED


@pytest.mark.parametrize("kind", KINDS)
def test_a_policy_is_deleted_and_others_stay(known, kind) -> None:
    policies = tuple(InlinePolicy(name, ALLOW) for name in ("a", "b", "c"))
    one, other = MAKE[kind]("one", inline=policies), MAKE[kind]("other", inline=policies)
    known.put(one, other)
    assert known.call(DELETE[kind], **named(kind), PolicyName="b") == {}

    assert everybody(known, kind) == [replace(one, inline=(policies[0], policies[2])), other]


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_has_no_policies_lists_none(known, kind) -> None:
    known.put(MAKE[kind]("one"))

    assert known.call(LIST[kind], **named(kind)) == {"PolicyNames": []}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operations", [GET, DELETE])
@pytest.mark.parametrize("name", ["missing", "Own"])
def test_a_policy_is_found_by_its_exact_name(known, kind, operations, name) -> None:
    one = known.put(MAKE[kind]("one", inline=(InlinePolicy("own", ALLOW),)))

    with refused(NotFound, f"The {kind} policy with name {name} cannot be found."):
        known.call(operations[kind], **named(kind), PolicyName=name)
    assert everybody(known, kind) == [one]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no JSON", "Syntax errors in policy."),
        ("[]", "Syntax errors in policy."),
        (
            ALLOW.replace('"Action"', '"Principal":"*","Action"'),
            "Policy document should not specify a principal.",
        ),
        (ALLOW.replace("2012-10-17", "2013-10-17"), "Syntax errors in policy."),
        (
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*"}]}',
            "Policy statement must contain resources.",
        ),
        (
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*"}]}',
            "Policy statement must contain actions.",
        ),
    ],
)
def test_a_document_that_iam_does_not_take_changes_nothing(known, kind, text, words) -> None:
    one = known.put(MAKE[kind]("one", inline=(InlinePolicy("own", ALLOW),)))

    with pytest.raises(Malformed) as found:
        known.call(PUT[kind], **named(kind), PolicyName="own", PolicyDocument=text)
    assert found.value.message == words
    assert everybody(known, kind) == [one]


@pytest.mark.parametrize(("kind", "most"), [("user", 2_048), ("group", 5_120), ("role", 10_240)])
def test_all_policies_together_are_so_long_without_their_white_space(known, kind, most) -> None:
    def sized(characters):
        return (
            ALLOW.replace('"Action":"*"', f'"Action":"{"a" * (characters - len(ALLOW))}:*"')[:-1]
            + " }"
        )

    known.put(MAKE[kind]("one", inline=(InlinePolicy("first", ALLOW),)))
    known.call(
        PUT[kind], **named(kind), PolicyName="second", PolicyDocument=sized(most - len(ALLOW) - 1)
    )
    (full,) = everybody(known, kind)

    with refused(TooMany, f"Maximum policy size of {most} bytes exceeded for {kind} one"):
        known.call(
            PUT[kind], **named(kind), PolicyName="second", PolicyDocument=sized(most - len(ALLOW))
        )
    assert everybody(known, kind) == [full]


def test_a_policy_that_is_replaced_does_not_count(known, monkeypatch) -> None:
    monkeypatch.setattr(attachments, "INLINE_MAX", {"user": len(DENY)})
    known.put(user("one", inline=(InlinePolicy("own", ALLOW),)))
    known.call(
        inline_policies.put_user_policy, UserName="one", PolicyName="own", PolicyDocument=DENY
    )

    with pytest.raises(TooMany):
        known.call(
            inline_policies.put_user_policy, UserName="one", PolicyName="Own", PolicyDocument=DENY
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operations", [PUT, GET, DELETE, LIST])
@pytest.mark.parametrize("name", ["missing", "One"])
def test_whoever_is_not_there_is_not_found(known, kind, operations, name) -> None:
    known.put(MAKE[kind]("one", inline=(InlinePolicy("own", ALLOW),)))
    more = {} if operations is LIST else {"PolicyName": "own"}
    more |= {"PolicyDocument": ALLOW} if operations is PUT else {}

    with refused(NotFound, f"The {kind} with name {name} cannot be found."):
        known.call(operations[kind], **named(kind, name), **more)


@pytest.mark.parametrize("path", ["/aws-service-role/x/", "/aws-reserved/sso/"])
def test_a_role_of_a_service_is_read_and_never_changed(known, path) -> None:
    one = known.put(role("one", path=path, inline=(InlinePolicy("own", ALLOW),)))

    with pytest.raises(Unmodifiable, match="protected role 'one'"):
        known.call(
            inline_policies.put_role_policy, RoleName="one", PolicyName="own", PolicyDocument=DENY
        )
    with pytest.raises(Unmodifiable, match="protected role 'one'"):
        known.call(inline_policies.delete_role_policy, RoleName="one", PolicyName="own")
    assert known.call(inline_policies.get_role_policy, RoleName="one", PolicyName="own")
    assert known.call(inline_policies.list_role_policies, RoleName="one")["PolicyNames"] == ["own"]
    assert everybody(known, "role") == [one]
