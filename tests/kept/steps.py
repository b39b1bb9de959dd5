"""Generated steps: what is asked of two nodes, and what is changed between two requests.

A step is data, so that the same list can be taken by several worlds. Requests, writers and
documents are few, so that a short list asks the same question before and after a change.
"""

from dataclasses import dataclass
from dataclasses import replace as replaced
from itertools import chain

from hypothesis import strategies as st
from msgspec.structs import replace
from tests.documents import allow, deny, policy, trust
from tests.kept.world import (
    FORM,
    GUEST,
    HOMES,
    STAFF,
    WORKER,
    World,
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

NODES = st.sampled_from([0, 1])
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
ASSUMED = {"RoleArn": WORKER.arn, "RoleSessionName": "session"}
CALLS = {
    "identity": ("sts", "GetCallerIdentity", {}),
    "assume": ("sts", "AssumeRole", ASSUMED),
    "assume-none": ("sts", "AssumeRole", {**ASSUMED, "Policy": policy(deny())}),
    "assume-some": ("sts", "AssumeRole", {**ASSUMED, "Policy": policy(allow("iam:GetRole"))}),
    "session": ("sts", "GetSessionToken", {}),
    "get-user": ("iam", "GetUser", {"UserName": "alice"}),
    "get-role": ("iam", "GetRole", {"RoleName": "worker"}),
    "list-users": ("iam", "ListUsers", {}),
    "put-policy": (
        "iam",
        "PutUserPolicy",
        {"UserName": "alice", "PolicyName": "own", "PolicyDocument": DOCUMENTS[2]},
    ),
    "effective": ("organizations", "DescribeEffectivePolicy", {"PolicyType": "TAG_POLICY"}),
}
ISSUING = frozenset({"assume", "assume-none", "assume-some", "session"})
"""Calls whose answers are credentials, with which others are made."""
SPELLINGS = {
    "usual": {},
    "forged": {"is_forged": True},
    "another header signed": {"signed_headers": (("x-amz-more", "1"),)},
    "another header not signed": {"unsigned_headers": (("accept", "*/*"),)},
    "with its program": {"unsigned_headers": (("user-agent", "theirs"),)},
    "an x-amz- header not signed": {"unsigned_headers": (("x-amz-more", "1"),)},
    "another type": {"content_type": "text/plain"},
    "a type with its character set": {"content_type": f"{FORM}; charset=utf-8"},
    "a query beside the form": {"query": "Action=ListRoles"},
    "signed for another service": {"scope": "sts"},
    "encoded": {"signed_headers": (("content-encoding", "gzip"),)},
    "with a target": {"signed_headers": (("x-amz-target", "AWSOrganizationsV20161128.ListRoots"),)},
}


@dataclass(frozen=True)
class Ask:
    """A request: who calls what at which node, in which spelling."""

    node: int
    who: str
    call: str
    spelling: str = "usual"

    def take(self, world):
        """Ask it of a world."""
        keep_as = self.call if self.call in ISSUING and self.spelling == "usual" else ""
        world.ask(self.node, self.request(world), keep_as)

    def request(self, world):
        """Return the request, signed at the world's time."""
        service, action, fields = CALLS[self.call]
        return world.request(self.who, service, action, fields, **SPELLINGS[self.spelling])


@dataclass(frozen=True)
class Write:
    """A change that a node commits; `what` names one of `WRITES`, which is given `choice`."""

    node: int
    what: str
    choice: int

    def take(self, world):
        """Commit it in a world."""
        world.commit(self.node, self.changes)

    def changes(self, world, directory):
        """Return the changes, made from a directory."""
        return WRITES[self.what](world, directory, self.choice)


@dataclass(frozen=True)
class Suppose:
    """A request on what a write would make of a node's directory, which is then not committed."""

    write: Write
    ask: Ask

    def take(self, world):
        """Ask it of a world."""
        world.suppose(self.ask.node, self.write.changes, self.ask.request(world))


@dataclass(frozen=True)
class Event:
    """What happens to a world: `catch up`, `reload`, `rotate`, or time that goes by."""

    what: str
    number: int

    def take(self, world):
        """Have it happen in a world."""
        EVENTS[self.what](world, self.number)


def _elapse(world, number):
    world.elapsed += (1, 700, 901, 86_400)[number]


EVENTS = {
    "catch up": lambda world, number: world.nodes[number % 2].catch_up(),
    "reload": lambda world, number: world.reload(number % 2),
    "rotate": lambda world, _number: world.rotate(),
    "time": _elapse,
}


# Writes.


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
CALLERS = ("alice", "alice", "guest", "manager", *sorted(ISSUING))
ASKS = st.builds(
    Ask,
    NODES,
    st.sampled_from(CALLERS),
    st.sampled_from(sorted(CALLS)),
    st.one_of(st.just("usual"), st.sampled_from(sorted(SPELLINGS))),
)
CHANGES = st.builds(
    Write, NODES, st.sampled_from(sorted(WRITES)), st.integers(0, len(DOCUMENTS) - 1)
)
HAPPENINGS = st.builds(Event, st.sampled_from(sorted(EVENTS)), st.integers(0, 3))
SUPPOSITIONS = st.builds(Suppose, CHANGES, ASKS)


@dataclass(frozen=True)
class Theme:
    """Requests with what bears on them: what is there before, and what changes in between."""

    before: tuple[tuple[str, int], ...]
    asked: tuple[tuple[str, str], ...]
    between: tuple[str, ...]
    choices: tuple[int, ...] = tuple(range(len(DOCUMENTS)))


_ALL_ALLOWED = (("user policy", 0), ("SCP", 0), ("trust", 0), ("role policy", 0))
_AS_ROLE = (("assume", "get-role"), ("assume", "identity"))
THEMES = (
    Theme(_ALL_ALLOWED, (("alice", "get-user"), ("alice", "list-users")), ("user policy", "time")),
    Theme(
        (*_ALL_ALLOWED, ("attachments", 1)),
        (("alice", "get-user"), ("alice", "assume")),
        ("SCP", "attachments", "policy types"),
        (0, 1),
    ),
    Theme(
        _ALL_ALLOWED,
        (("guest", "assume"), ("alice", "assume")),
        ("trust", "membership"),
        (0, 1, 3),
    ),
    Theme(_ALL_ALLOWED, (("manager", "get-user"),), ("managed policy",), (0, 1, 3)),
    Theme(
        (*_ALL_ALLOWED, ("trust", 4), ("role tags", 1)),
        (("alice", "get-role"), ("alice", "assume"), ("guest", "assume")),
        ("role tags",),
        (1, 2),
    ),
    Theme(
        _ALL_ALLOWED,
        (
            ("alice", "assume"),
            *_AS_ROLE,
            ("alice", "assume-none"),
            ("assume-none", "get-role"),
            ("alice", "assume-some"),
            ("assume-some", "get-role"),
        ),
        ("role policy", "another role", "time"),
    ),
    Theme(
        (*_ALL_ALLOWED, ("user policy", 8)),
        (("alice", "session"), ("alice", "get-user"), ("session", "get-role")),
        ("user policy", "time", "key state"),
        (8, 9, 1),
    ),
    Theme(
        (*_ALL_ALLOWED, ("user policy", 9)),
        (("alice", "get-user"), ("alice", "identity")),
        ("user policy", "rotate"),
        (9, 0),
    ),
    Theme(
        (*_ALL_ALLOWED, ("policy types", 0), ("attachments", 1)),
        (("alice", "effective"),),
        ("tag policy", "policy types", "attachments"),
    ),
    Theme(_ALL_ALLOWED, (("alice", "identity"), ("guest", "identity")), ("key state", "key")),
)
"""Each is about one thing that is kept; between them, anything is asked and changed."""


@st.composite
def steps_of_theme(draw, theme):
    """Return steps of a theme; a change may be supposed first, and may be another node's."""
    node = draw(NODES)
    asked = [Ask(node, who, call) for who, call in theme.asked]
    spelled = [replaced(each, spelling=draw(st.sampled_from(sorted(SPELLINGS)))) for each in asked]
    between = []
    for what in draw(st.lists(st.sampled_from(theme.between), min_size=1, max_size=2)):
        if what in EVENTS:
            between.append(Event(what, draw(st.integers(0, 3))))
            continue
        first, then = (draw(st.sampled_from(theme.choices)) for _ in range(2))
        if draw(st.booleans()):
            between.append(Suppose(Write(node, what, first), draw(st.sampled_from(asked))))
        between.append(Write(draw(NODES), what, then))
        if draw(st.booleans()):
            between.append(Event("catch up", node))
    before = [Write(node, what, choice) for what, choice in theme.before]
    return [*before, *asked, *asked, *spelled, *between, *asked, *spelled]


@st.composite
def _rounds(draw):
    """Return requests of any kind, what happens then, and the same requests again.

    A question that was asked before the change is what a kept answer would be wrong for.
    """
    asked = draw(st.lists(ASKS, min_size=1, max_size=3))
    between = draw(st.lists(st.one_of(CHANGES, CHANGES, HAPPENINGS, SUPPOSITIONS), max_size=3))
    return [*asked, *asked, *between, *asked]


def joined(rounds, at_most):
    """Return lists of steps, each made of some rounds."""
    return st.lists(rounds, min_size=2, max_size=at_most).map(lambda found: list(chain(*found)))


STEPS = joined(st.one_of(*map(steps_of_theme, THEMES), _rounds()), 6)


def taken(steps):
    """Return what a new world answers to steps, and the audit logs of its nodes at the end."""
    with World() as world:
        for step in steps:
            step.take(world)
        return world.answers, world.logs()
