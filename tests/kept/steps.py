"""Generated steps: what is asked of two nodes, and what is changed between two requests.

A step is data, so that the same list can be taken by several worlds. Requests, writers and
documents are few, so that a short list asks the same question before and after a change.
"""

from dataclasses import dataclass
from dataclasses import replace as replaced
from itertools import chain

from hypothesis import strategies as st
from tests.documents import allow, deny, policy
from tests.kept.world import FORM, WORKER, World
from tests.kept.writes import DOCUMENTS, WRITES

NODES = st.sampled_from([0, 1])
ASSUMED = {"RoleArn": WORKER.arn, "RoleSessionName": "session"}
CALLS = {
    "identity": ("sts", "GetCallerIdentity", {}),
    "assume": ("sts", "AssumeRole", ASSUMED),
    "assume-none": ("sts", "AssumeRole", {**ASSUMED, "Policy": policy(deny())}),
    "assume-some": ("sts", "AssumeRole", {**ASSUMED, "Policy": policy(allow("iam:GetRole"))}),
    "session": ("sts", "GetSessionToken", {}),
    "narrow-none": ("sts", "GetScopedCredentials", {"Policy": policy(deny())}),
    "narrow-some": ("sts", "GetScopedCredentials", {"Policy": policy(allow("iam:GetRole"))}),
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
ISSUING = frozenset(
    {"assume", "assume-none", "assume-some", "session", "narrow-none", "narrow-some"}
)
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
        _ALL_ALLOWED,
        (
            ("alice", "assume"),
            *_AS_ROLE,
            ("assume", "narrow-some"),
            ("narrow-some", "get-role"),
            ("narrow-some", "list-users"),
            ("assume", "narrow-none"),
            ("narrow-none", "get-role"),
        ),
        ("role policy", "another role", "time"),
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
