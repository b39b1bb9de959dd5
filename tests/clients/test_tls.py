"""Over TLS: what clients send there they send nowhere else, and what a policy says of the hop is
true.
"""

import socket
import ssl

import boto3
import botocore.config
import pytest
from botocore.exceptions import ClientError
from tests.conftest import serving
from tests.documents import policy


@pytest.fixture(scope="module")
def tls(certificate, store_url, tmp_path_factory):
    more = {"tls_certificate": certificate[0], "tls_key": certificate[1]}
    yield from serving(tmp_path_factory.mktemp("tls-authority") / "data", store_url, **more)


def client(tls, certificate, service, key=None):
    found = key or tls.root()
    return boto3.session.Session().client(
        service,
        region_name="us-east-1",
        endpoint_url=tls.url,
        verify=str(certificate[0]),
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found.get("SessionToken"),
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA256"])
@pytest.mark.parametrize("size", [0, 1, 200_000])
def test_an_unsigned_body_with_its_checksum_behind_it_arrives_whole(
    tls, certificate, algorithm, size
) -> None:
    s3 = client(tls, certificate, "s3")
    bucket = f"tls-{algorithm.lower()}-{size}"
    s3.create_bucket(Bucket=bucket)
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]

    s3.put_object(Bucket=bucket, Key="k", Body=body, ChecksumAlgorithm=algorithm)
    found = s3.get_object(Bucket=bucket, Key="k")

    assert tls.url.startswith("https://")
    assert found["Body"].read() == body
    assert "aws-chunked" not in found.get("ContentEncoding", "")


def test_a_policy_may_ask_for_the_hop(tls, certificate) -> None:
    iam = client(tls, certificate, "iam")
    only = {
        "Effect": "Allow",
        "Action": "iam:ListUsers",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    }
    never = {
        **only,
        "Action": "iam:ListRoles",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    iam.create_user(UserName="secure")
    iam.put_user_policy(
        UserName="secure",
        PolicyName="p",
        PolicyDocument=policy(only, never),
    )
    mine = client(tls, certificate, "iam", iam.create_access_key(UserName="secure")["AccessKey"])

    assert mine.list_users()
    with pytest.raises(ClientError):
        mine.list_roles()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_t341_ops_old_versions_of_tls_are_refused(tls, version) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    host, port = tls.config.host, tls.config.port
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = context.maximum_version = version
    with (
        pytest.raises((ssl.SSLError, ConnectionError)),
        socket.create_connection((host, port), timeout=5) as raw,
    ):
        context.wrap_socket(raw)
