"""An authority without a socket: records as a bench wants them, signed requests, and calls whose
processor time is counted.
"""

import json
import os
import statistics
import time
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.bench.signing import FORM, JSON
from tests.server.authority.at_once import at_once

from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.http.normalization import normalize_headers
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

ACCOUNT = "111122223333"
SECRET = "bench" * 8
VERSIONS = {"iam": "2010-05-08", "sts": "2011-06-15"}
USER_AGENT = "Boto3/1.44.1 md/Botocore#1.44.1 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.7"


class InProcess:
    """An authority whose records are added first, with `user`, `role` and `put`; `open` opens it."""

    def __init__(self, folder, **options):
        """Open a new data directory; `options` are further ones of `open_data`."""
        self.data = open_data(folder, {}, clock=time.time, entropy=os.urandom, account=ACCOUNT, **options)  # fmt: skip
        self.keys = {}
        self.records = []
        self.authority = None

    def put(self, *records):
        """Add records as they are."""
        self.records += records

    def user(self, name, account=ACCOUNT, **more):
        """Add a user with an access key."""
        unique_id = f"AIDA{name.upper()}"
        self.put(User(account=account, name=name, unique_id=unique_id, created=1, **more))
        key_id = access_key_id("AKIA", account, os.urandom(10))
        sealed = seal_secret(SECRET, self.data.keyring, owner=key_id, nonce=os.urandom(12))
        self.put(AccessKey(account=account, id=key_id, owner=unique_id, secret=sealed, created=1))
        self.keys[name] = key_id

    def role(self, name, trust, **more):
        """Add a role."""
        unique_id = f"AROA{len(self.records)}"
        self.put(Role(account=ACCOUNT, name=name, unique_id=unique_id, created=1, trust=trust, **more))  # fmt: skip

    def commit(self):
        """Commit the records."""
        directory = self.data.committer.directory
        partitions = {record.account for record in self.records}
        read = {each: directory.partition(each).revision for each in partitions}
        changes = Changes([Put(record) for record in self.records], read=read)
        self.data.committer.submit(changes, b"").result()

    def open(self):
        """Commit the records and make the authority."""
        self.commit()
        self.authority = app.assemble_authority(
            committer=self.data.committer,
            keyring=lambda: self.data.keyring,
            usage=self.data.usage,
            recorder=Recorder(AuditLog(self.data.audit.path), durable=False),
            rates=RateLimiter(0),
            guesses=GuessCounter(self.data),
        )

    def request(self, service, who, **params):
        """Return a signed request of a user, as a server would hand it on."""
        body = urlencode({"Version": VERSIONS[service], **params}).encode()
        return self._signed(service, who, body, {"Content-Type": FORM})

    def json_request(self, service, who, target, **fields):
        """Return a signed request of a user to a JSON API; `target` is `X-Amz-Target`."""
        headers = {"Content-Type": JSON, "X-Amz-Target": target}
        return self._signed(service, who, json.dumps(fields).encode(), headers)

    def _signed(self, service, who, body, kind):
        headers = {**kind, "Host": "127.0.0.1", "User-Agent": USER_AGENT}
        request = AWSRequest("POST", "http://127.0.0.1/", headers=headers, data=body)
        SigV4Auth(Credentials(self.keys[who], SECRET), service, "us-east-1").add_auth(request)
        sent = tuple(
            (name.lower().encode(), str(value).encode()) for name, value in request.headers.items()
        )
        return HttpRequest("POST", b"/", b"", normalize_headers(sent), body, "127.0.0.1")

    def run(self, request):
        """Return the result of a request's run, which commits nothing."""
        call = self.authority.api.make_call(request)
        return at_once(self.authority.answerer.run_once(call))

    def cost(self, requests, rounds, *, statuses):
        """Return the median nanoseconds of each of some requests, taken in turns."""
        found = [[] for _ in requests]
        spent = time.thread_time_ns
        for request, status in zip(requests, statuses, strict=True):
            answer = self.run(request).response
            assert answer.status == status, answer.body
        for _ in range(rounds):
            for request, costs in zip(requests, found, strict=True):
                before = spent()
                self.run(request)
                costs.append(spent() - before)
        return [statistics.median(costs) for costs in found]
