"""Deciding by IAM and bucket policies whether a caller has the required permissions."""

from collections.abc import Callable

from daypass.core.domain.bucket import Bucket
from daypass.core.policy.decision.policy_sets import PolicySet
from daypass.gate.buckets.bucket_policies import effective_policy
from daypass.gate.decision.condition_keys import EXISTING_TAG_KEY
from daypass.gate.decision.permissions import Permission
from daypass.gate.protocol.errors import S3Error, access_denied
from daypass.services.kit.authorization import (
    AuditedDecision,
    AuthorizationResult,
    RefusalSealer,
    are_in_one_organization,
    decide_question,
)
from daypass.services.kit.authorization import denied_fault as refusal_fault
from daypass.services.kit.authorization_question import (
    NO_KEYS,
    AuthorizationQuestion,
    Circumstances,
)
from daypass.services.kit.caller import Caller
from daypass.services.kit.effective_policies import effective_policies as applicable_policies
from daypass.services.kit.effective_policies import policies_use_key_family
from daypass.state.snapshot.directory import Directory


class Authorizer:
    """Decides permissions for one caller on one snapshot."""

    def __init__(
        self,
        caller: Caller,
        directory: Directory,
        circumstances: Circumstances,
        seal: Callable[[], RefusalSealer],
        decisions: list[AuditedDecision] | None = None,
    ) -> None:
        """Make an authorizer; `require` and `refusal` append their decisions to `decisions`.

        `seal` returns what encrypts the reasons of a refusal; it is called for refusals alone.
        """
        self.caller = caller
        self._seal = seal
        self.directory = directory
        self.circumstances = circumstances
        self._asks_for_tags: dict[str, bool] = {}
        self.decisions: list[AuditedDecision] = [] if decisions is None else decisions

    def require(self, permissions: tuple[Permission, ...]) -> None:
        """Raise `S3Error` AccessDenied for the first permission that is not allowed."""
        for permission in permissions:
            refused = self.refusal(permission)
            if refused is not None:
                raise refused

    def allows(self, *permissions: Permission) -> bool:
        """Say whether all permissions are allowed."""
        return all(
            self._decide(permission, self._question(permission)).decision.allowed
            for permission in permissions
        )

    def refusal(self, permission: Permission) -> S3Error | None:
        """Return the error for a permission that is refused; None if it is allowed."""
        question = self._question(permission)
        answer = self._decide(permission, question)
        self.decisions.append(AuditedDecision(question.action, question.resource, answer.decision))
        if answer.decision.allowed:
            return None
        refused = refusal_fault(
            question, answer, self.caller, self.directory, self.circumstances, self._seal()
        )
        if not are_in_one_organization(self.caller.account, question.account, self.directory):
            return access_denied(reasons=refused.reasons)
        # S3 puts the resource in quotes.
        words = refused.message.replace(
            f"resource: {permission.resource}", f'resource: "{permission.resource}"', 1
        )
        return S3Error("AccessDenied", words, details=refused.details, reasons=refused.reasons)

    def decide_each(self, permissions: tuple[Permission, ...]) -> list[AuditedDecision]:
        """Return the decisions on the permissions in order, up to the first that is not allowed."""
        decisions: list[AuditedDecision] = []
        for permission in permissions:
            question = self._question(permission)
            decision = self._decide(permission, question).decision
            decisions.append(AuditedDecision(question.action, question.resource, decision))
            if not decision.allowed:
                break
        return decisions

    def asks_for_tags(self, bucket: str, owner: str) -> bool:
        """Return whether a policy has a condition on tags of objects, which must then be read."""
        if bucket not in self._asks_for_tags:
            self._asks_for_tags[bucket] = policies_ask_for_tags(
                self.caller, self.directory, bucket, owner
            )
        return self._asks_for_tags[bucket]

    def _decide(
        self, permission: Permission, question: AuthorizationQuestion
    ) -> AuthorizationResult:
        answer = decide_question(question, self.caller, self.directory, self.circumstances)
        if permission.unread_tags is not None and policies_use_key_family(
            EXISTING_TAG_KEY, answer.policies
        ):
            # Unknown tags are not absent ones: a Deny on them must not vanish.
            name = f"{permission.unread_tags.bucket}/{permission.unread_tags.key}"
            raise S3Error(
                "ServiceUnavailable",
                "The tags of the object could not be read. Please try again.",
                operator=f"the tags of {name} were not read",
            )
        return answer

    def _question(self, permission: Permission) -> AuthorizationQuestion:
        return AuthorizationQuestion(
            action=permission.action,
            resource=permission.resource,
            account=permission.account or self.caller.account,
            keys=permission.keys,
            resource_policy=self._policy(permission),
        )

    def _policy(self, permission: Permission) -> PolicySet | None:
        """Return the permission's bucket policy as it applies to the caller, or None."""
        name = permission.resource.removeprefix("arn:aws:s3:::").partition("/")[0]
        return _bucket_policy(name, self.caller, self.directory, permission.action)


def policies_ask_for_tags(caller: Caller, directory: Directory, bucket: str, owner: str) -> bool:
    """Return whether a policy that applies to a caller in a bucket asks for tags of its objects.

    `owner` is the account that owns the bucket.
    """
    action = "s3:GetObject"
    question = AuthorizationQuestion(
        action=action,
        resource=f"arn:aws:s3:::{bucket}/",
        account=owner,
        keys=NO_KEYS,
        resource_policy=_bucket_policy(bucket, caller, directory, action),
    )
    policies = applicable_policies(question, caller, directory)
    return policies_use_key_family(EXISTING_TAG_KEY, policies)


def _bucket_policy(
    name: str, caller: Caller, directory: Directory, action: str
) -> PolicySet | None:
    bucket = directory.of(Bucket).get(name)
    return None if bucket is None else effective_policy(bucket, caller, action)
