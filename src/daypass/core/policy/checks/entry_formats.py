"""What IAM says of a badly written resource or action; empty for a good one."""

import re

from daypass.core.arn import PARTS

_VENDOR = re.compile(r"[A-Za-z0-9.-]+", re.ASCII)
PARTITIONS = re.compile(r"aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc|\*")
"""The partitions that AWS has, and a star for all of them."""
_IAM_PATHS = (
    "user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/",
    "server-certificate/", "policy/", "sms-mfa/", "saml-provider/", "oidc-provider/", "report/",
    "access-report/",
)  # fmt: skip


def resource_problem(text: str) -> str:
    """Return what IAM says of an entry of Resource or NotResource."""
    if text == "*":
        return ""
    if ":" not in text:
        return f'Resource {text} must be in ARN format or "*".'
    parts = text.split(":", PARTS - 1)
    padded = parts + ["*"] * (PARTS - len(parts))
    if not PARTITIONS.fullmatch(padded[1]):
        # IAM takes whatever stands in front for `arn` here.
        shown = ":".join(["arn", *padded[1:]])
        return f'Partition "{padded[1]}" is not valid for resource "{shown}".'
    if parts[0] != "arn":
        # IAM lets it pass; such a pattern matches no resource, which would make a Deny void.
        return f'Resource {text} must be in ARN format or "*".'
    if len(parts) == 2:  # noqa: PLR2004 - arn and partition alone
        return "Resource vendor must be fully qualified and cannot contain regexes."
    if padded[2] == "iam":
        return _iam_problem(text, padded)
    if padded[2] == "s3" and padded[3] not in {"", "*"} and "accesspoint" not in padded[5]:
        return f"Resource {text} can not contain region information."
    return ""


def _iam_problem(text: str, parts: list[str]) -> str:
    if parts[3] not in {"", "*"}:
        return f"IAM resource {text} cannot contain region information."
    path = parts[5]
    if path in {"*", "root"} or path.startswith(_IAM_PATHS) or path[:1] in {"*", "?", "$"}:
        return ""
    return f'IAM resource path must either be "*", root, or start with {", ".join(_IAM_PATHS)}.'


def action_problem(text: str) -> str:
    """Return what IAM says of an entry of Action or NotAction."""
    if text == "*":
        return ""
    vendor, colon, name = text.partition(":")
    if not colon:
        return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    if ":" in name:
        return "Actions/Condition can contain only one colon."
    if set("*?") & set(vendor):
        return "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards"
    if not _VENDOR.fullmatch(vendor):
        return f"Vendor {vendor} is not valid"
    return ""
