"""IAM through a real client: every noun, its refusals, its quotas."""

import json

import pytest
from botocore.exceptions import ClientError
from tests.documents import allow, policy, trust

from daypass.core import quotas

ALL = allow()
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def iam(live):
    return live.client("iam")


@pytest.fixture
def name(request):
    """Return a name that only this test uses."""
    return "t" + str(abs(hash(request.node.nodeid)))[:16]


def refused(code, call, **params):
    with pytest.raises(ClientError) as error:
        call(**params)
    assert error.value.response["Error"]["Code"] == code, error.value
    return error.value.response["Error"]["Message"]


# Users.


def test_a_user_is_made_shown_renamed_and_forgotten(iam, name) -> None:
    made = iam.create_user(UserName=name, Path="/team/", Tags=[{"Key": "a", "Value": "b"}])["User"]
    iam.update_user(UserName=name, NewUserName=f"{name}-2", NewPath="/")
    shown = iam.get_user(UserName=f"{name}-2")["User"]
    iam.delete_user(UserName=f"{name}-2")

    assert made["Arn"].endswith(f":user/team/{name}")
    assert made["UserId"].startswith("AIDA")
    assert (shown["UserId"], shown["Path"], shown["Tags"]) == (made["UserId"], "/", made["Tags"])
    refused("NoSuchEntity", iam.get_user, UserName=f"{name}-2")


def test_a_name_is_taken_whatever_its_case_and_found_only_as_it_is_spelled(iam, name) -> None:
    iam.create_user(UserName=name)

    message = refused("EntityAlreadyExists", iam.create_user, UserName=name.upper())
    assert message == f"User with name {name.upper()} already exists."
    refused("NoSuchEntity", iam.get_user, UserName=name.upper())
    iam.update_user(UserName=name, NewUserName=name.upper())
    assert iam.get_user(UserName=name.upper())


@pytest.mark.parametrize("shape", ["{} ", " {}", "{}/", "{}\u0430", "{}\u200b", "{}\x00"])
@pytest.mark.parametrize("kind", ["user", "group", "policy"])
def test_t234_priv_a_name_that_only_looks_like_another_is_refused(iam, name, kind, shape) -> None:
    more = {"PolicyDocument": policy(ALL)} if kind == "policy" else {}
    named = {f"{kind.capitalize()}Name": shape.format(name)}

    refused("ValidationError", getattr(iam, f"create_{kind}"), **named, **more)


def test_t231_priv_what_a_request_says_beside_its_members_changes_nothing(live, iam, name) -> None:
    own = {**ALL, "Action": "iam:UpdateUser"}
    mine = live.client("iam", live.user(name, own))

    def also(params, **_):
        params["body"] |= {"PolicyName": "own", "PolicyDocument": policy(ALL), "Status": "Active"}
        params["body"] |= {"PermissionsBoundary": READ_ONLY, "UserId": "AIDA", "Password": "x"}

    mine.meta.events.register("before-call.iam.UpdateUser", also)
    before = iam.get_user(UserName=name)["User"]
    mine.update_user(UserName=name, NewPath="/moved/")
    after = iam.get_user(UserName=name)["User"]

    assert after == before | {"Path": "/moved/", "Arn": after["Arn"]}
    written = iam.get_user_policy(UserName=name, PolicyName="own")["PolicyDocument"]
    assert written["Statement"] == [own]


def test_a_rename_to_a_taken_name_is_refused(iam, name) -> None:
    iam.create_user(UserName=name)
    iam.create_user(UserName=f"{name}-b")

    refused("EntityAlreadyExists", iam.update_user, UserName=name, NewUserName=f"{name}-B")


@pytest.mark.parametrize(
    ("hang", "unhang", "words"),
    [
        ("attach_user_policy", "detach_user_policy", "detach all policies"),
        ("put_user_policy", "delete_user_policy", "delete policies"),
        ("create_access_key", None, "delete access keys"),
        ("add_user_to_group", None, "remove users from group"),
    ],
)
def test_a_user_on_whom_something_hangs_stays(iam, name, hang, unhang, words) -> None:
    iam.create_user(UserName=name)
    iam.create_group(GroupName=name)
    params = {
        "attach_user_policy": {"PolicyArn": READ_ONLY},
        "put_user_policy": {"PolicyName": "p", "PolicyDocument": policy(ALL)},
        "create_access_key": {},
        "add_user_to_group": {"GroupName": name},
    }[hang]
    getattr(iam, hang)(UserName=name, **params)

    assert words in refused("DeleteConflict", iam.delete_user, UserName=name)
    if unhang:
        params.pop("PolicyDocument", None)
        getattr(iam, unhang)(UserName=name, **params)
        iam.delete_user(UserName=name)


def test_lists_come_in_pages_by_path(iam, name) -> None:
    for number in range(5):
        iam.create_user(UserName=f"{name}-{number}", Path=f"/{name}/")

    pages = list(
        iam.get_paginator("list_users").paginate(
            PathPrefix=f"/{name}/", PaginationConfig={"PageSize": 2}
        )
    )

    assert [len(page["Users"]) for page in pages] == [2, 2, 1]
    assert [page["IsTruncated"] for page in pages] == [True, True, False]
    marker = pages[0]["Marker"]
    refused("ValidationError", iam.list_users, Marker=marker, PathPrefix="/")
    refused("ValidationError", iam.list_groups, Marker=marker)


def test_tags_are_unique_whatever_their_case(iam, name) -> None:
    iam.create_user(UserName=name)
    iam.tag_user(UserName=name, Tags=[{"Key": "Team", "Value": "a"}, {"Key": "x", "Value": ""}])
    iam.tag_user(UserName=name, Tags=[{"Key": "team", "Value": "b"}])
    iam.untag_user(UserName=name, TagKeys=["X", "never"])

    assert iam.list_user_tags(UserName=name)["Tags"] == [{"Key": "team", "Value": "b"}]
    twice = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    assert "Duplicate tag keys" in refused("InvalidInput", iam.tag_user, UserName=name, Tags=twice)
    refused("InvalidInput", iam.tag_user, UserName=name, Tags=[{"Key": "aws:x", "Value": "1"}])
    many = [{"Key": f"k{n}", "Value": ""} for n in range(quotas.TAGS_MAX - 1)]
    iam.tag_user(UserName=name, Tags=many)
    refused("LimitExceeded", iam.tag_user, UserName=name, Tags=[{"Key": "one-more", "Value": ""}])


# Groups.


def test_a_group_has_members_until_they_leave(iam, name) -> None:
    made = iam.create_group(GroupName=name)["Group"]
    iam.create_user(UserName=name)
    iam.add_user_to_group(GroupName=name, UserName=name)
    iam.add_user_to_group(GroupName=name, UserName=name)
    iam.update_group(GroupName=name, NewGroupName=f"{name}-g")

    assert [user["UserName"] for user in iam.get_group(GroupName=f"{name}-g")["Users"]] == [name]
    assert iam.list_groups_for_user(UserName=name)["Groups"][0]["GroupId"] == made["GroupId"]
    assert "remove users" in refused("DeleteConflict", iam.delete_group, GroupName=f"{name}-g")
    iam.remove_user_from_group(GroupName=f"{name}-g", UserName=name)
    iam.remove_user_from_group(GroupName=f"{name}-g", UserName=name)
    iam.delete_group(GroupName=f"{name}-g")


def test_a_user_is_in_ten_groups_at_most(iam, name) -> None:
    iam.create_user(UserName=name)
    for number in range(quotas.GROUPS_PER_USER_MAX + 1):
        iam.create_group(GroupName=f"{name}-{number}")
    for number in range(quotas.GROUPS_PER_USER_MAX):
        iam.add_user_to_group(GroupName=f"{name}-{number}", UserName=name)

    message = refused("LimitExceeded", iam.add_user_to_group, GroupName=f"{name}-10", UserName=name)
    assert message == "Cannot exceed quota for GroupsPerUser: 10"


# Access keys.


def test_a_key_works_until_it_is_switched_off_or_gone(live, iam, name) -> None:
    key = live.user(name)
    sts = live.client("sts", key)

    assert sts.get_caller_identity()["Arn"].endswith(name)
    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    off = refused("InvalidClientTokenId", sts.get_caller_identity)
    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Active")
    assert sts.get_caller_identity()
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    gone = refused("InvalidClientTokenId", sts.get_caller_identity)
    # T021-SIG: unknown, inactive and deleted keys look alike.
    assert off == gone == "The security token included in the request is invalid."


def test_a_third_key_is_one_too_many(iam, name) -> None:
    iam.create_user(UserName=name)
    iam.create_access_key(UserName=name)
    iam.create_access_key(UserName=name)

    assert (
        refused("LimitExceeded", iam.create_access_key, UserName=name)
        == "Cannot exceed quota for AccessKeysPerUser: 2"
    )
    assert len(iam.list_access_keys(UserName=name)["AccessKeyMetadata"]) == 2


def test_t232_priv_a_user_makes_keys_for_nobody_else(live, name) -> None:
    own = {
        "Effect": "Allow",
        "Action": "iam:*",
        "Resource": f"arn:aws:iam::{live.account}:user/{name}",
    }
    mine = live.client("iam", live.user(name, own))
    live.user(f"{name}-b")

    assert mine.create_access_key()["AccessKey"]["UserName"] == name
    refused("AccessDenied", mine.create_access_key, UserName=f"{name}-b")


def test_the_last_use_of_a_key_is_told(live, iam, name) -> None:
    key = live.user(name)
    before = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    live.client("sts", key).get_caller_identity()
    after = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]

    assert before["ServiceName"] == "N/A"
    assert (after["ServiceName"], after["Region"]) == ("sts", "us-east-1")
    refused("AccessDenied", iam.get_access_key_last_used, AccessKeyId="AKIAIOSFODNN7EXAMPLE")


def test_root_makes_keys_of_its_own_as_in_aws(live, iam) -> None:
    key = iam.create_access_key()["AccessKey"]
    as_root = live.client("sts", key)

    assert as_root.get_caller_identity()["Arn"] == f"arn:aws:iam::{live.account}:root"
    arn = f"arn:aws:iam::{live.account}:role/none"
    assert "root accounts" in refused(
        "AccessDenied", as_root.assume_role, RoleArn=arn, RoleSessionName="me"
    )
    assert as_root.get_session_token()["Credentials"]
    iam.delete_access_key(AccessKeyId=key["AccessKeyId"])


# MFA devices.


def test_a_device_is_enabled_listed_resynced_and_taken_away(live, iam, name) -> None:
    iam.create_user(UserName=name)
    serial, _ = live.device(name)

    assert iam.list_mfa_devices(UserName=name)["MFADevices"][0]["SerialNumber"] == serial
    assert iam.get_mfa_device(SerialNumber=serial)["UserName"] == name
    assigned = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert serial in [each["SerialNumber"] for each in assigned]
    refused("DeleteConflict", iam.delete_virtual_mfa_device, SerialNumber=serial)
    refused("DeleteConflict", iam.delete_user, UserName=name)
    iam.deactivate_mfa_device(UserName=name, SerialNumber=serial)
    refused("NoSuchEntity", iam.deactivate_mfa_device, UserName=name, SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    refused("NoSuchEntity", iam.get_mfa_device, SerialNumber=serial)


def test_a_device_shows_its_seed_once_and_as_a_picture(iam, name) -> None:
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]

    assert len(made["Base32StringSeed"]) == 64
    assert made["QRCodePNG"].startswith(b"\x89PNG")
    refused("EntityAlreadyExists", iam.create_virtual_mfa_device, VirtualMFADeviceName=name.upper())


@pytest.mark.parametrize("codes", [("000000", "000000"), ("12345a", "123456")])
def test_wrong_codes_enable_nothing(iam, name, codes) -> None:
    iam.create_user(UserName=name)
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"][
        "SerialNumber"
    ]
    first, second = codes

    expected = "InvalidAuthenticationCode" if first.isdigit() else "ValidationError"
    refused(
        expected,
        iam.enable_mfa_device,
        UserName=name,
        SerialNumber=serial,
        AuthenticationCode1=first,
        AuthenticationCode2=second,
    )


# Roles.


def test_a_role_is_made_shown_changed_and_forgotten(live, iam, name) -> None:
    made = iam.create_role(
        RoleName=name,
        Path="/svc/",
        AssumeRolePolicyDocument=policy(trust(live.account)),
        Description="d",
        MaxSessionDuration=7200,
    )["Role"]
    iam.update_role(RoleName=name, MaxSessionDuration=3600)
    shown = iam.get_role(RoleName=name)["Role"]

    assert "MaxSessionDuration" not in made
    assert shown["MaxSessionDuration"] == 3600
    assert shown["Description"] == "d"
    assert shown["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"AWS": live.account}
    iam.update_role_description(RoleName=name, Description="again")
    iam.attach_role_policy(RoleName=name, PolicyArn=READ_ONLY)
    refused("DeleteConflict", iam.delete_role, RoleName=name)
    iam.detach_role_policy(RoleName=name, PolicyArn=READ_ONLY)
    iam.delete_role(RoleName=name)
    refused("NoSuchEntity", iam.get_role, RoleName=name)


def test_t075_sts_a_recreated_user_inherits_no_trust(live, iam, name) -> None:
    key = live.user(name)
    arn = live.role(name, f"arn:aws:iam::{live.account}:user/{name}")
    assert live.client("sts", key).assume_role(RoleArn=arn, RoleSessionName="me")
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)
    again = live.user(name)

    refused(
        "AccessDenied", live.client("sts", again).assume_role, RoleArn=arn, RoleSessionName="me"
    )
    shown = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    assert shown["Statement"][0]["Principal"]["AWS"].startswith("AIDA")


@pytest.mark.parametrize(
    ("document", "code", "words"),
    [
        (
            policy(trust("arn:aws:iam::111122223333:user/nobody")),
            "MalformedPolicyDocument",
            'Invalid principal in policy: "AWS"',
        ),
        *(
            (
                policy(trust("*")).replace('"AWS"', f'"{kind}"'),
                "MalformedPolicyDocument",
                f'Invalid principal in policy: "{kind.upper()}":"*"',
            )
            for kind in ("Service", "Federated", "CanonicalUser")
        ),
        ("{", "MalformedPolicyDocument", "This policy contains invalid Json"),
        (
            policy(trust("*")).replace("sts:AssumeRole", "s3:*"),
            "MalformedPolicyDocument",
            "may only specify STS",
        ),
        (
            policy(trust("*")).replace('"sts:AssumeRole"', json.dumps(["sts:AssumeRole"] * 200)),
            "LimitExceeded",
            "ACLSizePerRole: 2048",
        ),
    ],
    ids=[
        "unknown principal",
        "every service",
        "every provider",
        "every canonical user",
        "no JSON",
        "other actions",
        "too long",
    ],
)
def test_a_trust_policy_that_cannot_be_is_refused(iam, name, document, code, words) -> None:
    assert words in refused(code, iam.create_role, RoleName=name, AssumeRolePolicyDocument=document)


# Managed policies.


def test_a_policy_has_five_versions_and_one_in_force(iam, live, name) -> None:
    arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(ALL))["Policy"]["Arn"]
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(ALL))

    assert "up to 5 versions" in refused(
        "LimitExceeded", iam.create_policy_version, PolicyArn=arn, PolicyDocument=policy(ALL)
    )
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v3")
    refused("DeleteConflict", iam.delete_policy_version, PolicyArn=arn, VersionId="v3")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(ALL), SetAsDefault=True)
    assert made["PolicyVersion"]["VersionId"] == "v6"
    assert [each["VersionId"] for each in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == [
        "v6",
        "v4",
        "v3",
        "v2",
        "v1",
    ]
    document = iam.get_policy_version(PolicyArn=arn, VersionId="v6")["PolicyVersion"]["Document"]
    assert document["Statement"] == [ALL]
    refused("NoSuchEntity", iam.get_policy_version, PolicyArn=arn, VersionId="v9")
    refused("DeleteConflict", iam.delete_policy, PolicyArn=arn)


def test_who_holds_a_policy_is_told_page_by_page_in_all_three_lists(iam, name) -> None:
    arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(ALL))["Policy"]["Arn"]
    everybody = policy(trust("*"))
    for each in ("a", "b"):
        iam.create_user(UserName=f"{name}{each}")
        iam.attach_user_policy(UserName=f"{name}{each}", PolicyArn=arn)
    iam.create_group(GroupName=name)
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=everybody)
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    first = iam.list_entities_for_policy(PolicyArn=arn, MaxItems=2)
    found = [
        *iam.get_paginator("list_entities_for_policy").paginate(
            PolicyArn=arn, PaginationConfig={"PageSize": 1}
        )
    ]

    assert first["IsTruncated"]
    assert len(first["PolicyGroups"]) + len(first["PolicyUsers"]) + len(first["PolicyRoles"]) == 2
    assert len(found) == 4
    assert [each["GroupName"] for page in found for each in page["PolicyGroups"]] == [name]
    assert [each["UserName"] for page in found for each in page["PolicyUsers"]] == [
        f"{name}a",
        f"{name}b",
    ]
    assert [each["RoleName"] for page in found for each in page["PolicyRoles"]] == [name]


def test_an_attached_policy_stays(iam, name) -> None:
    arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(ALL))["Policy"]["Arn"]
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=arn)

    shown = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (shown["AttachmentCount"], shown["PermissionsBoundaryUsageCount"]) == (1, 1)
    assert [
        each["UserName"] for each in iam.list_entities_for_policy(PolicyArn=arn)["PolicyUsers"]
    ] == [name]
    refused("DeleteConflict", iam.delete_policy, PolicyArn=arn)
    iam.detach_user_policy(UserName=name, PolicyArn=arn)
    iam.delete_user_permissions_boundary(UserName=name)
    refused("NoSuchEntity", iam.delete_user_permissions_boundary, UserName=name)
    iam.delete_policy(PolicyArn=arn)
    refused("NoSuchEntity", iam.get_policy, PolicyArn=arn)


def test_awss_policies_are_there_and_cannot_be_changed(iam) -> None:
    names = [
        each["PolicyName"]
        for page in iam.get_paginator("list_policies").paginate(Scope="AWS")
        for each in page["Policies"]
    ]

    assert len(names) >= 30
    assert {"AdministratorAccess", "AmazonS3ReadOnlyAccess", "SecurityAudit"} <= set(names)
    for call, more in [
        (iam.create_policy_version, {"PolicyDocument": policy(ALL)}),
        (iam.delete_policy, {}),
        (iam.tag_policy, {"Tags": [{"Key": "a", "Value": "b"}]}),
    ]:
        refused("AccessDenied", call, PolicyArn=READ_ONLY, **more)


def test_t237_priv_another_accounts_policy_is_not_there(iam, name) -> None:
    iam.create_user(UserName=name)
    for arn in ("arn:aws:iam::999999999999:policy/x", "arn:aws:iam::aws:policy/NoSuchPolicy"):
        refused("NoSuchEntity", iam.get_policy, PolicyArn=arn)
        refused("NoSuchEntity", iam.attach_user_policy, UserName=name, PolicyArn=arn)
        refused(
            "NoSuchEntity",
            iam.put_user_permissions_boundary,
            UserName=name,
            PermissionsBoundary=arn,
        )
        refused("NoSuchEntity", iam.detach_user_policy, UserName=name, PolicyArn=arn)


# Families over users, groups and roles.


@pytest.fixture(params=["user", "group", "role"])
def holder(request, iam, live, name):
    """An entity of each kind, and how its operations name it."""
    kind = request.param
    if kind == "role":
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust(live.account)))
    else:
        getattr(iam, f"create_{kind}")(**{f"{kind.capitalize()}Name": name})
    return kind, {f"{kind.capitalize()}Name": name}


def test_an_inline_policy_is_put_shown_listed_and_deleted(iam, holder) -> None:
    kind, named = holder
    getattr(iam, f"put_{kind}_policy")(**named, PolicyName="b", PolicyDocument=policy(ALL))
    getattr(iam, f"put_{kind}_policy")(**named, PolicyName="a", PolicyDocument=policy(ALL))
    shown = getattr(iam, f"get_{kind}_policy")(**named, PolicyName="a")

    assert shown["PolicyDocument"]["Statement"] == [ALL]
    assert getattr(iam, f"list_{kind}_policies")(**named)["PolicyNames"] == ["a", "b"]
    getattr(iam, f"delete_{kind}_policy")(**named, PolicyName="a")
    refused("NoSuchEntity", getattr(iam, f"get_{kind}_policy"), **named, PolicyName="a")
    refused(
        "MalformedPolicyDocument",
        getattr(iam, f"put_{kind}_policy"),
        **named,
        PolicyName="c",
        PolicyDocument="{}",
    )


def test_t222_pol_inline_policies_have_a_size_without_white_space(iam, holder) -> None:
    kind, named = holder
    limit = {"user": 2048, "group": 5120, "role": 10240}[kind]
    shell = policy({**ALL, "Sid": ""})
    fits = shell.replace(
        '"Sid": ""', '"Sid": "%s"' % ("x" * (limit - sum(not c.isspace() for c in shell)))
    )
    put = getattr(iam, f"put_{kind}_policy")

    put(**named, PolicyName="p", PolicyDocument=fits)
    put(**named, PolicyName="p", PolicyDocument=fits.replace(" ", "   "))
    assert "Maximum policy size" in refused(
        "LimitExceeded", put, **named, PolicyName="q", PolicyDocument=policy(ALL)
    )


def test_t222_pol_ten_policies_are_attached_at_most(iam, holder, name) -> None:
    kind, named = holder
    arns = [each["Arn"] for each in iam.list_policies(Scope="AWS", MaxItems=11)["Policies"]]
    attach = getattr(iam, f"attach_{kind}_policy")
    for arn in arns[:10]:
        attach(**named, PolicyArn=arn)
    attach(**named, PolicyArn=arns[0])

    message = refused("LimitExceeded", attach, **named, PolicyArn=arns[10])
    assert message == f"Cannot exceed quota for PoliciesPer{kind.capitalize()}: 10"
    listed = getattr(iam, f"list_attached_{kind}_policies")(**named)["AttachedPolicies"]
    assert [each["PolicyArn"] for each in listed] == arns[:10]


def test_t222_pol_a_managed_policy_has_a_size_without_white_space(iam, name) -> None:
    shell = policy({**ALL, "Sid": ""})
    fits = shell.replace(
        '"Sid": ""', '"Sid": "%s"' % ("x" * (6144 - sum(not c.isspace() for c in shell)))
    )

    iam.create_policy(PolicyName=name, PolicyDocument=fits)
    message = refused(
        "LimitExceeded",
        iam.create_policy,
        PolicyName=f"{name}-b",
        PolicyDocument=fits.replace("xx", "xxx", 1),
    )
    assert message == "Cannot exceed quota for PolicySize: 6144"


# Who may.


def test_a_user_without_policies_may_nothing_and_is_told_why(live, name) -> None:
    mine = live.client("iam", live.user(name))

    message = refused("AccessDenied", mine.list_users)
    arn = f"arn:aws:iam::{live.account}:user/{name}"
    assert message == (
        f"User: {arn} is not authorized to perform: iam:ListUsers on resource: *"
        " because no identity-based policy allows the iam:ListUsers action"
    )


def test_t228_priv_a_boundary_caps_what_is_attached(live, iam, name) -> None:
    key = live.user(name, ALL)
    mine = live.client("iam", key)
    assert mine.list_users()
    arn = iam.create_policy(
        PolicyName=name, PolicyDocument=policy({**ALL, "Action": "iam:GetUser"})
    )["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=arn)

    assert mine.get_user()["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    assert "no permissions boundary allows" in refused("AccessDenied", mine.list_users)


def test_a_condition_on_the_boundary_of_new_users_is_enforced(live, iam, name) -> None:
    # T228-PRIV
    arn = iam.create_policy(PolicyName=name, PolicyDocument=policy(ALL))["Policy"]["Arn"]
    only_bounded = {
        **ALL,
        "Action": "iam:CreateUser",
        "Condition": {"StringEquals": {"iam:PermissionsBoundary": arn}},
    }
    mine = live.client("iam", live.user(name, only_bounded))

    refused("AccessDenied", mine.create_user, UserName=f"{name}-a")
    mine.create_user(UserName=f"{name}-b", PermissionsBoundary=arn)


def test_a_groups_policies_are_its_members(live, iam, name) -> None:
    mine = live.client("iam", live.user(name))
    iam.create_group(GroupName=name)
    iam.put_group_policy(GroupName=name, PolicyName="p", PolicyDocument=policy(ALL))
    refused("AccessDenied", mine.list_users)
    iam.add_user_to_group(GroupName=name, UserName=name)

    assert mine.list_users()
    iam.delete_group_policy(GroupName=name, PolicyName="p")
    refused("AccessDenied", mine.list_users)


def test_what_is_not_built_answers_501_with_its_name(live, iam) -> None:
    with pytest.raises(ClientError) as error:
        iam.list_open_id_connect_providers()
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "ListOpenIDConnectProviders" in str(error.value)
    for service, call in [
        ("sso-admin", "list_application_providers"),
        ("rolesanywhere", "list_profiles"),
    ]:
        with pytest.raises(ClientError) as error:
            getattr(live.client(service), call)()
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_role_has_no_instance_profiles_and_a_missing_one_is_missed(live) -> None:
    iam = live.client("iam")
    live.role("profileless", f"arn:aws:iam::{live.account}:root")

    assert iam.list_instance_profiles_for_role(RoleName="profileless")["InstanceProfiles"] == []
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.list_instance_profiles_for_role(RoleName="nobody")
