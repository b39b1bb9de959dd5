"""The operator's list of the store's KMS keys, wherever a request can name one."""

import importlib.util
from contextlib import suppress
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from daypass.gate.decision import kms
from daypass.server.settings import setting_values

_spec = importlib.util.spec_from_file_location("support", Path(__file__).parents[1] / "conftest.py")
support = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(support)

KEY = "arn:aws:kms:us-east-1:111122223333:key/"
LISTED, OTHER, THIRD = f"{KEY}1", f"{KEY}2", f"{KEY}3"


@pytest.fixture(scope="module")
def choosy(recording, tmp_path_factory):
    """An authority whose operator allows one KMS key of the store."""
    path = tmp_path_factory.mktemp("kms") / "data"
    yield from support.serving(
        path, recording.url, s3_adopt=("kept",), s3_kms_keys=frozenset({LISTED})
    )


def of_bucket(key):
    wanted = {"SSEAlgorithm": "aws:kms", **({"KMSMasterKeyID": key} if key else {})}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": wanted}]}


def of_object(key):
    return {"ServerSideEncryption": "aws:kms", **({"SSEKMSKeyId": key} if key else {})}


WAYS = {
    "an upload's header": lambda s3, key: s3.put_object(Bucket="kept", Key="k", **of_object(key)),
    "a copy's header": lambda s3, key: s3.copy_object(
        Bucket="kept", Key="k", CopySource="kept/a", **of_object(key)
    ),
    "the beginning of an upload in parts": lambda s3, key: s3.create_multipart_upload(
        Bucket="kept", Key="k", **of_object(key)
    ),
    "a bucket's configuration": lambda s3, key: s3.put_bucket_encryption(
        Bucket="kept", ServerSideEncryptionConfiguration=of_bucket(key)
    ),
    "an object's configuration": lambda s3, key: s3.update_object_encryption(
        Bucket="kept", Key="k", ObjectEncryption={"SSEKMS": {"KMSKeyArn": key or THIRD}}
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_key_that_is_not_listed_reaches_the_store_on_no_way(choosy, said, way) -> None:
    s3 = choosy.client("s3")
    for key in (OTHER, None):
        with pytest.raises(ClientError, match="AccessDenied"):
            WAYS[way](s3, key)
    assert not [sent for sent in said.sent if sent.method in {"PUT", "POST"}]


@pytest.mark.parametrize("way", WAYS)
def test_a_listed_key_goes_on(choosy, said, way) -> None:
    # What this store answers is no answer to all of these: what counts is what it was sent.
    with suppress(ClientError):
        WAYS[way](choosy.client("s3"), LISTED)
    sent = said.sent[-1]
    assert LISTED.encode() in sent.body or LISTED in sent.headers.values()


def test_a_request_that_names_no_key_of_kms_is_not_concerned(choosy, said) -> None:
    s3 = choosy.client("s3")
    s3.put_object(Bucket="kept", Key="k", ServerSideEncryption="AES256")
    wanted = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    s3.put_bucket_encryption(Bucket="kept", ServerSideEncryptionConfiguration=wanted)
    assert len([sent for sent in said.sent if sent.method == "PUT"]) == 2


def test_every_element_that_can_name_a_key_is_known() -> None:
    model = get_session().get_service_model("s3")
    named = {
        member.serialization.get("name", name)
        for shape in map(model.shape_for, model.shape_names)
        if shape.type_name == "structure"
        for name, member in shape.members.items()
        if "location" not in member.serialization
        and member.type_name == "string"
        and ("kmskeyid" in member.name.lower() or "kmskeyarn" in member.name.lower())
    }

    assert named
    assert named <= kms._KEY_ELEMENTS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("none", frozenset()),
        ("a", {"a"}),
        ("a, default", {"a", "default"}),
        ("arn:aws:kms:us-east-1:111122223333:key/a", {"arn:aws:kms:us-east-1:111122223333:key/a"}),
    ],
)
def test_the_operators_list_is_read(text, expected) -> None:
    assert setting_values.parse_kms_keys(text) == expected


@pytest.mark.parametrize("text", ["", ",", "a,", "none,a", "a b", "<a>"])
def test_a_list_that_cannot_be_read_is_refused(text) -> None:
    with pytest.raises(setting_values.Misconfigured):
        setting_values.parse_kms_keys(text)
