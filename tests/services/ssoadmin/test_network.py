"""The network lock on a running server: who passes, and by which address a caller is judged.

The address is that of the socket's peer, since no proxy is trusted here.
"""

import pytest
from botocore.exceptions import ClientError
from tests.services.ssoadmin.conftest import SERVICE

HERE = "127.0.0.0/8"
ELSEWHERE = "203.0.113.0/24"
WORDS = "The network configuration does not allow access from this address."


def lock(center, *addresses):
    center.sso.update_instance(
        InstanceArn=center.instance,
        NetworkConfiguration={"VpceAccessRequired": True, "AllowSourceIps": list(addresses)},
    )


def denied(call, **params):
    """Make a call that the lock must refuse."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("AccessDeniedException", WORDS)


def with_header(center, value):
    """Return a client that says by a header where its requests come from."""
    client = center.client(SERVICE, checked=True)

    def add(request, **_more):
        request.headers["X-Forwarded-For"] = value

    client.meta.events.register("before-sign.sso-admin", add)
    return client


def test_whoever_is_listed_passes_and_opens_again(center) -> None:
    lock(center, ELSEWHERE, HERE)

    assert center.sso.describe_instance(InstanceArn=center.instance)["InstanceArn"]
    center.sso.update_instance(
        InstanceArn=center.instance, NetworkConfiguration={"VpceAccessRequired": False}
    )
    shown = center.sso.describe_instance(InstanceArn=center.instance)
    assert shown["NetworkConfigurationDetails"] == {"VpceAccessRequired": False}


def test_t425_priv_whoever_is_not_listed_reads_and_changes_nothing(center) -> None:
    instance = center.instance
    lock(center, ELSEWHERE)

    denied(center.sso.describe_instance, InstanceArn=instance)
    denied(center.sso.list_instances)
    denied(center.sso.list_tags_for_resource, ResourceArn=instance)
    denied(center.sso.add_region, InstanceArn=instance, RegionName="eu-west-1")
    denied(
        center.sso.update_instance,
        InstanceArn=instance,
        NetworkConfiguration={"VpceAccessRequired": False},
    )


def test_t425_priv_a_header_that_nobody_vouches_for_opens_no_lock(center) -> None:
    instance = center.instance
    lock(center, ELSEWHERE)

    denied(with_header(center, "203.0.113.7").describe_instance, InstanceArn=instance)


def test_the_lock_of_one_instance_is_none_of_another(center, first) -> None:
    lock(center, ELSEWHERE)

    assert first.sso.list_instances()["Instances"]


def test_an_account_without_a_part_in_the_instance_does_not_learn_of_the_lock(
    center, first
) -> None:
    instance = center.instance
    lock(center, ELSEWHERE)

    with pytest.raises(ClientError) as caught:
        first.sso.describe_instance(InstanceArn=instance)
    assert caught.value.response["Error"]["Message"] == (
        "You do not have sufficient access to perform this action."
    )


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"AllowSourceIps": [HERE]}, "vpceAccessRequired"),
        ({"VpceAccessRequired": True}, "AllowSourceIps is required"),
        (
            {
                "VpceAccessRequired": True,
                "AllowSourceIps": [HERE],
                "RestrictSourceVpcs": ["arn:aws:ec2:us-east-1:111122223333:vpc/vpc-01234567"],
            },
            "RestrictSourceVpcs is not supported",
        ),
        (
            {
                "VpceAccessRequired": True,
                "AllowSourceIps": [HERE],
                "ExcludeApplicationArns": ["arn:aws:sso::111122223333:application/x/y"],
            },
            "ExcludeApplicationArns is not supported",
        ),
        ({"VpceAccessRequired": True, "AllowSourceIps": ["127.0.0.1/33"]}, "allowSourceIps"),
    ],
)
def test_t425_priv_a_lock_that_would_not_be_what_it_says_is_not_stored(
    center, configuration, words
) -> None:
    lock(center, HERE)

    with pytest.raises(ClientError) as caught:
        center.client(SERVICE, checked=False).update_instance(
            InstanceArn=center.instance, NetworkConfiguration=configuration
        )
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert words in error["Message"]
    shown = center.sso.describe_instance(InstanceArn=center.instance)
    assert shown["NetworkConfigurationDetails"]["AllowSourceIps"] == [HERE]
