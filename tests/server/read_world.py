"""An authority without a socket, with a fixed clock.

A request is run, another change is committed, then the request's changes are.
"""

import hashlib
import itertools
import json
from types import SimpleNamespace
from urllib.parse import urlencode

from pyotp import TOTP
from tests.documents import allow, policy, trust
from tests.server.authority.at_once import at_once

from daypass.core.domain.account import Account
from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.managed_policy import ManagedPolicy, PolicyVersion
from daypass.core.domain.iam.mfa_device import MFADevice
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.domain.organizations.root_email import RootEmail
from daypass.core.domain.partition import AWS, GLOBAL
from daypass.core.guesses import RecordedGuess
from daypass.core.organizations.policies.policy_types import SCP, TAG
from daypass.core.sessions import mint
from daypass.core.sessions.keyids import access_key_id
from daypass.core.sessions.secrets import seal_secret
from daypass.core.sessions.session_plan import GrantedSession
from daypass.core.sessions.token import Origin, SessionKind
from daypass.core.sigv4.sign import Signer
from daypass.core.time.timestamps import parse_iso8601
from daypass.server import app
from daypass.server.authority.call import Needs, Staged
from daypass.server.authority.rates import RateLimiter
from daypass.services.kit.external_facts import FactOutcome
from daypass.state.changes import Changes, Put, Remove
from daypass.state.data_directory.open_directory import open_data
from daypass.state.steady_clock import SteadyClock
from daypass.wire.message import HttpRequest

NOW = parse_iso8601("2026-01-01T12:00:00Z")
LONG_AGO = NOW - 400 * 86_400
MANAGEMENT, MEMBER, OTHER, OUTSIDE, FOUNDER = (
    "111111111111",
    "222222222222",
    "333333333333",
    "444444444444",
    "555555555555",
)
ID, ROOT, THEIRS, THEIR_ROOT, ALONE = (
    "o-ours000001",
    "r-ours",
    "o-theirs0001",
    "r-thei",
    "o-alone00001",
)
SECRET, SEED = "s" * 40, "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U"
ADMINISTRATOR = "arn:aws:iam::aws:policy/Everything"
DEVICE = f"arn:aws:iam::{MEMBER}:mfa/phone"
INVITATION, OFFER, TRANSFER = "h-invitation1", "h-offer000001", "rt-transfer01"
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
ANYTHING = allow()


def trusting(*arns):
    return policy(trust(list(arns)))


def managed(*statements, account=AWS):
    """Return a managed policy, which allows everything unless statements are given."""
    text = policy(*(statements or [ANYTHING]))
    return ManagedPolicy(
        account=account,
        name="Everything",
        unique_id="ANPAEVERYTHING",
        created=1,
        updated=1,
        default="v1",
        versions=(PolicyVersion("v1", text, 1),),
    )


def account(identifier, organization="", **more):
    return Account(
        account=identifier,
        name=f"a{identifier}",
        created=1,
        canonical_user=identifier,
        organization=organization,
        **more,
    )


def member(organization, identifier, parent, serial, *attached):
    return Member(
        account=organization,
        id=identifier,
        parent=parent,
        serial=serial,
        joined=1,
        attached=("p-FullAWSAccess", *attached),
    )


def organization_policy(identifier, kind, content):
    return OrganizationPolicy(
        account=ID, id=identifier, type=kind, name=identifier, content=content, serial=9, updated=1
    )


def user_id(name):
    return f"AIDA{name.upper():0<16}"


def user(home, name, **more):
    return User(account=home, name=name, unique_id=user_id(name), created=1, **more)


CEILING = organization_policy("p-ceiling001", SCP, policy(ANYTHING))
TAGGING = organization_policy(
    "p-tagging001", TAG, json.dumps({"tags": {"team": {"tag_key": {"@@assign": "team"}}}})
)
ROLE = Role(
    account=MEMBER,
    name="worker",
    unique_id="AROAWORKER",
    created=1,
    trust=trusting(user_id("alice")),
    attached=(ADMINISTRATOR,),
)
RECORDS = (
    account(MANAGEMENT, ID, email="ours@example.com"),
    account(MEMBER, ID, email="member@example.com"),
    account(OTHER, THEIRS, email="theirs@example.com"),
    account(OUTSIDE, email="outside@example.com", closed=LONG_AGO),
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
    Organization(
        account=THEIRS,
        management=OTHER,
        root_id=THEIR_ROOT,
        created=1,
        made=9,
        attached=("p-FullAWSAccess",),
    ),
    member(THEIRS, OTHER, THEIR_ROOT, 1),
    account(FOUNDER, ALONE),
    Organization(account=ALONE, management=FOUNDER, root_id="r-alon", created=1),
    member(ALONE, FOUNDER, "r-alon", 1),
    *(
        RootEmail(account=GLOBAL, address=f"{name}@example.com", owner=owner)
        for name, owner in (
            ("ours", MANAGEMENT),
            ("member", MEMBER),
            ("theirs", OTHER),
            ("outside", OUTSIDE),
        )
    ),
    managed(),
    managed(account=MEMBER),
    user(MANAGEMENT, "root", attached=(ADMINISTRATOR,)),
    user(MEMBER, "alice", inline=(InlinePolicy("all", policy(ANYTHING)),)),
    user(MEMBER, "holder", attached=(ADMINISTRATOR,)),
    user(
        MEMBER, "bounded", inline=(InlinePolicy("all", policy(ANYTHING)),), boundary=ADMINISTRATOR
    ),
    user(OTHER, "bob", inline=(InlinePolicy("all", policy(ANYTHING)),)),
    user(FOUNDER, "founder", attached=(ADMINISTRATOR,)),
    ROLE,
    Role(
        account=OTHER,
        name="theirs",
        unique_id="AROATHEIRS",
        created=1,
        trust=trusting(user_id("alice")),
    ),
    Handshake(
        account=THEIRS,
        id=INVITATION,
        action="INVITE",
        state="OPEN",
        target="member@example.com",
        is_email=True,
        serial=2,
        requested=NOW,
        expires=NOW + 1_000,
    ),
    Handshake(
        account=THEIRS,
        id=OFFER,
        action="TRANSFER_RESPONSIBILITY",
        state="REQUESTED",
        target=MANAGEMENT,
        serial=3,
        requested=NOW,
        expires=NOW + 1_000,
    ),
    ResponsibilityTransfer(
        account=THEIRS,
        id=TRANSFER,
        type="BILLING",
        name="bill",
        serial=4,
        handshake=OFFER,
        status="REQUESTED",
        invited=MANAGEMENT,
        requested=NOW,
        start=parse_iso8601("2026-03-01T00:00:00Z"),
        expires=NOW + 1_000,
    ),
)
USERS = ("root", "alice", "holder", "bounded", "bob", "founder")


class World:
    """Two organizations, users with keys, and an authority that runs requests on them."""

    def __init__(self, folder):
        self.data = open_data(
            folder,
            {},
            clock=lambda: NOW,
            monotonic=lambda: 7.0,
            entropy=bytes.fromhex("5a").__mul__,
        )
        records, self._keys = list(RECORDS), {}
        for number, name in enumerate(USERS):
            home = next(
                each.account for each in RECORDS if isinstance(each, User) and each.name == name
            )
            key_id = access_key_id("AKIA", home, bytes([number]) * 10)
            sealed = seal_secret(SECRET, self.data.keyring, owner=key_id, nonce=bytes(12))
            records.append(
                AccessKey(account=home, id=key_id, owner=user_id(name), secret=sealed, created=1)
            )
            self._keys[name] = key_id, SECRET, ""
        seed = seal_secret(SEED, self.data.keyring, owner=DEVICE, nonce=bytes(12))
        records.append(
            MFADevice(account=MEMBER, name="phone", seed=seed, owner=user_id("alice"), enabled=1)
        )
        self.commit(*map(Put, records))
        self._keys["worker"] = self._session()
        self.directory = self.data.committer.directory
        self._drawn = itertools.count()
        self.authority = app.assemble_authority(
            committer=SimpleNamespace(directory=None),
            keyring=lambda: self.data.keyring,
            usage=self.data.usage,
            recorder=SimpleNamespace(add_commits=None),
            rates=RateLimiter(0),
            # Nobody counts how often the same code is run.
            guesses=SimpleNamespace(take_back=lambda _guess: None, forget=lambda _subject: None),
            clocks=SteadyClock(lambda: NOW, lambda: 7.0),
            entropy=self._entropy,
        )
        self.authority.runner._snapshot = lambda: self.directory

    def _entropy(self, size):
        return hashlib.shake_256(next(self._drawn).to_bytes(8, "big")).digest(size)

    def _session(self):
        """Return the credentials of a session of the role."""
        subject = mint.SessionOwner(
            kind=SessionKind.ROLE,
            origin=Origin.ASSUME_ROLE,
            account=MEMBER,
            principal_id=ROLE.unique_id,
            session_name="s",
        )
        made = mint.issue_credentials(
            subject, GrantedSession(seconds=900), now=NOW, entropy=bytes, ring=self.data.keyring
        )
        return made.access_key_id, made.session.secret, made.token

    def key(self, name):
        """Return the record of a user's access key."""
        [found] = [
            each
            for home in (MANAGEMENT, MEMBER, OTHER, FOUNDER)
            for each in self.directory.account(home).of(AccessKey)
            if each.id == self._keys[name][0]
        ]
        return found

    def commit(self, *changes):
        """Have something else committed."""
        self.directory = self.data.committer.submit(Changes(list(changes)), b"").result()

    def settle(self, staged):
        """Commit what a request has staged; raises `Stale` if what it was made from has moved."""
        self.data.committer.submit(staged.changes, b"{}").result()

    def staged(self, who, service, action, **fields):
        """Return what a request has staged, which must have succeeded."""
        found = self.run(who, service, action, **fields)
        assert isinstance(found, Staged), found.response.body
        return found

    def run(self, who, service, action, **fields):
        """Run a request on the current snapshot; the same request gets the same random bytes."""
        self._drawn = itertools.count()
        # Ids are drawn a few at a time, so that what is left of them depends on earlier runs.
        self.authority.api._request_ids._made.clear()
        request = self._request(self._keys[who], service, action, fields)
        call = self.authority.api.make_call(request)
        found = at_once(self.authority.answerer.run_once(call))
        if not isinstance(found, Needs):
            return found
        call.known_facts[found.fact] = FactOutcome(RecordedGuess(found.fact.subject, 0, 0))
        return at_once(self.authority.answerer.run_once(call))

    def _request(self, credentials, service, action, fields):
        key_id, secret, token = credentials
        headers = {"host": "authority.test"}
        if token:
            headers["x-amz-security-token"] = token
        if service == "organizations":
            body = json.dumps(fields).encode()
            headers["content-type"] = "application/x-amz-json-1.1"
            headers["x-amz-target"] = f"AWSOrganizationsV20161128.{action}"
        else:
            body = urlencode({"Action": action, "Version": VERSIONS[service], **fields}).encode()
            headers["content-type"] = "application/x-www-form-urlencoded"
        signed = Signer(key_id, secret, "us-east-1", service).sign(
            method="POST",
            path="/",
            query="",
            headers=headers,
            payload_hash=hashlib.sha256(body).hexdigest(),
            now=NOW,
        )
        pairs = tuple((name.encode(), value.encode()) for name, value in signed.headers.items())
        return HttpRequest("POST", b"/", b"", pairs, body, "192.0.2.1")


def one_time_code():
    return TOTP(SEED).at(NOW)


def without(directory, name):
    """Return a directory in which a partition has no record at all."""
    view = directory.partition(name)
    removed = [Remove(record) for table in view.tables() for record in table]
    return directory.changed(removed, directory.revision + 1)
