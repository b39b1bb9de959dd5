"""What the portal's calls cost beside AssumeRole, and a person's session beside any role session.

A call is everything between the bytes of a request and the bytes of its answer, in this process:
medians of the CPU time of one thread, in interleaved rounds.
"""

import contextlib
import json
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.bench.figures import Figure, at_most
from tests.bench.in_process import InProcess
from tests.documents import allow, policy, trust
from tests.services import portal_records as records
from tests.services.portal_records import ADMIN, ALICE, ENGINEERS, MEMBER, READ_ONLY

from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.identity_center.person import Person
from daypass.core.http.normalization import normalize_headers
from daypass.core.sessions import mint
from daypass.core.sessions.session_plan import GrantedSession
from daypass.core.sessions.token import Origin, SessionKind
from daypass.core.time.steady_time import Moment
from daypass.server import clock
from daypass.services.kit.identity_center.portal_sessions import open_portal_session
from daypass.wire.message import HttpRequest

ASSIGNMENTS, ACCOUNTS = 1_000, 300
ROUNDS = 1_500
EVERYTHING = (InlinePolicy("own", policy(allow())),)
WORKER_ID = "AROAWORKER0000000000"


class World(InProcess):
    """A person with an account, one in three hundred, and a thousand assignments of others."""

    def __init__(self, folder):
        super().__init__(folder / "portal", region=records.REGION)
        everywhere = [f"{number:012}" for number in range(500, 500 + ACCOUNTS)]
        # Its names are as long as those of the person's role: what is compared is the session.
        worker = records.role(name="Other", trust=policy(trust(MEMBER)), unique_id=WORKER_ID)
        self.worker = worker.arn
        self.put(
            *records.organization_records(members=(MEMBER, *everywhere)),
            records.person(),
            records.person(records.BOB, "bob"),
            records.people_group(),
            records.membership(records.BOB),
            records.permission_set(),
            records.permission_set(READ_ONLY, "ReadOnly"),
            *records.provisioned_records(),
            records.assignment(),
            *(
                records.assignment(records.uuid(0x10000 + number), MEMBER)
                for number in range(ASSIGNMENTS)
            ),
            *(records.assignment(ENGINEERS, each, READ_ONLY) for each in everywhere[::2]),
            *(records.assignment(records.BOB, each, READ_ONLY) for each in everywhere[1::2]),
            *(records.assignment(records.BOB, each, ADMIN) for each in everywhere),
            worker,
        )
        self.user("caller", MEMBER, inline=EVERYTHING)
        self.open()
        self.tokens = {who: self._token(who) for who in (ALICE, records.BOB)}

    def _token(self, who):
        directory = self.data.committer.directory
        now = time.time()
        opened = open_portal_session(
            directory,
            directory.identity_store(records.STORE).of(Person).get(who),
            moment=Moment(now, now),
            opened_by="bench",
            entropy=clock.entropy,
            ring=self.data.keyring,
        )
        self.records = [opened.session]
        self.commit()
        return opened.token

    def portal(self, path, who=ALICE):
        """Return a request of the portal with a person's token."""
        target, _, query = path.partition("?")
        headers = (
            (b"host", b"127.0.0.1"),
            (b"user-agent", b"Boto3/1.44.1"),
            (b"x-amz-sso_bearer_token", self.tokens[who].encode()),
        )
        return HttpRequest(
            "GET", target.encode(), query.encode(), normalize_headers(headers), b"", "127.0.0.1"
        )

    def role_session(self):
        """Return the credentials of an ordinary session of a role."""
        issued = mint.issue_credentials(
            mint.SessionOwner(
                kind=SessionKind.ROLE,
                origin=Origin.ASSUME_ROLE,
                account=MEMBER,
                principal_id=WORKER_ID,
                session_name="alice",
            ),
            GrantedSession(seconds=3_600),
            now=int(time.time()),
            entropy=clock.entropy,
            ring=self.data.keyring,
        )
        return issued.access_key_id, issued.session.secret, issued.token

    def person_session(self):
        """Return the credentials that the portal issues to the person."""
        path = f"/federation/credentials?role_name=Admin&account_id={MEMBER}"
        found = json.loads(self.run(self.portal(path)).response.body)["roleCredentials"]
        return found["accessKeyId"], found["secretAccessKey"], found["sessionToken"]

    def identity(self, credentials):
        """Return a signed GetCallerIdentity with a session."""
        body = b"Action=GetCallerIdentity&Version=2011-06-15"
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "Host": "127.0.0.1",
        }
        request = AWSRequest("POST", "http://127.0.0.1/", headers=headers, data=body)
        SigV4Auth(Credentials(*credentials), "sts", "us-east-1").add_auth(request)
        sent = tuple(
            (name.lower().encode(), str(value).encode()) for name, value in request.headers.items()
        )
        return HttpRequest("POST", b"/", b"", normalize_headers(sent), body, "127.0.0.1")


def figures(run):
    """Yield the ratios of the portal's calls."""
    rounds = ROUNDS // 3 if run.is_quick else ROUNDS
    world = World(run.folder)
    with contextlib.closing(world.data):
        assume = world.request(
            "sts", "caller", Action="AssumeRole", RoleArn=world.worker, RoleSessionName="me"
        )
        credentials = world.portal(f"/federation/credentials?role_name=Admin&account_id={MEMBER}")
        accounts = world.portal("/assignment/accounts", records.BOB)
        costs = world.cost([assume, credentials, accounts], rounds, statuses=[200] * 3)
        yield Figure(
            f"GetRoleCredentials, {ASSIGNMENTS:,} assignments, to AssumeRole",
            costs[1] / costs[0],
            "x",
            at_most(2),
        )
        yield Figure(
            f"ListAccounts, a first page of {ACCOUNTS}, to AssumeRole",
            costs[2] / costs[0],
            "x",
            at_most(10),
        )
        sessions = [world.identity(world.role_session()), world.identity(world.person_session())]
        ordinary, persons = world.cost(sessions, rounds, statuses=[200] * 2)
        yield Figure(
            "GetCallerIdentity by a person's session, to a role session",
            persons / ordinary,
            "x",
            at_most(1.1),
        )
