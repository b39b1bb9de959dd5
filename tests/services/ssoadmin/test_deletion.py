"""An instance is deleted: what it made in accounts, and its people, are gone with the answer."""

import pytest
from botocore.exceptions import ClientError
from tests.services.ssoadmin.conftest import SERVICE

POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'


def roles(center, account):
    """Return the names of the roles of people in an account."""
    pages = center.client("iam", account).get_paginator("list_roles").paginate()
    names = [each["RoleName"] for page in pages for each in page["Roles"]]
    return [each for each in names if each.startswith(("AWSReservedSSO_", "AWSServiceRoleForSSO"))]


def providers(center, account):
    return center.client("iam", account).list_saml_providers()["SAMLProviderList"]


def refused(call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"]


def test_everything_of_a_deleted_instance_is_gone_at_once(center) -> None:
    sso, account = center.sso, center.account()
    instance = sso.list_instances()["Instances"][0]
    arn, store = instance["InstanceArn"], instance["IdentityStoreId"]
    people = center.client("identitystore")
    person = people.create_user(
        IdentityStoreId=store,
        UserName="pat",
        DisplayName="Pat",
        Name={"GivenName": "Pat", "FamilyName": "Doe"},
    )["UserId"]
    found = sso.create_permission_set(InstanceArn=arn, Name="readers")["PermissionSet"]
    named = {"InstanceArn": arn, "PermissionSetArn": found["PermissionSetArn"]}
    sso.put_inline_policy_to_permission_set(**named, InlinePolicy=POLICY)
    for target in (account, center.management):
        sso.create_account_assignment(
            **named,
            TargetId=target,
            TargetType="AWS_ACCOUNT",
            PrincipalType="USER",
            PrincipalId=person,
        )
        assert len(roles(center, target)) == 2
        assert len(providers(center, target)) == 1

    sso.delete_instance(InstanceArn=arn)

    for target in (account, center.management):
        assert roles(center, target) == []
        assert providers(center, target) == []
    assert sso.list_instances()["Instances"] == []
    assert refused(sso.describe_instance, InstanceArn=arn) == "AccessDeniedException"
    assert refused(sso.describe_permission_set, **named) == "AccessDeniedException"
    assert refused(people.list_users, IdentityStoreId=store) == "AccessDeniedException"


def test_an_account_instance_is_deleted_and_made_again(first) -> None:
    own = first.client(SERVICE, first.standalone())
    arn = own.create_instance(Name="own")["InstanceArn"]
    own.delete_instance(InstanceArn=arn)
    again = own.create_instance(Name="own")["InstanceArn"]

    assert again != arn
    assert [each["InstanceArn"] for each in own.list_instances()["Instances"]] == [again]
    assert refused(own.describe_instance, InstanceArn=arn) == "AccessDeniedException"
