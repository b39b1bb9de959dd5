"""Two nodes over one database, without sockets, whose clocks and random bytes are told.

Two worlds that take the same steps give the same bytes: answers, session tokens and audit records.
"""

import asyncio
import atexit
import functools
import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from tests.documents import allow, policy
from tests.server.read_world import (
    ADMINISTRATOR,
    ANYTHING,
    CEILING,
    ID,
    MANAGEMENT,
    MEMBER,
    NOW,
    ROOT,
    TAGGING,
    account,
    managed,
    member,
    trusting,
    user,
    user_id,
)

from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.organizations.organization import Organization
from daypass.core.http.normalization import normalize_headers
from daypass.core.organizations.policies.policy_types import SCP, TAG
from daypass.core.sessions.keyids import access_key_id
from daypass.core.sessions.secrets import seal_secret
from daypass.core.sigv4.sign import Signer
from daypass.server import app
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.recorder import Recorder
from daypass.server.authority.guesses import GuessCounter
from daypass.server.authority.rates import RateLimiter
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.open_directory import open_data
from daypass.state.files import key_ring_file
from daypass.wire.message import HttpRequest

GUEST = "666666666666"
"""An account that joins the organization and leaves it."""
HOMES = {"root": MANAGEMENT, "alice": MEMBER, "manager": MEMBER, "guest": GUEST}
"""The users, each with the account that it is in."""
KEYS = {
    name: access_key_id("AKIA", home, bytes([number]) * 10)
    for number, (name, home) in enumerate(HOMES.items())
}
SECRETS = {name: name[0] * 40 for name in HOMES}
STAFF = Group(account=MEMBER, name="staff", unique_id="AGPASTAFF", created=1)
WORKER = Role(
    account=MEMBER,
    name="worker",
    unique_id="AROAWORKER",
    created=1,
    trust=trusting(user_id("alice"), user_id("guest")),
    inline=(InlinePolicy("own", policy(allow(["iam:Get*", "sts:*"]))),),
)
SELDOM_SECONDS = 3_600.0
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
FORM = "application/x-www-form-urlencoded"
RECORDS = (
    account(MANAGEMENT, ID, email="ours@example.com"),
    account(MEMBER, ID, email="member@example.com"),
    account(GUEST, email="guest@example.com"),
    Organization(
        account=ID,
        management=MANAGEMENT,
        root_id=ROOT,
        created=1,
        made=9,
        attached=("p-FullAWSAccess",),
        policy_types=(SCP, TAG),
    ),
    member(ID, MANAGEMENT, ROOT, 1),
    member(ID, MEMBER, ROOT, 2, CEILING.id, TAGGING.id),
    CEILING,
    TAGGING,
    managed(),
    managed(account=MEMBER),
    STAFF,
    WORKER,
    user(MANAGEMENT, "root", attached=(ADMINISTRATOR,)),
    user(MEMBER, "alice", inline=(InlinePolicy("own", policy(ANYTHING)),)),
    user(MEMBER, "manager", attached=(ADMINISTRATOR,)),
    user(GUEST, "guest", inline=(InlinePolicy("own", policy(ANYTHING)),)),
)
"""What there is at the beginning; AWS's managed policy is among it, so that it can change."""
BUILT = functools.cache(app.build_services)


def entropy():
    """Return a source of random bytes that depend on how often it was asked."""
    drawn = 0

    def draw(size):
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(drawn.to_bytes(8, "big")).digest(size)

    return draw


@functools.cache
def _beginning():
    """Return the data directory that every world begins with; it is removed at the end."""
    folder = tempfile.mkdtemp(prefix="kept")
    atexit.register(shutil.rmtree, folder)
    path = Path(folder) / "data"
    data = open_data(path, {}, clock=lambda: NOW, monotonic=lambda: 7.0, entropy=entropy())
    data.committer.submit(Changes([Put(each) for each in RECORDS]), b"").result()
    keys = [Put(sealed_key(name, data.keyring)) for name in HOMES]
    data.committer.submit(Changes(keys), b"").result()
    data.close()
    return path


def sealed_key(name, ring):
    """Return the record of a user's access key."""
    secret = seal_secret(SECRETS[name], ring, owner=KEYS[name], nonce=bytes(12))
    return AccessKey(
        account=HOMES[name], id=KEYS[name], owner=user_id(name), secret=secret, created=1
    )


class Node:
    """One node of the authority: its data, and the door that answers its requests."""

    def __init__(self, data, draw):
        self.data = data
        self.recorder = Recorder(AuditLog(data.audit.path), durable=False)
        self.authority = app.assemble_authority(
            committer=data.committer,
            keyring=lambda: data.keyring,
            usage=data.usage,
            recorder=self.recorder,
            rates=RateLimiter(0),
            guesses=GuessCounter(data, monotonic=lambda: 7.0),
            clocks=data.clocks,
            entropy=draw,
            built=BUILT(),
        )
        self.runner = self.authority.runner
        self._newest = self.runner._snapshot

    @property
    def directory(self):
        """Return the directory that the node knows."""
        return self.data.committer.directory

    def catch_up(self):
        """Load what the other node has committed; return the directory then."""
        return self.data.committer.catch_up().result()

    async def answer(self, request):
        """Return the outcome of a request."""
        return await self.authority.api.answer(request)

    async def answer_on(self, directory, request):
        """Return the result of one run on a directory that was never committed."""
        self.runner._snapshot = lambda: directory
        try:
            call = self.authority.api.make_call(request)
            return await self.authority.answerer.run_once(call)
        finally:
            self.runner._snapshot = self._newest

    def close(self):
        """Close the log and the data."""
        self.recorder.close()
        self.data.close()


class World:
    """Two nodes over one database, what they answered, and the clock that both look at."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="kept")
        path = Path(self.folder.name) / "data"
        shutil.copytree(_beginning(), path)
        self.elapsed = 0
        self.draw = entropy()
        first = open_data(
            path,
            {},
            clock=lambda: NOW + self.elapsed,
            monotonic=lambda: 7.0 + self.elapsed,
            entropy=self.draw,
            poll_seconds=SELDOM_SECONDS,
        )
        self.nodes = [Node(first, self.draw), Node(first.start_node("2"), self.draw)]
        self.loops = asyncio.Runner()
        self.answers = []
        """Each answer and its audit record, or what one run on a supposed directory returned."""
        self.sessions = {}
        """Credentials that were issued, by the name of the call that issued them."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Answers first: the loop takes what was still to be written with it.
        self.loops.close()
        for node in reversed(self.nodes):
            node.close()
        self.folder.cleanup()

    def logs(self):
        """Return the audit log of each node, as it is on disk."""
        return [node.data.audit.path.read_bytes() for node in self.nodes]

    # Steps.

    def ask(self, node, request, keep_as=""):
        """Have a node answer a request."""
        outcome = self.loops.run(self.nodes[node].answer(request))
        self._note(outcome.response, outcome.event)
        if keep_as and outcome.response.status == 200:
            self.sessions[keep_as] = _credentials(outcome.response.body.decode())

    def suppose(self, node, changes, request):
        """Run a request on what the directory would be after changes that nobody commits."""
        known = self.nodes[node].directory
        supposed = known.changed(changes(self, known), known.revision + 1)
        result = self.loops.run(self.nodes[node].answer_on(supposed, request))
        self._note(result.response, result.event)

    def commit(self, node, changes):
        """Have a node commit changes, which are made from the newest directory."""
        committer = self.nodes[node].data.committer
        made = changes(self, self.nodes[node].catch_up())
        if made:
            committer.submit(Changes(list(made)), b"").result()

    def reload(self, node):
        """Have the other node forget all old commits, so that this one loads everything again."""
        other = self.nodes[1 - node]
        newest = other.catch_up().revision
        other.data.committer.submit(Changes(trim_to=newest), b"").result()
        self.nodes[node].catch_up()

    def rotate(self):
        """Make a new root key, with which both nodes seal from now on."""
        first = self.nodes[0].data
        key_ring_file.rotate_root_key(
            first.path, {}, now=int(NOW + self.elapsed), entropy=self.draw
        )
        for node in self.nodes:
            node.data.ring = node.data.reopen_ring()

    def _note(self, response, event):
        self.answers.append(
            (response.status, tuple(response.headers), response.body, msgspec.json.encode(event))
        )

    # Requests.

    def signing(self, who):
        """Return key id, secret and token of a user, or of a session by the call that issued it."""
        if who in KEYS:
            return KEYS[who], SECRETS[who], ""
        return self.sessions.get(who, ("ASIAUNKNOWN", "x" * 40, "none"))

    def request(self, who, service, action, fields, **spelling):
        """Return a signed request of somebody; see `spelled` for how it may differ."""
        return spelled(self.signing(who), NOW + self.elapsed, service, action, fields, **spelling)


def spelled(
    credentials,
    now,
    service,
    action,
    fields,
    *,
    scope="",
    query="",
    content_type=FORM,
    signed_headers=(),
    unsigned_headers=(),
    is_forged=False,
):
    """Return a signed request, in the form that clients give it or one that differs.

    `scope` is the service that it is signed for. `signed_headers` and `unsigned_headers` are sent
    beside the usual ones. One that `is_forged` has a signature that is wrong.
    """
    key_id, secret, token = credentials
    headers = {"host": "authority.test", **dict(signed_headers)}
    if token:
        headers["x-amz-security-token"] = token
    if service == "organizations":
        body = json.dumps(fields).encode()
        headers["content-type"] = "application/x-amz-json-1.1"
        headers["x-amz-target"] = f"AWSOrganizationsV20161128.{action}"
    else:
        body = urlencode({"Action": action, "Version": VERSIONS[service], **fields}).encode()
        headers["content-type"] = content_type
    signed = Signer(key_id, secret, "us-east-1", scope or service).sign(
        method="POST",
        path="/",
        query=query,
        headers=headers,
        payload_hash=hashlib.sha256(body).hexdigest(),
        now=int(now),
    )
    pairs = [(name.encode(), value.encode()) for name, value in signed.headers.items()]
    if is_forged:
        pairs = [(name, _forged(name, value)) for name, value in pairs]
    pairs += [(name.encode(), value.encode()) for name, value in unsigned_headers]
    # As the listener hands it on: with what was read of its headers beside them.
    normal = normalize_headers(tuple((name.lower(), value) for name, value in pairs))
    return HttpRequest("POST", b"/", query.encode(), normal, body, "192.0.2.1")


def _forged(name, value):
    """Return a header's value; of the signature, one with another last digit."""
    if name != b"authorization":
        return value
    return value[:-1] + (b"1" if value.endswith(b"0") else b"0")


def _credentials(body):
    """Return key id, secret and token of an answer that issued them."""
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    return tuple(body.partition(f"<{name}>")[2].partition("<")[0] for name in names)


def named_user(directory, name):
    """Return a user's record; None if it is deleted."""
    return directory.account(HOMES[name]).of(User).get(name)
