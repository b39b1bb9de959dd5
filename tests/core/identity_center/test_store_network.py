"""The network configuration of an identity store: what is locked, cleared, kept and refused."""

import pytest

from daypass.core.domain.identity_center.network_lock import NetworkLock
from daypass.core.faults import InvalidParameterValue
from daypass.core.identity_center.network_lock import read_store_network

VPC = ["arn:aws:ec2:us-east-1:111122223333:vpc/vpc-01234567"]
REQUIRED, OPEN = {"VpceAccessRequired": True}, {"VpceAccessRequired": False}
ADDRESSES = ["192.0.2.0/24", "2001:db8::/32"]


@pytest.mark.parametrize(
    ("configuration", "lock", "scim"),
    [
        (OPEN, None, ()),
        ({**OPEN, "ApiAllowSourceIps": ADDRESSES}, None, ()),
        ({**OPEN, "ScimAllowSourceIps": ADDRESSES}, None, tuple(ADDRESSES)),
        ({**REQUIRED, "ApiAllowSourceIps": ADDRESSES}, NetworkLock(tuple(ADDRESSES)), ()),
        (
            {**REQUIRED, "ApiAllowSourceIps": ADDRESSES, "ScimAllowSourceIps": ["0.0.0.0/0"]},
            NetworkLock(tuple(ADDRESSES)),
            ("0.0.0.0/0",),
        ),
    ],
)
def test_a_configuration_locks_what_it_says(configuration, lock, scim) -> None:
    """T425."""
    assert read_store_network(configuration) == (lock, scim)


@pytest.mark.parametrize(
    "configuration",
    [
        REQUIRED,
        {**REQUIRED, "ApiAllowSourceIps": []},
        {**REQUIRED, "ScimAllowSourceIps": ADDRESSES},
        {**REQUIRED, "ApiAllowSourceIps": ADDRESSES, "ApiRestrictSourceVpcs": VPC},
        {**REQUIRED, "ApiAllowSourceIps": ["192.0.2.0/33"]},
        {**OPEN, "ScimAllowSourceIps": ["somewhere"]},
    ],
)
def test_what_cannot_be_enforced_is_refused(configuration) -> None:
    """T425."""
    with pytest.raises(InvalidParameterValue):
        read_store_network(configuration)
