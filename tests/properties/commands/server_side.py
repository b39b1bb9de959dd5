"""What a server answers: the signed request of an example, run on a directory with its policies."""

import itertools
import json

import msgspec
from tests.documents import document
from tests.properties.commands.generated import (
    ADDRESS,
    AGENT,
    ALICE,
    BOB,
    SESSION_NAME,
    WORKER,
    WORKER_ID,
)
from tests.server.authority.at_once import at_once
from tests.server.read_world import (
    ID,
    MEMBER,
    NOW,
    OTHER,
    ROOT,
    SECRET,
    World,
    managed,
    member,
    organization_policy,
    user,
    user_id,
)

from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.managed_policy import PolicyVersion
from daypass.core.domain.iam.role import Role
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.record import Tag
from daypass.core.http.normalization import normalize_headers
from daypass.core.organizations.policies.policy_types import RCP, SCP
from daypass.core.sessions import mint
from daypass.core.sessions.keyids import access_key_id
from daypass.core.sessions.secrets import seal_secret
from daypass.core.sessions.session_plan import GrantedSession
from daypass.core.sessions.token import Origin, SessionKind
from daypass.state.changes import Put

ROOT_KEY = access_key_id("AKIA", MEMBER, b"\x63" * 10)
BOUNDARY = f"arn:aws:iam::{MEMBER}:policy/Everything"
STORED_IDS = {ALICE: user_id("alice"), BOB: user_id("bob"), WORKER: WORKER_ID}
"""What IAM stores in a trust policy in place of an ARN."""


class Server:
    """An authority whose requests are run on supposed directories that nobody commits."""

    def __init__(self, folder):
        self._world = World(folder)
        self._world._keys["root"] = ROOT_KEY, SECRET, ""
        sealed = seal_secret(SECRET, self._world.data.keyring, owner=ROOT_KEY, nonce=bytes(12))
        key = AccessKey(account=MEMBER, id=ROOT_KEY, owner=MEMBER, secret=sealed, created=1)
        self._world.commit(Put(key))
        self._beginning = self._world.directory

    def allows(self, example):
        """Return whether the server allows the request of an example."""
        changes = [Put(each) for each in _records(example)]
        beginning = self._beginning
        self._world.directory = beginning.changed(changes, beginning.revision + 1)
        self._world._drawn = itertools.count()
        request = self._world._request(
            self._credentials(example), example.call.service, example.call.operation,
            example.call.fields,
        )  # fmt: skip
        headers = normalize_headers((*request.headers, (b"user-agent", AGENT.encode())))
        request = msgspec.structs.replace(
            request, headers=headers, client=ADDRESS, secure=example.is_secure
        )
        call = self._world.authority.api.make_call(request)
        response = at_once(self._world.authority.answerer.run_once(call)).response
        if response.status == 200:
            return True
        assert b"AccessDenied" in response.body, response.body
        return False

    def _credentials(self, example):
        """Return the key id, the secret and the token of an example's caller."""
        who = example.who
        if who.credential == "access-key":
            return self._world._keys[who.name]
        is_role = who.name == "worker"
        kind = SessionKind.ROLE if is_role else SessionKind.USER
        owner = mint.SessionOwner(
            kind=SessionKind.ROOT if who.name == "root" else kind,
            origin=Origin.OPERATOR if who.name == "root" else
            Origin.ASSUME_ROLE if is_role else Origin.GET_SESSION_TOKEN,
            account=who.account,
            principal_id=WORKER_ID if is_role else "" if who.name == "root" else user_id(who.name),
            session_name=SESSION_NAME if is_role else "",
            mfa_time=NOW if who.credential == "mfa-session" else None,
        )  # fmt: skip
        granted = GrantedSession(
            seconds=900,
            tags=_tags(example) if is_role else (),
            source_identity=example.source_identity,
            policies=None if example.session is None else (json.dumps(example.session),),
        )
        made = mint.issue_credentials(
            owner, granted, now=NOW, entropy=bytes, ring=self._world.data.keyring
        )
        return made.access_key_id, made.session.secret, made.token


def _tags(example):
    return tuple(Tag(key, value) for key, value in example.tags.items())


def _records(example):
    """Yield the records that an example changes."""
    who = example.who
    inline = tuple(
        InlinePolicy(f"p{at}", json.dumps(each)) for at, each in enumerate(example.identity)
    )
    boundary = "" if example.boundary is None else BOUNDARY
    mine = {"inline": inline, "tags": _tags(example), "boundary": boundary}
    yield user(MEMBER, "alice", path="/team/", **(mine if who.name == "alice" else {}))
    yield user(OTHER, "bob", **(mine if who.name == "bob" else {}))
    yield _role("worker", "/svc/", WORKER_ID, **(mine if who.name == "worker" else {}))
    trust = json.dumps(_stored(example.trust or document()))
    yield _role("target", "/", "AROATARGET", trust=trust, tags=(Tag("team", "red"),))
    if example.boundary is not None:
        version = PolicyVersion("v1", json.dumps(example.boundary), 1)
        yield msgspec.structs.replace(managed(account=MEMBER), versions=(version,))
    yield from _organization_records(example)


def _stored(trust):
    """Return a trust policy as IAM stores it; ARNs in conditions stay."""
    statements = []
    for each in trust["Statement"]:
        principals = each["Principal"]
        if principals != "*":
            listed = principals["AWS"]
            arns = listed if isinstance(listed, list) else [listed]
            principals = {"AWS": [STORED_IDS.get(arn, arn) for arn in arns]}
        statements.append({**each, "Principal": principals})
    return document(*statements)


def _role(name, path, unique_id, **more):
    return Role(
        account=MEMBER,
        name=name,
        path=path,
        unique_id=unique_id,
        created=1,
        **{"trust": "", **more},
    )


def _organization_records(example):
    texts = [*((SCP, each) for each in example.scps), *((RCP, each) for each in example.rcps)]
    names = ["p-rootscp001", "p-membscp001", "p-rootrcp001", "p-membrcp001"]
    for name, (kind, content) in zip(names, texts, strict=True):
        yield organization_policy(name, kind, json.dumps(content))
    yield Organization(
        account=ID,
        management="111111111111",
        root_id=ROOT,
        created=1,
        made=9,
        attached=(names[0], names[2], "p-RCPFullAWSAccess"),
        policy_types=(SCP, RCP),
    )
    home = member(ID, MEMBER, ROOT, 2)
    attached = (names[1], names[3], "p-RCPFullAWSAccess")
    yield msgspec.structs.replace(home, attached=attached)
