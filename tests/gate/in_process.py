"""A gate without a server: a clock that only tests move, and a client for a test's messages."""

import base64
import hashlib
import hmac
import itertools
import json
import time
import urllib.parse

from daypass.core import upload_ids
from daypass.core.domain.account import Account
from daypass.core.domain.bucket import Bucket
from daypass.core.domain.iam.access_key import AccessKey
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.user import User
from daypass.core.domain.partition import GLOBAL
from daypass.core.http.request import RawRequest
from daypass.core.keyring import KeyRing
from daypass.core.sessions import keyids, mint
from daypass.core.sessions.secrets import seal_secret
from daypass.core.sessions.session_plan import GrantedSession
from daypass.core.sessions.token import Origin, SessionKind
from daypass.core.sigv4.canonical import Dialect
from daypass.core.sigv4.claim import SignatureClaim
from daypass.core.sigv4.sign import Signer
from daypass.core.sigv4.verify import canonical_request, signing_key, string_to_sign
from daypass.core.time.steady_time import Moment
from daypass.core.time.timestamps import format_basic_date, iso8601, parse_iso8601
from daypass.gate.admission import RequestAdmission
from daypass.gate.request.resolved_request import GateRules
from daypass.gate.s3_gate import Gate, StoreCapabilities
from daypass.gate.serve import serve
from daypass.gate.store.upstream import ObjectStore, StoreCredential
from daypass.server.authority.schemes.s3_signatures import S3Signatures
from daypass.server.authority.schemes.sigv4 import SigV4Scheme
from daypass.services.kit.authorization import refusal_sealer
from daypass.state.changes import Put
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.tracking_directory import TrackingDirectory

START = parse_iso8601("2026-01-01T12:00:00Z")
ACCOUNT, OTHER = "111122223333", "444455556666"
HOST = "gate.test"


def statement(effect="Allow", action="s3:*", resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class World:
    """A user `alice` with a key, a bucket `kept` of her account, a gate in front of a store."""

    def __init__(self, store_url, **more):
        self.now = START
        self.lead = 0
        self.ring = KeyRing.new(bytes(range(64)), now=START)
        self.secret = "s" * 40
        self.key_id = keyids.access_key_id("AKIA", ACCOUNT, b"0123456789")
        sealed = seal_secret(self.secret, self.ring, owner=self.key_id, nonce=bytes(12))
        self.key = AccessKey(
            account=ACCOUNT, id=self.key_id, owner="AIDAALICE", secret=sealed, created=START
        )
        self.user = self.alice(statement())
        self.bucket = Bucket(
            account=GLOBAL, name="kept", owner=ACCOUNT, region="us-east-1", created=START
        )
        self.directory = Directory()
        self.change(
            *(
                Put(Account(account=each, name="a", created=START, canonical_user="c"))
                for each in (ACCOUNT, OTHER)
            )
        )
        self.change(Put(self.user), Put(self.key), Put(self.bucket))
        self.seen = []
        self.deeds = []
        self.uses = []
        self.read = []
        """What each change of a bucket's record was made from: the revisions of the partitions
        that it has read."""
        self.sent = []
        self._drawn = itertools.count(1)
        self.scheme = SigV4Scheme(lambda: self.ring)
        signatures = S3Signatures(
            self.scheme, lambda: self.ring, region="us-east-1", allows_version_2=True
        )
        self.request_claim, self.form_claim = signatures.request_claim, signatures.form_claim
        self.gate = Gate(
            store=ObjectStore(
                store_url, StoreCredential("store", "key", "us-east-1"), clock=lambda: self.now
            ),
            rules=GateRules(
                region="us-east-1",
                host_names=frozenset({HOST}),
                regions=frozenset({"us-east-1"}),
                unsigned_over_plain_http=True,
            ),
            authority=self,
            **{"admission": RequestAdmission(), "capabilities": StoreCapabilities(), **more},
        )

    # What the gate uses of the authority.

    monotonic = staticmethod(time.monotonic)

    def snapshot(self):
        return self.directory

    def moment(self):
        return Moment(self.now, self.now + self.lead)

    def entropy(self, size):
        return next(self._drawn).to_bytes(size, "big")

    def seal(self):
        return refusal_sealer(self.ring, self.entropy)

    def upload_keys(self):
        return self.ring.mac_keys(upload_ids.PURPOSE)

    def note_use(self, credential_id, region):
        self.uses.append((credential_id, region))

    async def settle(self, change, deed):
        directory = TrackingDirectory(self.directory)
        changes = directory.with_read_set(change(directory))
        self.read.append(changes.read)
        self.change(*changes.records)
        self.deeds.append(deed)

    async def record(self, seen):
        self.seen.extend(seen)

    # What is there.

    def change(self, *changes):
        self.directory = self.directory.changed(changes, self.directory.revision + 1)

    def alice(self, *statements):
        inline = (InlinePolicy("own", document(*statements)),) if statements else ()
        return User(
            account=ACCOUNT,
            name="alice",
            path="/",
            unique_id="AIDAALICE",
            created=START,
            inline=inline,
        )

    def session(self, seconds=900):
        """Return a session of alice's: key id, secret, token."""
        subject = mint.SessionOwner(
            kind=SessionKind.USER,
            origin=Origin.GET_SESSION_TOKEN,
            account=ACCOUNT,
            principal_id="AIDAALICE",
        )
        made = mint.issue_credentials(
            subject,
            GrantedSession(seconds=seconds),
            now=self.now,
            entropy=lambda size: b"7" * size,
            ring=self.ring,
        )
        return made.access_key_id, made.session.secret, made.token

    # What clients send.

    def put(
        self,
        length,
        path="/kept/k",
        method="PUT",
        query="",
        headers=None,
        keys=None,
        payload_hash="UNSIGNED-PAYLOAD",
    ):
        """Return the scope of a request that is signed in its headers."""
        key_id, secret, token = keys or (self.key_id, self.secret, "")
        given = {
            "host": HOST,
            **(headers or {}),
            **({"x-amz-security-token": token} if token else {}),
        }
        signed = Signer(key_id, secret, "us-east-1").sign(
            method=method,
            path=path,
            query=query,
            headers=given,
            payload_hash=payload_hash,
            now=self.now,
        )
        return self._scope(method, path, query, {**signed.headers, "content-length": str(length)})

    def presigned(self, length, expires, path="/kept/k"):
        """Return the scope of a presigned upload."""
        date, amz_date = format_basic_date(self.now)[:8], format_basic_date(self.now)
        scope = f"{date}/us-east-1/s3/aws4_request"
        pairs = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self.key_id}/{scope}",
            "X-Amz-Date": amz_date,
            "X-Amz-Expires": str(expires),
            "X-Amz-SignedHeaders": "host",
        }
        query = urllib.parse.urlencode(pairs, quote_via=urllib.parse.quote)
        claim = SignatureClaim(
            "query", self.key_id, date, "us-east-1", "s3", "aws4_request", ("host",), "", amz_date
        )
        raw = RawRequest("PUT", path.encode(), query.encode(), ((b"host", HOST.encode()),))
        form = canonical_request(raw, claim, payload_hash="UNSIGNED-PAYLOAD", dialect=Dialect.S3)
        key = signing_key(self.secret, date=date, region="us-east-1", service="s3")
        signature = hmac.digest(key, string_to_sign(amz_date, scope, form).encode(), "sha256").hex()
        return self._scope(
            "PUT",
            path,
            f"{query}&X-Amz-Signature={signature}",
            {"host": HOST, "content-length": str(length)},
        )

    def form(self, file, *, lasts=3600, length=True, longest=None):
        """Return the scope of a form's upload, and its bytes: everything before the file, and
        the rest.
        """
        date, amz_date = format_basic_date(self.now)[:8], format_basic_date(self.now)
        conditions = [
            {"bucket": "kept"},
            {"key": "k"},
            ["starts-with", "$x-amz-credential", ""],
            ["starts-with", "$x-amz-algorithm", ""],
            ["starts-with", "$x-amz-date", ""],
        ]
        conditions += [["content-length-range", 0, longest]] if longest is not None else []
        text = json.dumps({"expiration": iso8601(self.now + lasts), "conditions": conditions})
        policy = base64.b64encode(text.encode()).decode()
        key = signing_key(self.secret, date=date, region="us-east-1", service="s3")
        fields = {
            "key": "k",
            "policy": policy,
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-credential": f"{self.key_id}/{date}/us-east-1/s3/aws4_request",
            "x-amz-date": amz_date,
            "x-amz-signature": hmac.digest(key, policy.encode(), "sha256").hex(),
        }
        head = "".join(
            f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        head += '--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
        tail = file + b"\r\n--B--\r\n"
        framing = (
            {"content-length": str(len(head) + len(tail))}
            if length
            else {"transfer-encoding": "chunked"}
        )
        scope = self._scope(
            "POST",
            "/kept",
            "",
            {"host": HOST, "content-type": "multipart/form-data; boundary=B", **framing},
        )
        return scope, head.encode(), tail

    @staticmethod
    def _scope(method, path, query, headers):
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        return {
            "method": method,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": pairs,
            "client": ("192.0.2.1", 1),
            "scheme": "http",
        }

    # What they get.

    async def ask(self, scope, *steps):
        """Send a request: bytes are what the client sends, functions what happens in between;
        return status and code.
        """
        left, sent = list(steps), []

        async def receive():
            while left and callable(left[0]):
                left.pop(0)()
            if not left:
                return {"type": "http.disconnect"} if not_ended else {"type": "http.request"}
            piece = left.pop(0)
            more = any(not callable(each) for each in left) or not_ended
            return {"type": "http.request", "body": piece, "more_body": more}

        async def send(message):
            sent.append(message)

        not_ended = bool(left) and left[-1] is GONE
        left = left[:-1] if not_ended else left
        try:
            await serve(self.gate, scope, receive, send)
        finally:
            self.sent = sent
        status = next((each["status"] for each in sent if each["type"].endswith("start")), 0)
        content = b"".join(each.get("body", b"") for each in sent).decode()
        return status, content.partition("<Code>")[2].partition("</Code>")[0]

    async def close(self):
        await self.gate.store.close()


GONE = object()
"""The last step of a client that goes away."""


def sha256(content):
    return hashlib.sha256(content).hexdigest()
