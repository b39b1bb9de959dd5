"""The words in which services refuse values that break their models, as AWS's were recorded."""

import pytest
from tests.wire import generate

from daypass.core.faults import ModelConstraint, Violation
from daypass.services.registry import SERVICES
from daypass.wire.botocore_model import BotocoreModel
from daypass.wire.catalog import load_catalog
from daypass.wire.limits import SHOWN_CHARACTERS_MAX
from daypass.wire.validate import Validator
from daypass.wire.validation_wording import ValidationWording

CATALOG = load_catalog(SERVICES)
TAG_KEY = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+"
TRUST = {"AssumeRolePolicyDocument": "{}"}
POLICY = "arn:aws:iam::111122223333:policy/one"
LONG_ARN = POLICY + "p" * 2048
NAME = (
    "The specified value for {} is invalid. It must contain only alphanumeric characters and/or the"
    " following: +=,.@_-"
)
PATH = (
    "The specified value for {} is invalid. It must begin and end with / and contain only"
    " alphanumeric characters and/or / characters."
)
PREFIX = (
    "The specified value for pathPrefix is invalid. It must begin with the / character and contain"
    " only alphanumeric characters and/or / characters."
)
PRINTABLE = (
    "The specified value for {} is invalid. It must contain only printable ASCII characters."
)
TAG_KEYS = (
    "Value at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint:"
    " [Member must have length less than or equal to 128, Member must have length greater than or"
    f" equal to 1, Member must satisfy regular expression pattern: {TAG_KEY}, Member must not be"
    " null]"
)


def one(path, requirement, value=""):
    return (
        "1 validation error detected:"
        f" Value{value} at '{path}' failed to satisfy constraint: Member must {requirement}"
    )


def longest(path, number, value=""):
    return one(path, f"have length less than or equal to {number}", value)


def shortest(path, number):
    return one(path, f"have length greater than or equal to {number}")


def tags(*keys, value=""):
    return [{"Key": key, "Value": value} for key in keys]


def refusal(service, operation, **parameters):
    with pytest.raises(Violation) as refused:
        CATALOG.services[service].operations[operation].validate(parameters)
    return refused.value


IAM = [
    # The value is not repeated.
    ("TagUser", {"Tags": tags("k" * 129)}, longest("tags.1.member.key", 128)),
    ("TagUser", {"Tags": tags("k", value="v" * 257)}, longest("tags.1.member.value", 256)),
    ("TagRole", {"Tags": tags(*(f"k{n}" for n in range(51)))}, longest("tags", 50)),
    (
        "TagPolicy",
        {"Tags": tags("bad#key")},
        one("tags.1.member.key", f"satisfy regular expression pattern: {TAG_KEY}"),
    ),
    ("TagUser", {"Tags": [{"Key": "k"}]}, one("tags.1.member.value", "not be null")),
    ("CreateUser", {"UserName": None}, one("userName", "not be null")),
    ("CreateUser", {"UserName": "a" * 65}, longest("userName", 64)),
    ("CreateUser", {"Path": f"/{'a' * 511}/"}, longest("path", 512)),
    ("GetPolicy", {"PolicyArn": "arn:aws:iam::aws:x"}, shortest("policyArn", 20)),
    ("ListEntitiesForPolicy", {"PolicyArn": LONG_ARN}, longest("policyArn", 2048)),
    (
        "GetPolicyVersion",
        {"VersionId": "v0"},
        one("versionId", r"satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"),
    ),
    ("UpdateAccessKey", {"Status": "Off"}, one("status", "satisfy enum value set")),
    ("ListUsers", {"MaxItems": 0}, one("maxItems", "have value greater than or equal to 1")),
    # Several at once, the shorter bound before the pattern.
    (
        "TagUser",
        {"Tags": tags("")},
        (
            "2 validation errors detected: Value at 'tags.1.member.key' failed to satisfy constraint:"
            " Member must have length greater than or equal to 1; Value at 'tags.1.member.key' failed"
            f" to satisfy constraint: Member must satisfy regular expression pattern: {TAG_KEY}"
        ),
    ),
    (
        "TagUser",
        {"Tags": tags(*(f"k{n}" for n in range(50)), "bad#key")},
        (
            "2 validation errors detected: Value at 'tags' failed to satisfy constraint: Member must"
            " have length less than or equal to 50; Value at 'tags.51.member.key' failed to satisfy"
            f" constraint: Member must satisfy regular expression pattern: {TAG_KEY}"
        ),
    ),
    # A list of texts is judged as one.
    ("UntagRole", {"TagKeys": [""]}, f"1 validation error detected: {TAG_KEYS}"),
    ("UntagRole", {"TagKeys": ["k" * 129]}, f"1 validation error detected: {TAG_KEYS}"),
    ("UntagPolicy", {"TagKeys": ["a", "b#", "c*"]}, f"1 validation error detected: {TAG_KEYS}"),
    ("UntagUser", {"TagKeys": [f"k{n}" for n in range(51)]}, longest("tagKeys", 50)),
    (
        "UntagUser",
        {"TagKeys": ["b#"] * 51},
        (
            "2 validation errors detected: Value at 'tagKeys' failed to satisfy constraint: Member must"
            f" have length less than or equal to 50; {TAG_KEYS}"
        ),
    ),
    (
        "SimulateCustomPolicy",
        {"PolicyInputList": ["{}", "\u0107"]},
        one(
            "policyInputList",
            "satisfy constraint: [Member must have length less than or equal to 131072, Member must"
            " have length greater than or equal to 1, Member must satisfy regular expression"
            r" pattern: [\u0009\u000A\u000D\u0020-\u00FF]+, Member must not be null]",
        ),
    ),
    # Names, paths, documents and ids have sentences of their own, whatever else is wrong.
    ("GetUser", {"UserName": "bad/name"}, NAME.format("userName")),
    ("CreateUser", {"UserName": ""}, NAME.format("userName")),
    ("CreateUser", {"UserName": "bad/name", "Tags": tags("")}, NAME.format("userName")),
    ("UpdateUser", {"NewUserName": "bad/name"}, NAME.format("newUserName")),
    ("CreateRole", {"RoleName": "a b"} | TRUST, NAME.format("roleName")),
    ("CreateRole", {"RoleName": "\u0101"} | TRUST, NAME.format("roleName")),
    ("DeleteGroupPolicy", {"PolicyName": POLICY}, NAME.format("policyName")),
    ("CreateGroup", {"GroupName": "a/b"}, NAME.format("groupName")),
    (
        "CreateVirtualMFADevice",
        {"VirtualMFADeviceName": "a b"},
        NAME.format("virtualMFADeviceName"),
    ),
    ("CreateVirtualMFADevice", {"Path": "no-slash/"}, PATH.format("path")),
    ("CreateVirtualMFADevice", {"Path": "/no-slash"}, PATH.format("path")),
    ("CreatePolicy", {"Path": "/a b/"}, PATH.format("path")),
    ("CreatePolicy", {"Path": "/" + "a" * 512}, PATH.format("path")),
    ("UpdateGroup", {"NewPath": "a"}, PATH.format("newPath")),
    ("ListUsers", {"PathPrefix": "a"}, PREFIX),
    ("ListUsers", {"PathPrefix": ""}, PREFIX),
    ("ListPolicies", {"PathPrefix": "/" + "a" * 512}, PREFIX),
    ("ListEntitiesForPolicy", {"PathPrefix": "/bad path/"}, PREFIX),
    ("ListAttachedRolePolicies", {"PathPrefix": "a"}, PREFIX),
    ("ListRoles", {"PathPrefix": f"/{'a' * 511}/"}, longest("pathPrefix", 512)),
    ("PutUserPolicy", {"PolicyDocument": "\u201c"}, PRINTABLE.format("policyDocument")),
    (
        "CreateRole",
        {"AssumeRolePolicyDocument": "\u201c"},
        PRINTABLE.format("assumeRolePolicyDocument"),
    ),
    (
        "DeleteAccessKey",
        {"AccessKeyId": "AKIA-OSFODNN7EXAMPLE"},
        (
            "The specified value for accessKeyId is invalid. It must contain only alphanumeric"
            " characters."
        ),
    ),
]


@pytest.mark.parametrize(("operation", "wrong", "words"), IAM)
def test_iam_does_not_repeat_the_value_and_has_sentences_of_its_own(
    operation, wrong, words
) -> None:
    model = CATALOG.services["iam"]
    right = generate.value(model.model, model.operations[operation].input_shape, full=False)
    parameters = {name: value for name, value in (right | wrong).items() if value is not None}

    assert refusal("iam", operation, **parameters).message == words


ROLE = {"RoleArn": "arn:aws:iam::111122223333:role/one", "RoleSessionName": "me"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            {"RoleSessionName": "Session1:2"},
            one(
                "roleSessionName",
                r"satisfy regular expression pattern: [\w+=,.@-]*",
                " 'Session1:2'",
            ),
        ),
        ({"RoleSessionName": "s" * 65}, longest("roleSessionName", 64, f" '{'s' * 65}'")),
        ({"RoleArn": None}, one("roleArn", "not be null", " null")),
        (
            {"TransitiveTagKeys": ["a", "b#"]},
            one(
                "transitiveTagKeys",
                "satisfy constraint: [Member must have length less than or equal to 128, Member"
                " must have length greater than or equal to 1, Member must satisfy regular"
                f" expression pattern: {TAG_KEY}]",
                " '[a, b#]'",
            ),
        ),
    ],
)
def test_sts_repeats_the_value(wrong, words) -> None:
    parameters = {name: value for name, value in (ROLE | wrong).items() if value is not None}

    assert refusal("sts", "AssumeRole", **parameters).message == words


NO_MATCH = "You provided a value that does not match the required pattern."
INVALID_VALUE = "You specified an invalid value."


@pytest.mark.parametrize(
    ("operation", "parameters", "words"),
    [
        ("TagResource", {"ResourceId": "x", "Tags": tags("a")}, NO_MATCH),
        ("TagResource", {"ResourceId": "r-abcd", "Tags": tags("a", value="%")}, NO_MATCH),
        ("UntagResource", {"ResourceId": "x", "TagKeys": ["a"]}, NO_MATCH),
        ("UntagResource", {"ResourceId": "r-abcd", "TagKeys": ["%"]}, NO_MATCH),
        ("ListTagsForResource", {"ResourceId": "x"}, NO_MATCH),
        ("ListChildren", {"ParentId": "r-a", "ChildType": "ACCOUNT"}, NO_MATCH),
        ("ListChildren", {"ParentId": "r-abcd", "ChildType": "ALL"}, INVALID_VALUE),
        ("DescribePolicy", {"PolicyId": "x"}, INVALID_VALUE),
        ("AttachPolicy", {"PolicyId": "p-abcdefgh", "TargetId": "x"}, INVALID_VALUE),
        ("ListPolicies", {"Filter": "NO_POLICY"}, INVALID_VALUE),
        ("EnablePolicyType", {"RootId": "r-abcd", "PolicyType": "NO_POLICY"}, INVALID_VALUE),
        ("CreateOrganization", {"FeatureSet": "MOST"}, INVALID_VALUE),
    ],
)
def test_organizations_has_a_sentence_for_patterns_and_one_for_enums(
    operation, parameters, words
) -> None:
    assert refusal("organizations", operation, **parameters).message == words


def test_the_violation_that_is_worded_is_the_one_that_is_named() -> None:
    found = refusal("iam", "CreateUser", UserName="bad/name", Tags=tags(""))
    in_list = refusal("iam", "UntagUser", UserName="alice", TagKeys=["a", "b#"])

    assert (found.constraint, found.member) == (ModelConstraint.PATTERN, "userName")
    assert (in_list.constraint, in_list.member) == (ModelConstraint.PATTERN, "tagKeys.2.member")


TEXTS = BotocoreModel(
    {
        "metadata": {},
        "operations": {},
        "shapes": {
            "Texts": {"type": "list", "member": {"shape": "Text"}},
            "Text": {"type": "string", "max": 300, "enum": ["a", "b" * 300]},
            "Secrets": {"type": "list", "member": {"shape": "Secret"}},
            "Secret": {"type": "string", "max": 2, "sensitive": True},
            "Any": {"type": "list", "member": {"shape": "Anything"}},
            "Anything": {"type": "string"},
        },
    }
)


def test_the_elements_of_a_list_are_repeated_up_to_a_bound_and_never_if_they_are_secret() -> None:
    def message(shape, value):
        with pytest.raises(Violation) as refused:
            Validator(TEXTS).compile_check(shape)(value)
        return refused.value.message

    shown = "b" * (SHOWN_CHARACTERS_MAX - 3)
    assert message("Texts", ["c", "b" * 300]) == one(
        "",
        "satisfy constraint: [Member must have length less than or equal to 300, Member must"
        f" satisfy enum value set: [a, {'b' * 300}]]",
        f" '[c, {shown}]'",
    )
    assert message("Secrets", ["secret"]) == one(
        "", "satisfy constraint: [Member must have length less than or equal to 2]"
    )
    Validator(TEXTS).compile_check("Any")(["anything", ""])


def test_a_sentence_for_a_member_comes_before_that_of_its_pattern_and_that_before_any_members() -> (
    None
):
    pattern = ModelConstraint.PATTERN
    wording = ValidationWording(
        pattern_sentences={"a+": "{member} has no a"},
        constraint_sentences={(pattern, "name"): "no name", (pattern, ""): "no match"},
    )

    assert wording.own_sentence(pattern, "name", "a+") == "no name"
    assert wording.own_sentence(pattern, "other", "a+") == "other has no a"
    assert wording.own_sentence(pattern, "other", "b+") == "no match"
    assert wording.own_sentence(pattern, "others.member", "a+") == "no match"
    assert wording.own_sentence(ModelConstraint.ENUM, "name", "") == ""
