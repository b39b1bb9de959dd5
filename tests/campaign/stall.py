"""No input takes the event loop for longer than 50 ms of CPU in one turn: each hostile one at
its bound, with its longest turn.

The clock is the thread's own, so that neighbours on the machine do not count. Each input is sent
twice, cold and warm.
"""

import base64
import hashlib
import json
import re
import time

from tests.campaign._timed import TimedLoop, world
from tests.documents import allow, policy, trust

from daypass.core.domain.iam.user import User
from daypass.core.sigv4.chunked import SignatureChain
from daypass.state.changes import Put

BOUND = "<= 50"
ALL = policy(allow())


def compact(*statements):
    """Return a policy as text without any white space."""
    return policy(*statements, separators=(",", ":"))


def actions(count):
    return compact(allow([f"s3:a{at}*b" for at in range(count)]))


def addresses(count):
    return compact(
        allow(
            Condition={
                "IpAddress": {
                    "aws:SourceIp": [f"10.{at % 250}.{at // 250}.0/24" for at in range(count)]
                }
            }
        )
    )


def statements(count):
    return compact(*(allow("s3:*") for _ in range(count)))


# The API.


def of_the_api(w):
    iam, big = "iam", "a" * 250_000
    yield (
        "a form of 2,000 fields",
        w.form(iam, {"Action": "ListUsers", **{f"f{at}": "" for at in range(1990)}}),
    )
    yield (
        "a form of 256 KB in escapes",
        w.form(iam, b"Action=ListUsers&Version=2010-05-08&PathPrefix=" + b"%41" * 85_000),
    )
    backwards = {
        f"ContextEntries.member.{at}.ContextKeyName": f"k{at}" for at in range(1000, 0, -1)
    }
    simulated = {
        "Action": "SimulateCustomPolicy",
        "Version": "2010-05-08",
        "PolicyInputList.member.1": ALL,
        "ActionNames.member.1": "s3:GetObject",
    }
    yield "a form of 1,000 nested entries, backwards", w.form(iam, simulated | backwards)
    yield "a field's name of 100,000 dots", w.form(iam, simulated | {"ContextEntries." * 7000: "1"})
    yield (
        "1,000 values that break a pattern",
        w.call("SimulateCustomPolicy", PolicyInputList=[ALL], ActionNames=["x"] * 1000),
    )
    yield "a value of 250,000 characters", w.call("ListUsers", PathPrefix=big)
    yield (
        "a device's name of 130,000 characters",
        w.call("CreateVirtualMFADevice", VirtualMFADeviceName=big[:130_000]),
    )
    yield (
        "a JSON body of 10,000 values",
        w.json("ListRoots", json.dumps({"a": [1] * 9_990}).encode()),
    )
    yield (
        "a JSON body of 120,000 values",
        w.json("ListRoots", json.dumps({"a": [1] * 80_000}).encode()),
    )
    yield "a JSON body of 100,000 brackets", w.json("ListRoots", b'{"a":' + b"[" * 200_000)
    yield (
        "a JSON body of 100,000 quotes",
        w.json("ListRoots", b'{"a":["' + b'","' * 80_000 + b'"]}'),
    )
    tags = [{"Key": "\x01" * 200, "Value": "b" * 300}] * 3_000
    yield (
        "3,000 tags that break the model",
        w.json("TagResource", json.dumps({"ResourceId": "!", "Tags": tags}).encode()[:260_000]),
    )
    yield (
        "1,000 tags that break the model",
        w.json("TagResource", json.dumps({"ResourceId": "!", "Tags": tags[:400]}).encode()),
    )
    for name, text in policies():
        yield f"CreatePolicy, {name}", w.call("CreatePolicy", PolicyName="p", PolicyDocument=text)
        yield (
            f"GetContextKeysForCustomPolicy, {name}",
            w.call("GetContextKeysForCustomPolicy", PolicyInputList=[text]),
        )
        yield (
            f"SimulateCustomPolicy, {name}",
            w.call("SimulateCustomPolicy", PolicyInputList=[text], ActionNames=["s3:GetObject"]),
        )
    yield (
        "a trust policy of 2,048 characters",
        w.call("CreateRole", RoleName="r", AssumeRolePolicyDocument=guarded_trust(40)),
    )


def policies():
    yield "numbers", compact(allow(Condition={"NumericEquals": {"a": [1] * 4_990}}))
    yield "too many numbers", compact(allow(Condition={"NumericEquals": {"a": [1] * 40_000}}))
    yield "actions", actions(4_900)
    yield "addresses", addresses(4_900)
    yield "statements", statements(1_200)
    yield "resources", compact(allow(resource=["a:a:a:a:a:?${a}*"] * 4_900))
    yield "dates", compact(allow(Condition={"DateEquals": {"a": [f"20{at % 90 + 10}-01-01T00:{at // 60 % 60:02}:{at % 60:02}Z" for at in range(4_900)]}}))  # fmt: skip
    yield "a resource of 120,000 colons", compact(allow(resource="arn:" + ":" * 120_000))
    yield "a resource of 120,000 stars", compact(allow(resource="arn:aws:s3:::" + "*a" * 60_000))
    yield "white space", " " * 130_000 + ALL
    yield "escapes", compact(allow()).replace("*", "\\u0041" * 20_000)


def guarded_trust(count):
    return compact(trust("*", Condition={"StringLike": {"aws:userid": ["*a?b*"] * count}}))


def of_simulation(w):
    names = [f"s3:A{at}" for at in range(1000)]
    for name, text in (
        ("2,100 addresses", addresses(2_100)),
        ("860 statements", statements(860)),
        ("530 patterns with variables", compact(allow(resource=["a:a:a:a:a:?${a}*"] * 530))),
        ("840 patterns", compact(allow(resource=[f"a:a:a:a:a:*a?{at}*" for at in range(840)]))),
    ):
        yield (
            f"a simulation of {name}, at its bound",
            w.call(
                "SimulateCustomPolicy",
                PolicyInputList=[text],
                ActionNames=["s3:GetObject"],
                ResourceArns=["a:a:a:a:a:" + "a" * 1_000],
            ),
        )
    yield (
        "1,000 actions on 860 statements",
        w.call(
            "SimulateCustomPolicy",
            PolicyInputList=[statements(860)],
            ActionNames=names,
            MaxItems="1000",
        ),
    )
    yield (
        "1,000 actions on 1,000 resources",
        w.call(
            "SimulateCustomPolicy",
            PolicyInputList=[ALL],
            ActionNames=names,
            ResourceArns=[f"arn:aws:s3:::b/{at}" for at in range(900)],
            MaxItems="1000",
        ),
    )
    values = {
        f"ContextEntries.member.1.ContextKeyValues.member.{at}": f"v{at}" for at in range(1, 21)
    }
    entry = {
        "ContextEntries.member.1.ContextKeyName": "aws:TagKeys",
        "ContextEntries.member.1.ContextKeyType": "stringList",
    }
    base = {
        "Action": "SimulateCustomPolicy",
        "Version": "2010-05-08",
        "ActionNames.member.1": "s3:GetObject",
    }
    for operator in (
        "ForAllValues:StringEquals",
        "ForAllValues:StringNotLike",
        "ForAnyValue:StringLike",
        "ForAnyValue:StringEqualsIgnoreCase",
    ):
        text = compact(
            allow(Condition={operator: {"aws:TagKeys": [f"*x?{at}" for at in range(700)]}})
        )
        yield (
            f"20 values against 700 by {operator}",
            w.form("iam", base | entry | values | {"PolicyInputList.member.1": text}),
        )
    text = compact(allow(resource=[f"arn:aws:s3:::*a?a{at}*" for at in range(4_500)]))
    yield (
        "4,500 patterns on a resource of 2,000 characters",
        w.call(
            "SimulateCustomPolicy",
            PolicyInputList=[text],
            ActionNames=["s3:GetObject"],
            ResourceArns=["arn:aws:s3:::" + "a" * 2_000],
        ),
    )


# HTTP itself.


def of_http(w):
    host = f"127.0.0.1:{w.config.port}"
    get = f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    last = f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    yield "9,000 requests at once on one connection", get * 9_000 + last
    get = f"GET /nothing HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    yield "9,000 refusals at once on one connection", get * 9_000 + last
    chunked = f"POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n".encode()
    yield "a body in chunks of one byte", chunked + b"1\r\na\r\n" * 262_144 + b"0\r\n\r\n"
    gate = chunked.replace(b"POST / ", b"PUT /kept/k ")
    yield "a body of the gate in chunks of one byte", gate + b"1\r\na\r\n" * 262_144 + b"0\r\n\r\n"
    many = "".join(f"x-{at}: {'v' * 140}\r\n" for at in range(95))
    yield "100 headers of 16 KB", f"GET / HTTP/1.1\r\nHost: {host}\r\n{many}\r\n".encode()
    for name, value in (
        ("date", "1 " * 7_900),
        ("content-type", 'multipart/form-data;a="' + ";" * 15_000),
        ("authorization", "AWS4-HMAC-SHA256 " + "a=b," * 3_900),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/iam/aws4_request,SignedHeaders="
            + ";".join(f"h{at}" for at in range(1500))
            + ",Signature=a",
        ),
        ("cookie", "a=b;" * 4_000),
        ("user-agent", "\x07" * 0 + "é" * 8_000),
    ):
        yield (
            f"a {name} header of 16 KB",
            f"POST /kept HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n{name}: {value}\r\n\r\n".encode(
                "latin-1"
            ),
        )
    for what, target in (
        ("escapes", "/kept/" + "%25" * 5_300),
        ("dots", "/kept" + "/.." * 5_300),
        ("slashes", "/" * 16_000),
        ("parameters", "/kept?" + "&".join(f"a{at}=%25" for at in range(1_600))),
        ("an API's dots", "/.." * 5_300 + "/?X-Amz-Credential=a"),
    ):
        yield (
            f"a target of 16 KB of {what}",
            f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(),
        )
    asked = ",".join(f"x-{at}" for at in range(2_000))
    yield (
        "a preflight of 16 KB",
        f"OPTIONS /kept/k HTTP/1.1\r\nHost: {host}\r\nOrigin: http://a\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: {asked}\r\n\r\n".encode(),
    )


# The gate.


def xml(method_path, body, w, query, **more):
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode()  # noqa: S324 - S3's own check
    method, path = method_path
    return w.s3(
        method, path, body, query=query, content_md5=md5, content_type="application/xml", **more
    )


def of_documents(w):
    delete = ("POST", "/kept")
    for name, body in (
        ("a million empty elements", b"<Delete>" + b"<a/>" * 1_000_000 + b"</Delete>"),
        ("1,000 entries", b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1_000 + b"</Delete>"),
        ("1,001 entries", b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1_001 + b"</Delete>"),
        (
            "a tag of 400,000 attributes",
            b"<Delete><a " + b" ".join(b'a%d=""' % at for at in range(400_000)) + b"/></Delete>",
        ),
        ("a text of 4 MB", b"<Delete>" + b"a&amp;" * 700_000 + b"</Delete>"),
        ("4 MB of line ends", b"<Delete>" + b"\r" * 4_000_000 + b"</Delete>"),
        ("600,000 comments", b"<Delete>" + b"<!---->" * 600_000 + b"</Delete>"),
        ("a comment of 4 MB", b"<Delete><!--" + b"a" * 4_000_000 + b"--></Delete>"),
        (
            "200,000 name spaces",
            b"<Delete>"
            + b"".join(b'<a xmlns:b%d="c"/>' % at for at in range(150_000))
            + b"</Delete>",
        ),
    ):
        yield f"DeleteObjects, {name}", xml(delete, body, w, "delete=")
    parts = b"".join(
        b"<Part><ETag>%032d</ETag><PartNumber>%d</PartNumber></Part>" % (at, at)
        for at in range(1, 10_001)
    )
    yield (
        "CompleteMultipartUpload, 10,000 parts",
        xml(
            ("POST", "/kept/k"),
            b"<CompleteMultipartUpload>" + parts + b"</CompleteMultipartUpload>",
            w,
            "uploadId=u",
        ),
    )
    yield (
        "CompleteMultipartUpload, a million elements",
        xml(("POST", "/kept/k"), b"<C>" + b"<a/>" * 1_000_000 + b"</C>", w, "uploadId=u"),
    )
    rule = b"<Rule><ID>i</ID><Filter><Prefix>p</Prefix></Filter><Status>Enabled</Status></Rule>"
    yield (
        "PutBucketLifecycle, 2,900 rules",
        xml(("PUT", "/kept"), b"<L>" + rule * 2_900 + b"</L>", w, "lifecycle="),
    )
    yield (
        "PutBucketTagging, 50 tags",
        xml(
            ("PUT", "/kept"),
            b"<Tagging><TagSet>"
            + b"".join(b"<Tag><Key>k%d</Key><Value>v</Value></Tag>" % at for at in range(50))
            + b"</TagSet></Tagging>",
            w,
            "tagging=",
        ),
    )
    text = compact(*({"Effect": "Allow", "Principal": {"AWS": w.account}, "Action": "s3:*", "Resource": "arn:aws:s3:::kept/*"} for _ in range(150)))  # fmt: skip
    yield "PutBucketPolicy, 20 KB", w.s3("PUT", "/kept", text.encode(), query="policy=")
    text = compact(
        {
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{w.account}:user/u{at}" for at in range(500)]},
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::kept/*",
        }
    )
    yield (
        "PutBucketPolicy, 500 users",
        w.s3("PUT", "/kept", text.encode()[: 20 << 10], query="policy="),
    )


def of_uploads(w):
    raw, made = w.signed(
        "PUT",
        "/kept/k",
        b"",
        service="s3",
        payload="STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        x_amz_decoded_content_length="20000",
        content_encoding="aws-chunked",
        content_length=str(87 * 20_000 + 86),
    )
    chain = SignatureChain(made.key, made.amz_date, made.scope, made.signature)
    digest = hashlib.sha256(b"a").hexdigest()
    body = b"".join(
        f"1;chunk-signature={chain.sign_chunk(digest)}\r\na\r\n".encode() for _ in range(20_000)
    )
    body += (
        f"0;chunk-signature={chain.sign_chunk(hashlib.sha256(b'').hexdigest())}\r\n\r\n".encode()
    )
    yield "an upload in 20,000 signed chunks of one byte", raw + body
    length = 6 * 200_000 + 5
    raw, _ = w.signed(
        "PUT",
        "/kept/k",
        b"",
        service="s3",
        payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        x_amz_decoded_content_length="200000",
        content_encoding="aws-chunked",
        content_length=str(length),
    )
    yield "an upload in 200,000 chunks of one byte", raw + b"1\r\na\r\n" * 200_000 + b"0\r\n\r\n"
    content = b"x" * (8 << 20)
    sha = base64.b64encode(hashlib.sha512(content).digest()).decode()
    md5 = base64.b64encode(hashlib.md5(content).digest()).decode()  # noqa: S324 - S3's own check
    yield (
        "an upload of 8 MB with three checksums",
        w.s3("PUT", "/kept/k", content, x_amz_checksum_sha512=sha, content_md5=md5),
    )


def of_forms(w):
    def form(parts, kind="multipart/form-data; boundary=b"):
        host = f"127.0.0.1:{w.config.port}"
        return (
            f"POST /kept HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {len(parts)}\r\n\r\n".encode()
            + parts
        )

    def field(name, value=""):
        return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()

    yield "a form of 10,000 fields", form(b"".join(field(f"f{at}") for at in range(10_000)))
    yield "a form of 10,000 files", form(field("file") + field("x") * 10_000)
    yield (
        "a form's field of 20,000 bytes",
        form(field("key", "${filename}" * 1_700) + field("file")),
    )
    now = int(time.time())
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    conditions = [["starts-with", f"$f{at}", ""] for at in range(700)]
    text = base64.b64encode(
        json.dumps({"expiration": "2099-01-01T00:00:00Z", "conditions": conditions}).encode()
    ).decode()[:19_000]
    signing = {
        "policy": text,
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{w.keys[0]}/{date[:8]}/us-east-1/s3/aws4_request",
        "x-amz-date": date,
        "x-amz-signature": "0" * 64,
        "x-amz-security-token": w.keys[2],
        "key": "k",
    }
    yield (
        "a form's policy of 700 conditions",
        form(b"".join(field(*each) for each in signing.items()) + field("file")),
    )
    yield "a form without an end", form(b"\r\n--" * 60_000)


def of_the_store(w):
    """Name what a store may say, and the request that makes it say that."""

    def says(status, *pieces, **headers):
        return lambda _method, _target: (status, headers, pieces)

    get = w.s3("GET", "/kept/k")
    complete = xml(
        ("POST", "/kept/k"),
        b"<C><Part><ETag>e</ETag><PartNumber>1</PartNumber></Part></C>",
        w,
        "uploadId=u",
    )
    delete = xml(("POST", "/kept"), b"<Delete><Object><Key>k</Key></Object></Delete>", w, "delete=")
    yield (
        "an error of 64 KB of elements",
        get,
        says(500, b"<Error>" + b"<a/>" * 16_000 + b"</Error>"),
    )
    yield "an object of 16 MB", get, says(200, b"x" * (16 << 20))
    yield "a late result in 4,000 pieces", complete, says(200, *[b" "] * 4_000, b"<R/>")
    yield (
        "a late result of 64 KB of elements",
        complete,
        says(200, b"<R>" + b"<a/>" * 16_000 + b"</R>"),
    )
    yield (
        "a result of 8 MB",
        delete,
        says(
            200,
            b"<DeleteResult>" + b"<Deleted><Key>k</Key></Deleted>" * 250_000 + b"</DeleteResult>",
        ),
    )
    yield (
        "a result of 1,000 entries",
        delete,
        says(
            200, b"<DeleteResult>" + b"<Deleted><Key>k</Key></Deleted>" * 1_000 + b"</DeleteResult>"
        ),
    )


def of_what_is_stored(w):
    """Store much, and name what then costs by it."""
    w.put(
        *(
            Put(User(account=w.account, name=f"many{at}", unique_id=f"AIDAMANY{at:08}", created=0))
            for at in range(4_990)
        )
    )
    yield "ListUsers of 5,000", w.call("ListUsers", MaxItems="1000")
    yield "ListUsers of 5,000 under a path", w.call("ListUsers", PathPrefix="/none/")
    user = w.account, "hostile"
    w.send(w.call("CreateUser", UserName=user[1]))
    for at in range(10):
        patterns = [f"arn:aws:s3:::*a?{at}{number}*" for number in range(230)]
        text = compact({"Effect": "Deny", "Action": "*", "Resource": patterns}, allow())
        w.send(w.call("CreatePolicy", PolicyName=f"hostile{at}", PolicyDocument=text))
        w.send(
            w.call(
                "AttachUserPolicy",
                UserName=user[1],
                PolicyArn=f"arn:aws:iam::{w.account}:policy/hostile{at}",
            )
        )
    made = w.send(w.call("CreateAccessKey", UserName=user[1]))
    keys = tuple(
        re.search(f"<{name}>(.*?)</{name}>".encode(), made)[1].decode()
        for name in ("AccessKeyId", "SecretAccessKey")
    )
    keys = (*keys, "")
    long = "/kept/" + "a" * 1_000
    yield (
        "a request under ten policies of 230 patterns, cold and warm",
        w.s3("GET", long, keys=keys),
    )
    entries = b"".join(
        b"<Object><Key>%b%d</Key></Object>" % (b"a" * 1_000, at) for at in range(1_000)
    )
    yield (
        "DeleteObjects, 1,000 entries under them",
        xml(("POST", "/kept"), b"<Delete>" + entries + b"</Delete>", w, "delete=", keys=keys),
    )
    yield (
        "SimulatePrincipalPolicy under them",
        w.call(
            "SimulatePrincipalPolicy",
            PolicySourceArn=f"arn:aws:iam::{w.account}:user/hostile",
            ActionNames=[f"s3:A{at}" for at in range(500)],
            ResourceArns=["arn:aws:s3:::" + "a" * 1_000],
        ),
    )


def figures():
    """Send every input and yield its longest turn in milliseconds of CPU."""
    with world() as w:
        w.send(w.call("ListUsers"))
        for part in (
            of_http,
            of_the_api,
            of_simulation,
            of_documents,
            of_uploads,
            of_forms,
            of_what_is_stored,
        ):
            for name, raw in part(w):
                yield measured(w, name, raw)
        for name, raw, says in of_the_store(w):
            w.store.answer = says
            yield measured(w, f"the store: {name}", raw)


def measured(w, name, raw):
    TimedLoop.longest = 0.0
    everything = "on one connection" in name
    said = [w.send(raw, everything=everything)[9:12].decode("latin-1") for _ in range(2)]
    return f"{name} -> {said[-1] or 'closed'}", TimedLoop.longest, BOUND
