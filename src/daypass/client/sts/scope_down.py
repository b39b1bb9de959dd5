"""Narrow temporary credentials for one job: fewer permissions, by STS's GetScopedCredentials.

The narrowed credentials are never kept: each job has its own, and the audit log has each with its
reason.
"""

import json
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from daypass.client.cache_entry import CacheEntry
from daypass.client.credential_plan import CredentialPlan
from daypass.client.credentials_unavailable import CredentialsUnavailable
from daypass.client.source_faults import error_words
from daypass.client.sts.fetch import STSEndpoint, STSFailed, entry_of_credentials, sts_client

_READS = """
    acm:Describe* acm:Get* acm:List* autoscaling:Describe* cloudformation:Describe*
    cloudformation:Get* cloudformation:List* cloudfront:Get* cloudfront:List* cloudtrail:Get*
    cloudtrail:List* cloudtrail:LookupEvents cloudwatch:Describe* cloudwatch:Get* cloudwatch:List*
    codebuild:BatchGet* codebuild:List* dynamodb:BatchGetItem dynamodb:Describe* dynamodb:Get*
    dynamodb:List* dynamodb:Query dynamodb:Scan ec2:Describe* ecr:BatchGet* ecr:Describe*
    ecr:GetDownloadUrlForLayer ecr:List* ecs:Describe* ecs:List* eks:Describe* eks:List*
    elasticache:Describe* elasticfilesystem:Describe* elasticloadbalancing:Describe*
    events:Describe* events:List* guardduty:Get* guardduty:List* iam:Get* iam:List* iam:Simulate*
    identitystore:Describe* identitystore:List* kinesis:Describe* kinesis:Get* kinesis:List*
    kms:Describe* kms:GetKeyPolicy kms:List* lambda:Get* lambda:List* logs:Describe*
    logs:FilterLogEvents logs:Get* logs:List* organizations:Describe* organizations:List*
    rds:Describe* redshift:Describe* route53:Get* route53:List* s3:GetBucket*
    s3:GetEncryptionConfiguration s3:GetLifecycleConfiguration s3:GetObject*
    s3:GetReplicationConfiguration s3:List* secretsmanager:Describe* secretsmanager:List* sns:Get*
    sns:List* sqs:Get* sqs:List* ssm:Describe* ssm:List* sso:Describe* sso:Get* sso:List*
    states:Describe* states:List* sts:GetAccessKeyInfo sts:GetCallerIdentity
    sts:GetScopedCredentials tag:Get*
"""
READ_ONLY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": _READS.split(), "Resource": "*"}],
    },
    separators=(",", ":"),
)
"""The policy of `--scope-down read-only`: actions of much used services that read or list, without
those whose answer is a password, a key or a credential of another kind."""
_UNKNOWN_OPERATION = frozenset({"InvalidAction", "NotImplemented", "UnknownOperationException"})


class ScopeDown(NamedTuple):
    """What to narrow credentials to: a policy, and why, which is empty if it is not said."""

    policy: str
    description: str = ""


def narrow_credentials(
    entry: CacheEntry, plan: CredentialPlan, sts: STSEndpoint, scope_down: ScopeDown
) -> CacheEntry:
    """Return narrowed credentials of the session of a plan's temporary credentials.

    Raises `STSFailed` if STS refuses to narrow them or does not know how, and
    `CredentialsUnavailable` for a description that it does not take. Wider credentials are never
    returned in their place.
    """
    keys = (entry.access_key_id, entry.secret_access_key, entry.session_token)
    params = {"Policy": scope_down.policy}
    if scope_down.description:
        params["ScopedSessionDescription"] = scope_down.description
    try:
        answer = sts_client(plan.session(), sts, keys).get_scoped_credentials(**params)
        narrowed = entry_of_credentials(answer["Credentials"], account=entry.account)
    except ParamValidationError as error:
        raise CredentialsUnavailable(
            f"the credentials cannot be narrowed: {error_words(error)}",
            "correct the policy of --scope-down or the text of --scope-for",
        ) from error
    except ClientError as error:
        raise _refused(error, sts) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise STSFailed(
            f"STS cannot be reached for GetScopedCredentials: {error_words(error)}",
            f"check that {sts.endpoint} is the address, and that it answers",
        ) from error
    except (KeyError, AttributeError) as error:
        raise STSFailed(
            f"{sts.endpoint} answered GetScopedCredentials without credentials",
            "check that it is the address of STS, or of an authority",
        ) from error
    return narrowed.replace(profiles=entry.profiles, variables=entry.variables)


def _refused(error: ClientError, sts: STSEndpoint) -> STSFailed:
    details = error.response.get("Error", {})
    code = str(details.get("Code"))
    if code in _UNKNOWN_OPERATION:
        return STSFailed(
            f"{sts.endpoint} does not know GetScopedCredentials",
            "leave --scope-down out, or use a newer authority, or a regional endpoint of AWS",
        )
    hint = (
        "the session's own policies must allow sts:GetScopedCredentials"
        if code == "AccessDenied"
        else "correct the policy of --scope-down"
    )
    return STSFailed(f"{code}: {details.get('Message')}", hint)
