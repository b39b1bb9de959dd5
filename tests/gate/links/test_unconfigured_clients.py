"""Links and forms of Signature Version 2, as clients make them that nobody has configured."""

from urllib.parse import urlsplit

import boto3
import botocore.config
import pytest
from tests.gate.test_forms import parts_of, post

from .asking import PAYLOAD, ask, key_of


@pytest.mark.parametrize("key", ["k", "a b/ü+?&=.txt", "k?acl", "a//b/", "~*'()!", "%2F"])
def test_a_link_of_a_client_without_configuration_reads_and_writes(
    sender_s3, live, bucket, key
) -> None:
    s3 = sender_s3
    named = {"Bucket": bucket, "Key": key}
    put = s3.generate_presigned_url("put_object", named)
    get = s3.generate_presigned_url("get_object", named)
    head = s3.generate_presigned_url("head_object", named)

    assert all("AWSAccessKeyId=" in url and "X-Amz-" not in url for url in (put, get, head))
    assert ask(live, put, method="PUT", body=PAYLOAD)[0] == 200
    status, _, content = ask(live, get)
    assert (status, content) == (200, PAYLOAD)
    status, headers, content = ask(live, head, method="HEAD")
    assert (status, headers["content-length"], content) == (200, str(len(PAYLOAD)), b"")


def test_a_link_says_what_is_written_and_how_it_is_read(sender_s3, live, bucket) -> None:
    s3 = sender_s3
    put = s3.generate_presigned_url(
        "put_object",
        {
            "Bucket": bucket,
            "Key": "described",
            "ContentType": "text/plain",
            "Metadata": {"who": "a b"},
            "Tagging": "class=open&part=1",
        },
    )
    get = s3.generate_presigned_url(
        "get_object",
        {"Bucket": bucket, "Key": "described", "ResponseContentType": "image/png; a=b+c"},
    )

    # A client may repeat the type of the body in its header, as S3 asks it to.
    for headers in ({}, {"Content-Type": "text/plain"}):
        assert ask(live, put, method="PUT", body=PAYLOAD, headers=headers)[0] == 200
    assert ask(live, get)[1]["content-type"] == "image/png; a=b+c"
    found = s3.get_object(Bucket=bucket, Key="described")
    assert (found["ContentType"], found["Metadata"]) == ("text/plain", {"who": "a b"})
    tags = s3.get_object_tagging(Bucket=bucket, Key="described")["TagSet"]
    assert tags == [{"Key": "class", "Value": "open"}, {"Key": "part", "Value": "1"}]


def test_a_link_uploads_a_part_and_asks_for_sub_resources(alice_s3, live, bucket) -> None:
    s3 = alice_s3
    named = {"Bucket": bucket, "Key": "parts"}
    upload = s3.create_multipart_upload(**named)["UploadId"]
    part = s3.generate_presigned_url("upload_part", named | {"UploadId": upload, "PartNumber": 1})
    tags = s3.generate_presigned_url("get_object_tagging", {"Bucket": bucket, "Key": "k"})

    status, headers, _ = ask(live, part, method="PUT", body=PAYLOAD)
    assert status == 200
    s3.complete_multipart_upload(
        **named,
        UploadId=upload,
        MultipartUpload={"Parts": [{"ETag": headers["etag"], "PartNumber": 1}]},
    )
    assert s3.get_object(**named)["Body"].read() == PAYLOAD
    assert (b"<TagSet" in ask(live, tags)[2], ask(live, tags)[0]) == (True, 200)


def test_a_link_names_its_bucket_in_the_host_or_in_the_path(live, bucket, sender) -> None:
    found = key_of(sender)
    virtual = boto3.session.Session().client(
        "s3",
        region_name="us-east-1",
        endpoint_url="http://gate.test",
        config=botocore.config.Config(s3={"addressing_style": "virtual"}),
        aws_access_key_id=found[0],
        aws_secret_access_key=found[1],
        aws_session_token=found[2] or None,
    )
    url = virtual.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})

    assert urlsplit(url).netloc == "linked.gate.test"
    assert ask(live, url, host="linked.gate.test")[2] == PAYLOAD
    assert ask(live, url, host="LINKED.gate.TEST.:80")[2] == PAYLOAD
    # The same resource by its other name.
    assert ask(live, url.replace("/k?", "/linked/k?"), host="gate.test")[2] == PAYLOAD
    for path, host in (
        ("/k", "linked-too.gate.test"),
        ("/linked/k", "linked.gate.test"),
        ("/k", "gate.test"),
        ("/linked-too/k", "gate.test"),
        ("//k", "linked.gate.test"),
    ):
        status, _, content = ask(live, f"{path}?{urlsplit(url).query}", host=host)
        assert (status in {400, 403}, PAYLOAD in content) == (True, False), (path, host)


@pytest.mark.parametrize("named_by_browser", [False, True])
def test_a_form_of_a_client_without_configuration_uploads(
    sender_s3, owner, live, bucket, named_by_browser
) -> None:
    key = "up/${filename}" if named_by_browser else "up/fixed.txt"
    made = sender_s3.generate_presigned_post(
        bucket,
        key,
        Fields={"Content-Type": "text/plain", "x-amz-meta-who": "me"},
        Conditions=[{"Content-Type": "text/plain"}, {"x-amz-meta-who": "me"}],
    )

    assert "AWSAccessKeyId" in made["fields"]
    status, _, content = post(live, bucket, parts_of(made["fields"], PAYLOAD, "named.txt"))
    assert status == 204, content
    stored = "up/named.txt" if named_by_browser else "up/fixed.txt"
    found = owner.get_object(Bucket=bucket, Key=stored)
    assert (found["Body"].read(), found["ContentType"]) == (PAYLOAD, "text/plain")
    assert found["Metadata"] == {"who": "me"}


def test_headers_that_no_link_signs_choose_among_the_bytes_of_the_object(alice_s3, live, bucket):
    url = alice_s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})

    assert ask(live, url, headers={"Range": "bytes=1-2"})[::2] == (206, PAYLOAD[1:3])
    etag = ask(live, url)[1]["etag"]
    assert ask(live, url, headers={"If-None-Match": etag})[0] == 304
