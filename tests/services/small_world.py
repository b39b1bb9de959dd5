"""Three accounts of one organization and one outside, in memory, for tests of refusals."""

from tests.documents import allow, policy

from daypass.core import authorization_messages
from daypass.core.domain.account import Account
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.compiled_policies import compile_bucket_policy, compile_trust_policy
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.managed_policy import ManagedPolicy, PolicyVersion
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.partition import GLOBAL
from daypass.core.keyring import KeyRing
from daypass.core.organizations.policies.policy_types import RCP, SCP
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.services.kit import authorization
from daypass.services.kit.authorization_question import AuthorizationQuestion, Circumstances
from daypass.services.kit.caller import Caller
from daypass.services.kit.context_keys import role_tag_keys
from daypass.services.kit.refusal_reasons import (
    OPERATOR_AUDIENCE,
    account_audience,
    refusal_reasons,
)
from daypass.state.changes import Put, Remove
from daypass.state.snapshot.directory import Directory

MANAGEMENT, HOME, OWNER, OUTSIDE = "111111111111", "222222222222", "333333333333", "999999999999"
ID, ROOT = "o-small00001", "r-smal"
NOW = 1_767_225_600
CIRCUMSTANCES = Circumstances(NOW, "192.0.2.1", secure=True, region="us-east-1", user_agent="aws")
RING = KeyRing.new(bytes(range(48)), now=1)
BUCKET = "arn:aws:s3:::theirs"
ROLE = f"arn:aws:iam::{OWNER}:role/theirs"


def managed(name, *texts, account=HOME):
    versions = tuple(
        PolicyVersion(f"v{number}", text, NOW) for number, text in enumerate(texts, start=1)
    )
    return ManagedPolicy(
        account=account,
        name=name,
        unique_id=f"ANPA{name}",
        created=NOW,
        updated=NOW,
        default=versions[-1].id,
        versions=versions,
    )


class SmallWorld:
    """A directory that `put` and `remove` change in place."""

    def __init__(self, **user):
        self.directory = Directory()
        self.put(
            Organization(
                account=ID,
                management=MANAGEMENT,
                root_id=ROOT,
                created=NOW,
                attached=("p-FullAWSAccess", "p-RCPFullAWSAccess"),
                policy_types=(SCP, RCP),
            ),
            *(
                Member(
                    account=ID,
                    id=each,
                    parent=ROOT,
                    serial=number,
                    joined=NOW,
                    attached=("p-FullAWSAccess", "p-RCPFullAWSAccess"),
                )
                for number, each in enumerate((MANAGEMENT, HOME, OWNER))
            ),
            *(
                Account(account=each, name=each, created=NOW, canonical_user="", organization=ID)
                for each in (MANAGEMENT, HOME, OWNER)
            ),
            Account(account=OUTSIDE, name="outside", created=NOW, canonical_user=""),
        )
        self.session = None
        self.user(**user)

    def put(self, *records):
        self.directory = self.directory.changed(map(Put, records), self.directory.revision + 1)

    def remove(self, *records):
        self.directory = self.directory.changed(map(Remove, records), self.directory.revision + 1)

    def user(self, *statements, account=HOME, **more):
        """Put the calling user; without statements the user may do everything."""
        inline = (InlinePolicy("own", policy(*(statements or (allow(),)))),)
        self.put(
            User(
                account=account,
                name="alice",
                unique_id=f"AIDA{account}",
                created=NOW,
                **{"inline": inline, **more},
            )
        )

    def bucket(self, *statements, owner=OWNER, **more):
        self.put(
            Bucket(
                account=GLOBAL,
                name="theirs",
                owner=owner,
                created=NOW,
                region="us-east-1",
                policy=policy(*statements) if statements else "",
                **more,
            )
        )

    def role(self, trusted, **more):
        self.put(
            Role(
                account=OWNER,
                name="theirs",
                unique_id="AROATHEIRS",
                created=NOW,
                trust=trusted,
                **more,
            )
        )

    def ceiling(self, kind, *statements, on=HOME, identifier="p-ceiling001"):
        """Attach an organization's policy to an account; return its ARN."""
        ceiling = OrganizationPolicy(
            account=ID,
            id=identifier,
            type=kind,
            name="ceiling",
            content=policy(*statements),
            serial=9,
            updated=NOW,
        )
        member = self.directory.organization(ID).of(Member).get(on)
        full = ("p-FullAWSAccess", "p-RCPFullAWSAccess")
        self.put(
            ceiling,
            Member(
                account=ID,
                id=on,
                parent=ROOT,
                serial=member.serial,
                joined=NOW,
                attached=(*full, identifier),
            ),
        )
        return f"arn:aws:organizations::{MANAGEMENT}:policy/{ID}/{kind.lower()}/{identifier}"

    def caller(self, account=HOME):
        record = self.directory.account(account).of(User).find("alice")
        principal = Principal(PrincipalKind.USER, record.arn, account, unique_id=record.unique_id)
        return Caller(principal, "AKIA", record, self.session, record.tags)

    def question(self, action="s3:GetObject", resource=f"{BUCKET}/key", account=HOME, **more):
        """Return a question about the caller's own account, the bucket or the role."""
        bucket = self.directory.of(Bucket).get("theirs")
        if bucket is not None and resource.startswith(BUCKET):
            account = bucket.owner
            more.setdefault(
                "resource_policy", compile_bucket_policy(bucket.policy) if bucket.policy else None
            )
        if resource == ROLE:
            role = self.directory.by_arn(Role, ROLE)
            more |= {
                "resource_policy": compile_trust_policy(role.trust),
                "tags": role_tag_keys(role, self.directory.account(OWNER)),
                "requires_grant": True,
            }
            account = OWNER
        return AuthorizationQuestion(
            action=action, resource=resource, account=account, **{"keys": {}, **more}
        )

    def refused(self, *, by=HOME, **question):
        """Return the refusal of a question that is not allowed."""
        asked = self.question(**question)
        caller = self.caller(by)
        answer = authorization.decide_question(asked, caller, self.directory, CIRCUMSTANCES)
        assert not answer.decision.allowed
        seal = authorization.refusal_sealer(RING, bytes)
        return authorization.denied_fault(
            asked, answer, caller, self.directory, CIRCUMSTANCES, seal
        )

    def told(self, refused, viewer=None):
        """Return the decoded message as an account, or the operator, reads it."""
        kept = authorization_messages.decode_for_operator(refused.reasons, ring=RING)
        reader = (
            OPERATOR_AUDIENCE if viewer is None else account_audience(kept, viewer, self.directory)
        )
        return refusal_reasons(kept, self.directory, reader)
