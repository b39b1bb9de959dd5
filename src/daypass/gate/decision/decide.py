"""May the caller do all that a request needs: one question after the other, the first refusal is the answer."""

from daypass.core.domain.bucket import Bucket
from daypass.core.policy.decision.policy_sets import PolicySet
from daypass.gate.buckets.bucket_policies import in_force
from daypass.gate.decision.condition_keys import EXISTING_TAG
from daypass.gate.decision.permissions import Need
from daypass.gate.protocol.errors import S3Error, denied
from daypass.services.kit.access import Answer, Decided, Seal, are_together
from daypass.services.kit.access import answer as answered
from daypass.services.kit.access import denied as refusing
from daypass.services.kit.caller import Caller
from daypass.services.kit.effective_policies import ask_for
from daypass.services.kit.effective_policies import in_force as every_policy
from daypass.services.kit.question import NO_KEYS, Circumstances, Question
from daypass.state.snapshot.directory import Directory


class Judge:
    """Decides for one caller on one snapshot."""

    def __init__(
        self,
        caller: Caller,
        directory: Directory,
        circumstances: Circumstances,
        seal: Seal,
        decisions: list[Decided] | None = None,
    ) -> None:
        """Decide; what is decided by `require` and `refused` is added to `decisions`, for the audit record."""
        self.caller = caller
        self._seal = seal
        self.directory = directory
        self.circumstances = circumstances
        self._asking: dict[str, bool] = {}
        self.decisions: list[Decided] = [] if decisions is None else decisions

    def require(self, needs: tuple[Need, ...]) -> None:
        """Raise `S3Error` AccessDenied, in AWS's words, for the first need that is not allowed."""
        for need in needs:
            refused = self.refused(need)
            if refused is not None:
                raise refused

    def allows(self, *needs: Need) -> bool:
        """Say whether everything is allowed."""
        return all(self._answer(need, self._question(need)).decision.allowed for need in needs)

    def refused(self, need: Need) -> S3Error | None:
        """Return the refusal of one need, nothing if it is allowed."""
        question = self._question(need)
        answer = self._answer(need, question)
        self.decisions.append(Decided(question.action, question.resource, answer.decision))
        if answer.decision.allowed:
            return None
        refused = refusing(
            question, answer, self.caller, self.directory, self.circumstances, self._seal
        )
        if not are_together(self.caller.account, question.account, self.directory):
            return denied(reasons=refused.reasons)
        # S3 puts the resource in quotes.
        words = refused.message.replace(
            f"resource: {need.resource}", f'resource: "{need.resource}"', 1
        )
        return S3Error("AccessDenied", words, details=refused.details, reasons=refused.reasons)

    def weighed(self, needs: tuple[Need, ...]) -> list[Decided]:
        """Return the decision about each need, up to the first that is not allowed."""
        found: list[Decided] = []
        for need in needs:
            question = self._question(need)
            decision = self._answer(need, question).decision
            found.append(Decided(question.action, question.resource, decision))
            if not decision.allowed:
                break
        return found

    def asks_for_tags(self, bucket: str, owner: str) -> bool:
        """Say whether any policy that bears on a bucket's objects asks about their existing tags."""
        if bucket not in self._asking:
            arn = f"arn:aws:s3:::{bucket}/"
            question = self._question(Need("s3:GetObject", arn, owner, NO_KEYS))
            policies = every_policy(question, self.caller, self.directory)
            self._asking[bucket] = ask_for(EXISTING_TAG, policies)
        return self._asking[bucket]

    def _answer(self, need: Need, question: Question) -> Answer:
        if need.unread is not None and self.asks_for_tags(need.unread.bucket, need.account):
            # What is not known is not absent: a Deny must not vanish.
            raise S3Error(
                "ServiceUnavailable",
                "The tags of the object could not be read. Please try again.",
                operator=f"the tags of {need.unread.bucket}/{need.unread.key} were not read",
            )
        return answered(question, self.caller, self.directory, self.circumstances)

    def _question(self, need: Need) -> Question:
        return Question(
            action=need.action,
            resource=need.resource,
            account=need.account or self.caller.account,
            keys=need.keys,
            resource_policy=self._policy(need),
        )

    def _policy(self, need: Need) -> PolicySet | None:
        """Return the policy of the bucket that a need is about, as it counts for the caller."""
        name = need.resource.removeprefix("arn:aws:s3:::").partition("/")[0]
        bucket = self.directory.of(Bucket).get(name)
        return None if bucket is None else in_force(bucket, self.caller, need.action)
