"""Read managed policies, customer managed and AWS managed, with their default version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from daypass.aws.api_calls import list_all
from daypass.aws.entities import DocumentFormatter
from daypass.aws.tags import tag_mapping


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A managed policy; `content` is the document of its default version as text."""

    arn: str
    name: str
    path: str
    description: str
    tags: Mapping[str, str]
    content: str


def list_managed_policies(iam: Any, scope: Literal["AWS", "Local"]) -> list[Any]:
    """Return the records of IAM's ListPolicies, which have no documents.

    Scope `Local` means the account's customer managed policies.
    """
    return list_all(iam, "list_policies", "Policies", Scope=scope)


def read_managed_policy(iam: Any, arn: str, text: DocumentFormatter) -> ManagedPolicy:
    """Return a managed policy with its tags and default document. Raises `ClientError`."""
    record = iam.get_policy(PolicyArn=arn)["Policy"]
    return ManagedPolicy(
        arn=arn,
        name=record["PolicyName"],
        path=record["Path"],
        description=record.get("Description", ""),
        tags=tag_mapping(record.get("Tags", ())),
        content=text(read_version_document(iam, arn, record["DefaultVersionId"])),
    )


def read_version_document(iam: Any, arn: str, version: str) -> Any:
    """Return the document of a version such as `v2` as botocore gives it: parsed, or text.

    Raises `ClientError`.
    """
    answer = iam.get_policy_version(PolicyArn=arn, VersionId=version)
    return answer["PolicyVersion"]["Document"]
