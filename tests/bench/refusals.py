"""What a refusal costs beside a permission, and whether its cost tells which roles exist: ratios
of one run.

A call is everything between the bytes of a request and the bytes of its answer, in this process:
medians of the CPU time of one thread, in interleaved rounds.
"""

import contextlib
import os
import statistics
import time
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.bench.decisions import read_only
from tests.documents import policy
from tests.server.authority.at_once import at_once

from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.managed_policy import ManagedPolicy, PolicyVersion
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.record import Tag
from daypass.core.quotas import TRUST_POLICY_CHARACTERS_MAX
from daypass.core.sessions.keyids import access_key_id
from daypass.core.sessions.secrets import seal_secret
from daypass.server import app
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.recorder import Recorder
from daypass.server.authority.guesses import GuessCounter
from daypass.server.authority.rates import RateLimiter
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.open_directory import open_data
from daypass.wire.message import HttpRequest

ACCOUNT, CALLER = "111122223333", "444455556666"
PAIRS = 10_000
ROUNDS = 1_500
SECRET = "bench" * 8


def sixty(number, last):
    """One policy of sixty statements about other things, near the action and far from it, and a
    last one.
    """
    listed = [
        {
            "Sid": f"s{n}",
            "Effect": "Allow",
            "Action": ["iam:Get*" if n % 2 else f"service{number}:*", f"s3:Put{n}*"],
            "Resource": f"arn:aws:iam::{ACCOUNT}:user/other{n}",
            "Condition": {"StringLike": {"aws:UserAgent": f"agent{n}*"}},
        }
        for n in range(59)
    ]
    return policy(*listed, last)


LOOK = {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}
NO = {"Sid": "No", "Effect": "Deny", "Action": "iam:GetUser", "Resource": "*"}


def policies(last):
    """Records of ten policies of sixty statements: the first allows, the tenth ends as is said."""
    return [
        ManagedPolicy(
            account=ACCOUNT,
            name=f"{last['Effect']}{number}",
            unique_id=f"ANPA{last['Effect']}{number}",
            created=1,
            updated=1,
            default="v1",
            versions=(PolicyVersion("v1", sixty(number, LOOK if number < 9 else last), 1),),
        )
        for number in range(10)
    ]


def filled(statement):
    """A trust policy as long as one may be, of as many statements as that takes."""
    statements = []
    for number in range(TRUST_POLICY_CHARACTERS_MAX):
        more = [*statements, statement(number)]
        if len(policy(*more).replace(" ", "")) > TRUST_POLICY_CHARACTERS_MAX:
            return policy(*statements)
        statements = more
    raise AssertionError


def _trusting(**more):
    return lambda number: {
        "Effect": "Allow",
        "Principal": {"AWS": f"AROA{number}"},
        "Action": "sts:AssumeRole",
        **{name: value(number) for name, value in more.items()},
    }


TRUSTS = {
    "that names others": filled(_trusting()),
    "that denies others": filled(_trusting(Effect=lambda _: "Deny")),
    "that wants an external id": filled(_trusting(Principal=lambda _: "*", Condition=lambda n: {"StringEquals": {"sts:ExternalId": f"{n}"}})),
    "of patterns": filled(_trusting(Principal=lambda _: "*", Condition=lambda n: {"StringLike": {"aws:PrincipalArn": f"*a*b{n}*"}})),
    "of 150 patterns": policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"StringLike": {"aws:PrincipalArn": [f"*a*b{n}*" for n in range(150)]}}}),
    "of ARN patterns": policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"ArnLike": {"aws:PrincipalArn": [f"arn:aws:iam::{ACCOUNT}:role/r{n:02}*" for n in range(42)]}}}),
    "of ranges": policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"IpAddress": {"aws:SourceIp": [f"10.{n}.0.0/16" for n in range(110)]}}}),
    "of patterns with variables": policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"StringLike": {"aws:PrincipalArn": [f"*${{aws:userid}}{n}*" for n in range(80)]}}}),
    "of one long list": policy({"Effect": "Allow", "Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:user/{n}" for n in range(50)]}, "Action": "sts:AssumeRole"}),
}  # fmt: skip


class World:
    """An authority without a socket: users whose policies differ, and roles that trust none of
    them.
    """

    def __init__(self, folder):
        self.data = open_data(
            folder / "refusals", {}, clock=time.time, entropy=os.urandom, account=ACCOUNT
        )
        self.keys = {}
        self._records = []
        self._fill()
        directory = self.data.committer.directory
        read = {each: directory.account(each).revision for each in (ACCOUNT, CALLER)}
        records = [Put(record) for record in self._records]
        self.data.committer.submit(Changes(records, read=read), b"").result()
        self.authority = app.assemble_authority(
            committer=self.data.committer,
            keyring=lambda: self.data.keyring,
            usage=self.data.usage,
            recorder=Recorder(AuditLog(self.data.audit.path), durable=False),
            rates=RateLimiter(0),
            guesses=GuessCounter(self.data),
        )

    def _fill(self):
        home = self.data.committer.directory.account(ACCOUNT).record
        self._records += [
            type(home)(account=CALLER, name="caller", created=1, canonical_user="c" * 64)
        ]
        self._records += [*policies(LOOK), *policies(NO)]
        self._user("nobody")
        self._user("looker", inline=(InlinePolicy("look", policy(LOOK)),))
        for effect in ("Allow", "Deny"):
            arns = tuple(f"arn:aws:iam::{ACCOUNT}:policy/{effect}{n}" for n in range(10))
            self._user(effect.lower(), attached=arns)
        large = read_only()
        if large is not None:
            self._user("reader", inline=(InlinePolicy("ReadOnlyAccess", large),))
        everything = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
        self._user("stranger", account=CALLER, inline=(InlinePolicy("all", everything),))
        for name, trust in TRUSTS.items():
            self._role(name, trust)
        self._role(
            "with tags",
            TRUSTS["that names others"],
            tuple(Tag(f"key{n}" * 20, f"value{n}" * 30) for n in range(50)),
        )

    def _user(self, name, account=ACCOUNT, **more):
        self._records += [
            User(account=account, name=name, unique_id=f"AIDA{name.upper()}", created=1, **more)
        ]
        self._key(name, account, f"AIDA{name.upper()}")

    def _key(self, name, account, owner):
        key_id = access_key_id("AKIA", account, os.urandom(10))
        sealed = seal_secret(SECRET, self.data.keyring, owner=key_id, nonce=os.urandom(12))
        self._records += [
            AccessKey(account=account, id=key_id, owner=owner, secret=sealed, created=1)
        ]
        self.keys[name] = key_id

    def _role(self, name, trust, tags=()):
        self._records += [Role(account=ACCOUNT, name=role_name(name), unique_id=f"AROA{len(self._records)}", created=1, trust=trust, tags=tags)]  # fmt: skip

    def request(self, service, who, **params):
        """Return a signed request of a user, as a server would hand it on."""
        body = urlencode(
            {"Version": {"iam": "2010-05-08", "sts": "2011-06-15"}[service], **params}
        ).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "Host": "127.0.0.1",
        }
        request = AWSRequest("POST", "http://127.0.0.1/", headers=headers, data=body)
        SigV4Auth(Credentials(self.keys[who], SECRET), service, "us-east-1").add_auth(request)
        sent = tuple(
            (name.lower().encode(), str(value).encode()) for name, value in request.headers.items()
        )
        return HttpRequest("POST", b"/", b"", sent, body, "127.0.0.1")

    def assuming(self, role, account=ACCOUNT):
        """Return a stranger's request for a role."""
        arn = f"arn:aws:iam::{account}:role/{role_name(role)}"
        return self.request(
            "sts", "stranger", Action="AssumeRole", RoleArn=arn, RoleSessionName="me"
        )

    def cost(self, requests, rounds, *, statuses):
        """Return the median nanoseconds of each of some requests, taken in turns."""
        found = [[] for _ in requests]
        made, answerer = self.authority.api.make_call, self.authority.answerer
        handle = lambda request: at_once(answerer.run_once(made(request)))
        spent = time.thread_time_ns
        for request, status in zip(requests, statuses, strict=True):
            answer = handle(request).response
            assert answer.status == status, answer.body
        for _ in range(rounds):
            for request, costs in zip(requests, found, strict=True):
                before = spent()
                handle(request)
                costs.append(spent() - before)
        return [statistics.median(costs) for costs in found]


def role_name(text):
    """Return a name of forty characters, so that no request is longer than another."""
    return text.replace(" ", "-").ljust(40, "-")


def figures(folder):
    """Every figure by its name."""
    world = World(folder)
    found = {}
    with contextlib.closing(world.data):
        look = lambda who: world.request("iam", who, Action="GetUser", UserName="nobody")
        pairs = {
            "without a policy (must 3, aim 1.5)": (look("looker"), look("nobody")),
            "ten policies of 60 statements (must 10, aim 3)": (look("allow"), look("deny")),
        }
        if "reader" in world.keys:
            make = world.request("iam", "reader", Action="CreateUser", UserName="new")
            pairs["ReadOnlyAccess (must 3, aim 1.5)"] = (look("reader"), make)
        for name, pair in pairs.items():
            allowed, refused = world.cost(pair, ROUNDS, statuses=(200, 403))
            found[f"CPU µs refused, {name}"] = round(refused / 1000)
            found[f"refusal : permission, {name}"] = round(refused / allowed, 2)
        for name in (*TRUSTS, "with tags"):
            requests = (world.assuming("missing"), world.assuming(name))
            missing, there = world.cost(requests, PAIRS, statuses=(403, 403))
            found[f"role {name} : missing role (must 1.1)"] = round(there / missing, 3)
        found["CPU µs refused, AssumeRole"] = round(missing / 1000)
        requests = (world.assuming("missing"), world.assuming("missing", "555566667777"))
        missing, nowhere = world.cost(requests, PAIRS, statuses=(403, 403))
        found["missing account : missing role (must 1.1)"] = round(nowhere / missing, 3)
    return found
