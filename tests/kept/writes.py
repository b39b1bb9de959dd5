"""Changes that nodes commit between two requests: everything that a kept answer may stand on.

Each makes its changes from the newest directory; what it makes of it, a number chooses.
"""

from msgspec.structs import replace
from tests.documents import allow, deny, policy, trust
from tests.kept.world import (
    GUEST,
    HOMES,
    STAFF,
    WORKER,
    named_user,
    sealed_key,
)
from tests.server.read_world import (
    ADMINISTRATOR,
    CEILING,
    ID,
    MEMBER,
    ROOT,
    TAGGING,
    managed,
    member,
    trusting,
    user_id,
)

from daypass.core.domain.account import Account
from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.partition import AWS
from daypass.core.domain.record import Tag
from daypass.core.organizations.policies.policy_types import SCP, TAG
from daypass.state.changes import Put, Remove

MIDDAY = "2026-01-01T12:10:00Z"
DOCUMENTS = (
    policy(allow()),
    policy(deny()),
    policy(allow("iam:Get*")),
    policy(allow("*", WORKER.arn)),
    policy(allow(Condition={"DateLessThan": {"aws:CurrentTime": MIDDAY}})),
    policy(allow(Condition={"StringEquals": {"aws:ResourceTag/team": "red"}})),
    policy(allow(Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})),
    policy(allow(Condition={"StringEquals": {"aws:PrincipalOrgID": ID}})),
    # What an operator does to end a role's sessions.
    policy(allow(), deny(Condition={"DateLessThan": {"aws:TokenIssueTime": MIDDAY}})),
    policy(allow(Condition={"StringEquals": {"aws:UserAgent": "theirs"}})),
)
"""What users, groups, roles, boundaries and SCPs get."""
TAG_DOCUMENTS = (
    '{"tags":{"team":{"tag_key":{"@@assign":"team"}}}}',
    '{"tags":{"team":{"tag_key":{"@@assign":"TEAM"}}}}',
)
TRUSTS = (
    trusting(user_id("alice"), user_id("guest")),
    trusting(user_id("guest")),
    trusting("*"),
    trusting(user_id("alice")),
    policy(
        trust(
            [user_id("alice"), user_id("guest")],
            Condition={"StringEquals": {"aws:ResourceTag/team": "red"}},
        )
    ),
)


def _user_policy(_world, directory, choice):
    alice = named_user(directory, "alice")
    found = (InlinePolicy("own", DOCUMENTS[choice]),)
    return [Put(replace(alice, inline=found))] if alice else []


def _no_user_policy(_world, directory, _choice):
    alice = named_user(directory, "alice")
    return [Put(replace(alice, inline=()))] if alice else []


def _user_tags(_world, directory, choice):
    alice = named_user(directory, "alice")
    return [Put(replace(alice, tags=_tags(choice)))] if alice else []


def _tags(choice):
    return ((), (Tag("team", "red"),), (Tag("team", "blue"),))[choice % 3]


def _boundary(_world, directory, choice):
    alice = named_user(directory, "alice")
    boundary = ("", ADMINISTRATOR, f"arn:aws:iam::{MEMBER}:policy/Everything")[choice % 3]
    return [Put(replace(alice, boundary=boundary))] if alice else []


def _membership_of_group(_world, directory, choice):
    alice = named_user(directory, "alice")
    groups = (STAFF.unique_id,) if choice % 2 else ()
    return [Put(replace(alice, groups=groups))] if alice else []


def _group_policy(_world, _directory, choice):
    return [Put(replace(STAFF, inline=(InlinePolicy("own", DOCUMENTS[choice]),)))]


def _managed_policy(_world, _directory, choice):
    made = managed(account=AWS if choice % 2 else MEMBER)
    version = replace(made.versions[0], document=DOCUMENTS[choice])
    return [Put(replace(made, versions=(version,)))]


def _role(directory):
    return directory.account(MEMBER).of(Role).get("worker")


def _trust(_world, directory, choice):
    role = _role(directory)
    return [Put(replace(role, trust=TRUSTS[choice % 5]))] if role else []


def _role_policy(_world, directory, choice):
    role = _role(directory)
    return [Put(replace(role, inline=(InlinePolicy("own", DOCUMENTS[choice]),)))] if role else []


def _role_tags(_world, directory, choice):
    role = _role(directory)
    return [Put(replace(role, tags=_tags(choice)))] if role else []


def _another_role(_world, directory, choice):
    """Delete the role, or make one of its name: earlier sessions are not its."""
    role = _role(directory)
    if role is None:
        return [Put(replace(WORKER, unique_id=f"AROAWORKER{choice}"))]
    return [Remove(role)]


def _key_state(_world, directory, choice):
    home, name = (HOMES["alice"], "alice") if choice % 2 else (GUEST, "guest")
    found = [key for key in directory.account(home).of(AccessKey) if key.owner == user_id(name)]
    return [Put(replace(key, active=not key.active)) for key in found]


def _key(world, directory, _choice):
    """Delete alice's key, or bring it back."""
    keys = directory.account(MEMBER).of(AccessKey)
    found = [key for key in keys if key.owner == user_id("alice")]
    if found:
        return [Remove(key) for key in found]
    return [Put(sealed_key("alice", world.nodes[0].data.keyring))]


def _user(_world, directory, choice):
    """Delete alice, or make a user of her name, with her id or another."""
    alice = named_user(directory, "alice")
    if alice is not None:
        return [Remove(alice)]
    manager = named_user(directory, "manager")
    unique = user_id("alice") if choice % 2 else user_id("another")
    return [Put(replace(manager, name="alice", unique_id=unique, attached=()))]


def _scp(_world, directory, choice):
    ceiling = directory.organization(ID).of(OrganizationPolicy).get(CEILING.id)
    return [Put(replace(ceiling, content=DOCUMENTS[choice]))]


def _tag_policy(_world, _directory, choice):
    return [Put(replace(TAGGING, content=TAG_DOCUMENTS[choice % 2]))]


def _attachments(_world, directory, choice):
    place = directory.organization(ID).of(Member).get(MEMBER)
    attached = ("p-FullAWSAccess", *((CEILING.id,) if choice % 2 else ()))
    attached += (TAGGING.id,) if choice % 3 else ()
    return [Put(replace(place, attached=attached))]


def _policy_types(_world, directory, choice):
    known = directory.organization(ID).of(Organization).get(ID)
    types = ((SCP, TAG), (TAG,), (SCP,))[choice % 3]
    return [Put(replace(known, policy_types=types))]


def _membership(_world, directory, choice):
    """Have the guest's account join the organization, or leave it."""
    record = directory.account(GUEST).of(Account).get(GUEST)
    place = directory.organization(ID).of(Member).get(GUEST)
    if place is not None:
        return [Put(replace(record, organization="")), Remove(place)]
    limits = (CEILING.id,) if choice % 2 else ()
    return [Put(replace(record, organization=ID)), Put(member(ID, GUEST, ROOT, 3, *limits))]


def _closed(world, directory, _choice):
    record = directory.account(MEMBER).of(Account).get(MEMBER)
    closed = 0 if record.closed else 1 + world.elapsed
    return [Put(replace(record, closed=closed))]


WRITES = {
    "user policy": _user_policy,
    "no user policy": _no_user_policy,
    "user tags": _user_tags,
    "boundary": _boundary,
    "membership of a group": _membership_of_group,
    "group policy": _group_policy,
    "managed policy": _managed_policy,
    "trust": _trust,
    "role policy": _role_policy,
    "role tags": _role_tags,
    "another role": _another_role,
    "key state": _key_state,
    "key": _key,
    "user": _user,
    "SCP": _scp,
    "tag policy": _tag_policy,
    "attachments": _attachments,
    "policy types": _policy_types,
    "membership": _membership,
    "closed": _closed,
}
