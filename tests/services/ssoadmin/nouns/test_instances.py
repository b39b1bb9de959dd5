"""Instances: who has one, what is shown of it, its configurations."""

import re

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    ELSEWHERE,
    MEMBER,
    ORGANIZATION,
    STRANGER,
    TAG,
    Organized,
)
from tests.services.ssoadmin.centered import (
    ABSENT_ARN,
    ARN,
    DELEGATED,
    INSTANCE,
    MANAGEMENT,
    NO_ACCESS,
    OTHER,
    OTHER_ARN,
    OTHER_STORE,
    OUTSIDER,
    STORE,
    Centered,
    tags,
)
from tests.services.support import NOW, refused

from daypass.core import quotas
from daypass.core.domain.iam.role import Role
from daypass.core.domain.identity_center.instance import AddedRegion, Instance
from daypass.core.domain.identity_center.network_lock import NetworkLock
from daypass.core.domain.record import Tag
from daypass.core.faults import (
    AlreadyExists,
    Conflict,
    Denied,
    InvalidParameterValue,
    TooMany,
    Violation,
)
from daypass.core.organizations.settings import OrganizationSettings
from daypass.services.ssoadmin import instances

NOT_IN_MANAGEMENT = (
    "An account instance cannot be created in the management account of an organization."
)
LOCKED = "The network configuration does not allow access from this address."
HERE = NetworkLock(("192.0.2.0/24",))
ELSEWHERE_LOCK = NetworkLock(("203.0.113.0/24",))
KEY = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"


@pytest.fixture
def known():
    return Centered()


@pytest.mark.parametrize("account", [MEMBER, DELEGATED, OUTSIDER])
def test_an_account_below_or_outside_creates_an_instance_of_its_own(known, account) -> None:
    known.settings = OrganizationSettings(identity_center_region="eu-central-1")

    arn = known.call(
        instances.create_instance, account, Name="mine", ClientToken="once", Tags=tags(team="red")
    )["InstanceArn"]

    record = known.directory.account(account).record
    made = known.directory.instance(record.instance).record
    store = known.directory.identity_store(made.store).record
    assert arn == made.arn
    assert (made.owner, made.organization, made.name) == (account, "", "mine")
    assert (made.region, made.created, made.tags) == ("eu-central-1", NOW, (Tag("team", "red"),))
    assert not made.has_permission_sets
    assert (store.owner, store.instance, store.created) == (account, made.id, NOW)
    assert "AWSServiceRoleForSSO" in [
        each.name for each in known.directory.account(account).of(Role)
    ]


def test_ids_and_arns_have_the_forms_of_aws(known) -> None:
    arn = known.call(instances.create_instance, OUTSIDER)["InstanceArn"]
    shown = known.call(instances.describe_instance, OUTSIDER, InstanceArn=arn)

    assert re.fullmatch(r"arn:aws:sso:::instance/ssoins-[0-9a-f]{16}", arn)
    assert re.fullmatch(r"d-[0-9a-f]{10}", shown["IdentityStoreId"])
    assert shown["IdentityStoreArn"] == (
        f"arn:aws:identitystore::{OUTSIDER}:identitystore/{shown['IdentityStoreId']}"
    )


def test_a_new_instance_is_judged_as_any_instance_with_the_tags_it_gets(known) -> None:
    (target,) = known.located(
        instances.create_instance, known.root(OUTSIDER), Tags=tags(Team="red")
    )

    assert target.arn == "arn:aws:sso:::instance/*"
    assert dict(target.keys) == {
        "sso:primaryregion": "us-east-1",
        "aws:requesttag/team": "red",
        "aws:tagkeys": ("Team",),
    }


def test_a_service_linked_role_that_is_there_stays_as_it_is(known) -> None:
    known.call(instances.create_instance, OUTSIDER)
    before = known.directory.account(OUTSIDER).of(Role).find("AWSServiceRoleForSSO")
    known.put(replace(known.directory.account(OUTSIDER).record, instance=""))

    known.call(instances.create_instance, OUTSIDER)

    assert known.directory.account(OUTSIDER).of(Role).find("AWSServiceRoleForSSO") == before


@pytest.mark.parametrize("features", ["ALL", "CONSOLIDATED_BILLING"])
def test_a_management_account_creates_none(features) -> None:
    with refused(InvalidParameterValue, NOT_IN_MANAGEMENT):
        Organized(features=features).call(instances.create_instance)


ONCE = {"ClientToken": "once", "Name": "mine", "Tags": tags(team="red", cost="low")}


@pytest.mark.parametrize(
    ("again", "fault", "words"),
    [
        (ONCE, None, ""),
        # The order of members is none of the request's meaning.
        (dict(reversed(ONCE.items())), None, ""),
        (
            ONCE | {"Name": "other"},
            Conflict,
            "The ClientToken was used before in a request with other parameters.",
        ),
        (
            {"ClientToken": "once", "Name": "mine"},
            Conflict,
            "The ClientToken was used before in a request with other parameters.",
        ),
        (
            ONCE | {"ClientToken": "twice"},
            AlreadyExists,
            "An instance already exists in this account.",
        ),
        ({"Name": "mine"}, AlreadyExists, "An instance already exists in this account."),
    ],
)
def test_the_same_token_and_arguments_have_the_same_answer(known, again, fault, words) -> None:
    first = known.call(instances.create_instance, OUTSIDER, **ONCE)
    # What happened to the instance since does not make the call another one.
    known.call(instances.update_instance, OUTSIDER, **first, Name="renamed")

    if fault is None:
        assert known.call(instances.create_instance, OUTSIDER, **again) == first
        assert known.new == set()
    else:
        with refused(fault, words):
            known.call(instances.create_instance, OUTSIDER, **again)


def test_an_instance_without_a_token_is_not_created_twice(known) -> None:
    known.call(instances.create_instance, OUTSIDER)

    with refused(AlreadyExists, "An instance already exists in this account."):
        known.call(instances.create_instance, OUTSIDER)


@pytest.mark.parametrize(
    ("passed", "fault", "words"),
    [
        (
            [*tags(team="red"), *tags(Team="blue")],
            InvalidParameterValue,
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
        (
            [{"Key": "AWS:team", "Value": "red"}],
            InvalidParameterValue,
            "Tag keys beginning with aws: are reserved for system use.",
        ),
        (
            [{"Key": str(number), "Value": ""} for number in range(quotas.TAGS_MAX + 1)],
            TooMany,
            "Cannot exceed quota for tags per resource: 50",
        ),
    ],
)
def test_an_instance_is_not_created_with_other_tags(known, passed, fault, words) -> None:
    with refused(fault, words):
        known.call(instances.create_instance, OUTSIDER, Tags=passed)


def test_a_request_has_so_many_tags_and_no_more(known) -> None:
    many = [{"Key": str(number), "Value": ""} for number in range(76)]

    with pytest.raises(Violation, match=r"'tags'.*length less than or equal to 75"):
        known.call(instances.create_instance, OUTSIDER, Tags=many)
    with refused(TooMany, "Cannot exceed quota for tags per resource: 50"):
        known.call(instances.create_instance, OUTSIDER, Tags=many[:75])


@pytest.mark.parametrize("account", [MANAGEMENT, DELEGATED])
def test_an_instance_is_described_with_everything_of_it(known, account) -> None:
    known.put(
        replace(
            known.found,
            name="ours",
            regions=(AddedRegion("eu-west-1", 7),),
            kms_key_type="CUSTOMER_MANAGED_KEY",
            kms_key=KEY,
            network=HERE,
        )
    )

    assert known.call(instances.describe_instance, account, InstanceArn=ARN) == {
        "InstanceArn": ARN,
        "IdentityStoreId": STORE,
        "IdentityStoreArn": f"arn:aws:identitystore::{MANAGEMENT}:identitystore/{STORE}",
        "OwnerAccountId": MANAGEMENT,
        "Name": "ours",
        "CreatedDate": 1,
        "Status": "ACTIVE",
        "PrimaryRegion": "us-east-1",
        "Regions": [
            {
                "RegionName": "us-east-1",
                "Status": "ACTIVE",
                "AddedDate": 1,
                "IsPrimaryRegion": True,
            },
            {
                "RegionName": "eu-west-1",
                "Status": "ACTIVE",
                "AddedDate": 7,
                "IsPrimaryRegion": False,
            },
        ],
        "EncryptionConfigurationDetails": {
            "KeyType": "CUSTOMER_MANAGED_KEY",
            "KmsKeyArn": KEY,
            "EncryptionStatus": "ENABLED",
        },
        "NetworkConfigurationDetails": {
            "VpceAccessRequired": True,
            "AllowSourceIps": ["192.0.2.0/24"],
        },
        "PermissionSetsEnabled": True,
    }


def test_a_new_instance_has_the_defaults(known) -> None:
    arn = known.call(instances.create_instance, OUTSIDER)["InstanceArn"]
    shown = known.call(instances.describe_instance, OUTSIDER, InstanceArn=arn)

    assert "Name" not in shown
    assert shown["Status"] == "ACTIVE"
    assert shown["EncryptionConfigurationDetails"] == {
        "KeyType": "AWS_OWNED_KMS_KEY",
        "EncryptionStatus": "ENABLED",
    }
    assert shown["NetworkConfigurationDetails"] == {"VpceAccessRequired": False}
    assert shown["PermissionSetsEnabled"] is False


OTHERS = [
    ABSENT_ARN,
    OTHER_ARN,
    # Of another partition, though the id is that of an instance of the caller's.
    ARN.replace(":aws:", ":aws-cn:"),
    "arn:aws:sso:::instance/ins-0123456789abcdef",
    "arn:aws:sso:::instance/ssoins-0123456789ABCDEF",
]


@pytest.mark.parametrize("arn", OTHERS)
def test_an_instance_of_others_is_refused_like_one_that_does_not_exist(known, arn) -> None:
    # T237-PRIV
    known.account_instance(OUTSIDER)

    with refused(Denied, NO_ACCESS):
        known.call(instances.describe_instance, InstanceArn=arn)


@pytest.mark.parametrize("account", [MANAGEMENT, MEMBER, DELEGATED, OUTSIDER])
def test_a_list_has_the_own_instance_and_that_of_the_organization(known, account) -> None:
    known.elsewhere()
    known.put(replace(known.directory.organization(ELSEWHERE).record, instance=OTHER))
    known.instance(STRANGER, OTHER, OTHER_STORE, organization=ELSEWHERE)
    own = [] if account == MANAGEMENT else [known.call(instances.create_instance, account)]

    shown = known.call(instances.list_instances, account)["Instances"]

    ours = [] if account == OUTSIDER else [ARN]
    assert [each["InstanceArn"] for each in shown] == ours + [each["InstanceArn"] for each in own]
    assert shown[0].keys() <= {
        "InstanceArn",
        "IdentityStoreId",
        "IdentityStoreArn",
        "OwnerAccountId",
        "Name",
        "CreatedDate",
        "Status",
        "PrimaryRegion",
        "Regions",
    }


def test_an_account_without_an_instance_has_an_empty_list(known) -> None:
    assert known.call(instances.list_instances, OUTSIDER) == {"Instances": []}


@pytest.mark.parametrize(
    ("scope", "region", "is_shown"),
    [
        ({}, "us-east-1", True),
        ({"RegionScope": "CURRENT_REGION"}, "us-east-1", True),
        # An added region counts.
        ({"RegionScope": "CURRENT_REGION"}, "eu-west-1", True),
        ({"RegionScope": "CURRENT_REGION"}, "eu-central-1", False),
        ({"RegionScope": "ALL_REGIONS"}, "eu-central-1", True),
    ],
)
def test_the_current_region_is_that_of_the_servers_instances(
    known, scope, region, is_shown
) -> None:
    known.put(replace(known.found, regions=(AddedRegion("eu-west-1", 7),)))
    known.settings = OrganizationSettings(identity_center_region=region)

    assert bool(known.call(instances.list_instances, **scope)["Instances"]) is is_shown


@pytest.mark.parametrize(
    ("own", "above", "shown"),
    [
        (HERE, HERE, [INSTANCE, OTHER]),
        (None, ELSEWHERE_LOCK, [OTHER]),
        (ELSEWHERE_LOCK, None, [INSTANCE]),
        (ELSEWHERE_LOCK, ELSEWHERE_LOCK, None),
    ],
)
def test_a_locked_instance_is_not_listed_and_a_list_of_locked_ones_is_refused(
    known, own, above, shown
) -> None:
    # T425-PRIV
    known.account_instance(MEMBER, network=own)
    known.put(replace(known.found, network=above))

    if shown is None:
        with refused(Denied, LOCKED):
            known.call(instances.list_instances, MEMBER)
        return
    found = known.call(instances.list_instances, MEMBER)["Instances"]
    assert [each["InstanceArn"].rpartition("/")[2] for each in found] == shown


def test_a_lock_covers_the_answer_to_a_repeated_creation(known) -> None:
    known.account_instance(OUTSIDER, network=ELSEWHERE_LOCK)

    with refused(Denied, LOCKED):
        known.call(instances.create_instance, OUTSIDER, ClientToken="once")


UPDATES = [
    # parameters, what changes
    ({"Name": "new"}, {"name": "new"}),
    (
        {
            "EncryptionConfiguration": {"KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": KEY},
            "Name": "new",
        },
        {"kms_key_type": "CUSTOMER_MANAGED_KEY", "kms_key": KEY, "name": "new"},
    ),
    (
        {"EncryptionConfiguration": {"KeyType": "AWS_OWNED_KMS_KEY"}},
        {"kms_key_type": "AWS_OWNED_KMS_KEY", "kms_key": ""},
    ),
    ({"PermissionSetsEnabled": True}, {"has_permission_sets": True}),
    (
        {
            "NetworkConfiguration": {
                "VpceAccessRequired": True,
                "AllowSourceIps": ["198.51.100.7", "2001:db8::/32"],
            }
        },
        {"network": NetworkLock(("198.51.100.7", "2001:db8::/32"))},
    ),
    # An empty list is as good as none.
    (
        {
            "NetworkConfiguration": {
                "VpceAccessRequired": True,
                "AllowSourceIps": ["0.0.0.0/0"],
                "RestrictSourceVpcs": [],
                "ExcludeApplicationArns": [],
            }
        },
        {"network": NetworkLock(("0.0.0.0/0",))},
    ),
    # T425-PRIV: nothing is enforced, and the lists are cleared.
    ({"NetworkConfiguration": {"VpceAccessRequired": False}}, {"network": None}),
    (
        {
            "NetworkConfiguration": {
                "VpceAccessRequired": False,
                "AllowSourceIps": ["198.51.100.7"],
                "RestrictSourceVpcs": ["arn:aws:ec2:us-east-1:111122223333:vpc/vpc-01234567"],
                "ExcludeApplicationArns": ["arn:aws:sso::111122223333:application/x/y"],
            }
        },
        {"network": None},
    ),
]


@pytest.mark.parametrize("account", [MANAGEMENT, DELEGATED])
@pytest.mark.parametrize(("asked", "changed"), UPDATES)
def test_an_update_changes_what_it_names_and_nothing_else(known, asked, changed, account) -> None:
    before = known.put(
        replace(known.found, name="ours", kms_key_type="CUSTOMER_MANAGED_KEY", kms_key=KEY)
    )
    before = known.put(replace(before, network=HERE))

    assert known.call(instances.update_instance, account, InstanceArn=ARN, **asked) == {}
    assert known.found == replace(before, **changed)


ONE = (
    "Only one of EncryptionConfiguration, PermissionSetsEnabled, NetworkConfiguration can be"
    " specified in a request."
)
KEY_RULE = (
    "KmsKeyArn is required if KeyType is CUSTOMER_MANAGED_KEY, and cannot be specified otherwise."
)
OWNED = {"KeyType": "AWS_OWNED_KMS_KEY"}
OPEN = {"VpceAccessRequired": False}
REFUSED_UPDATES = [
    ({"EncryptionConfiguration": OWNED, "PermissionSetsEnabled": True}, ONE),
    ({"EncryptionConfiguration": OWNED, "NetworkConfiguration": OPEN}, ONE),
    ({"PermissionSetsEnabled": True, "NetworkConfiguration": OPEN}, ONE),
    (
        {},
        (
            "One of Name, EncryptionConfiguration, PermissionSetsEnabled, NetworkConfiguration"
            " must be specified."
        ),
    ),
    (
        {"PermissionSetsEnabled": False, "Name": "new"},
        "The only accepted value of PermissionSetsEnabled is true.",
    ),
    ({"EncryptionConfiguration": {"KeyType": "CUSTOMER_MANAGED_KEY"}}, KEY_RULE),
    ({"EncryptionConfiguration": {**OWNED, "KmsKeyArn": KEY}}, KEY_RULE),
    # T425-PRIV
    (
        {"NetworkConfiguration": {"VpceAccessRequired": True}, "Name": "new"},
        (
            "AllowSourceIps is required if VpceAccessRequired is true: requests do not come from"
            " a VPC here, so nobody else could use the instance."
        ),
    ),
    (
        {
            "NetworkConfiguration": {
                "VpceAccessRequired": True,
                "AllowSourceIps": ["198.51.100.7"],
                "RestrictSourceVpcs": ["arn:aws:ec2:us-east-1:111122223333:vpc/vpc-01234567"],
            }
        },
        "RestrictSourceVpcs is not supported: requests do not come from a VPC here.",
    ),
]


@pytest.mark.parametrize(("asked", "words"), REFUSED_UPDATES)
def test_an_update_that_is_refused_stores_nothing(known, asked, words) -> None:
    before = known.found

    with refused(InvalidParameterValue, words):
        known.call(instances.update_instance, InstanceArn=ARN, **asked)
    assert known.found is before


def test_permission_sets_that_are_enabled_are_never_disabled(known) -> None:
    known.account_instance(OUTSIDER)
    known.call(
        instances.update_instance, OUTSIDER, InstanceArn=OTHER_ARN, PermissionSetsEnabled=True
    )

    with refused(
        InvalidParameterValue, "The only accepted value of PermissionSetsEnabled is true."
    ):
        known.call(
            instances.update_instance, OUTSIDER, InstanceArn=OTHER_ARN, PermissionSetsEnabled=False
        )
    assert known.directory.instance(OTHER).record.has_permission_sets


def test_an_instance_obeys_the_tag_policy_of_its_owner(known) -> None:
    known.put(replace(known.record, policy_types=(*known.record.policy_types, TAG)))
    known.policy(
        "tags",
        type=TAG,
        content='{"tags":{"team":{"tag_value":{"@@assign":["red"]},'
        '"enforced_for":{"@@assign":["sso:instance"]}}}}',
        on=[MEMBER],
    )

    with pytest.raises(InvalidParameterValue, match="team"):
        known.call(instances.create_instance, MEMBER, Tags=tags(team="blue"))
    known.call(instances.create_instance, MEMBER, Tags=tags(team="red"))


def test_of_an_instance_the_region_it_was_made_in_stays(known) -> None:
    made = known.call(instances.create_instance, OUTSIDER)["InstanceArn"]
    known.settings = OrganizationSettings(identity_center_region="eu-central-1")

    shown = known.call(instances.describe_instance, OUTSIDER, InstanceArn=made)
    assert shown["PrimaryRegion"] == "us-east-1"
    assert isinstance(known.directory.instance(made.rpartition("/")[2]).record, Instance)
    assert known.record.id == ORGANIZATION


def test_a_deleted_instance_is_one_that_does_not_exist(known) -> None:
    found = known.permission_set()
    known.provisioned(found, MEMBER)
    known.assigned(found, MEMBER)

    assert known.call(instances.delete_instance, InstanceArn=ARN) == {}

    assert known.record.instance == ""
    assert not [each for each in known.directory.instance(INSTANCE).tables() if len(each)]
    assert not [each for each in known.directory.identity_store(STORE).tables() if len(each)]
    for account in (MANAGEMENT, DELEGATED, MEMBER):
        assert known.call(instances.list_instances, account) == {"Instances": []}
        for function in (instances.describe_instance, instances.delete_instance):
            with refused(Denied, NO_ACCESS):
                known.call(function, account, InstanceArn=ARN)


def test_after_its_deletion_an_account_creates_another_instance_also_by_the_same_token(
    known,
) -> None:
    first = known.call(instances.create_instance, OUTSIDER, ClientToken="once")
    known.call(instances.delete_instance, OUTSIDER, **first)
    assert known.directory.account(OUTSIDER).record.instance == ""

    second = known.call(instances.create_instance, OUTSIDER, ClientToken="once")
    assert second != first
    assert known.call(instances.describe_instance, OUTSIDER, **second)["Status"] == "ACTIVE"


@pytest.mark.parametrize("account", [DELEGATED, MEMBER, OUTSIDER])
def test_nobody_but_its_owner_deletes_an_instance(known, account) -> None:
    with refused(Denied, NO_ACCESS):
        known.call(instances.delete_instance, account, InstanceArn=ARN)
    assert known.found


def test_the_deletion_of_an_account_instance_leaves_the_organizations_alone(known) -> None:
    own = known.call(instances.create_instance, DELEGATED)
    before = known.found

    known.call(instances.delete_instance, DELEGATED, **own)

    shown = known.call(instances.list_instances, DELEGATED)["Instances"]
    assert [each["InstanceArn"] for each in shown] == [ARN]
    assert known.found is before
