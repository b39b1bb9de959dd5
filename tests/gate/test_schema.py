"""Documents are normalized by S3's schema; ambiguous and unknown ones are refused."""

import asyncio
import base64
import hashlib
import importlib.util
from pathlib import Path

import pytest

from daypass.gate import limits
from daypass.gate.operations.table import OPERATIONS
from daypass.gate.protocol import documents
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request import schema

_spec = importlib.util.spec_from_file_location("wire", Path(__file__).parent / "test_vocabulary.py")
wire = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(wire)
signed = wire.signed
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def understood(operation, text):
    root = documents.parse_xml(text.encode(), elements=limits.XML_ELEMENTS_MAX)
    return documents.serialize_document(
        asyncio.run(schema.normalized_document(operation, root))
    ).decode()


def document(root, inside):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">{inside}</{root}>'


TAG = "<Tag><Key>class</Key><Value>secret</Value></Tag>"
RULE = "<Rule><ID>a</ID><Filter><Prefix>logs/</Prefix></Filter><Status>Enabled</Status><Expiration><Days>7</Days></Expiration></Rule>"
UNDERSTOOD = [
    ("PutObjectTagging", f"<Tagging><TagSet>{TAG}</TagSet></Tagging>", "Tagging", f"<TagSet>{TAG}</TagSet>"),
    ("PutObjectTagging", f"<Tagging>\n <TagSet>\n{TAG}\n</TagSet>\t</Tagging>", "Tagging", f"<TagSet>{TAG}</TagSet>"),
    ("PutObjectTagging", "<Tagging><TagSet/></Tagging>", "Tagging", "<TagSet></TagSet>"),
    ("PutObjectTagging", "<Tagging><TagSet><Tag><Key>a</Key><Value>se<!-- -->c<![CDATA[r&]]>et</Value></Tag></TagSet></Tagging>", "Tagging", "<TagSet><Tag><Key>a</Key><Value>secr&amp;et</Value></Tag></TagSet>"),
    ("PutObjectTagging", '<x:Tagging xmlns:x="y" z="1"><TagSet a="b"/></x:Tagging>', "Tagging", "<TagSet></TagSet>"),
    ("PutObjectTagging", "<Tagging><TagSet><Tag><Value>v</Value><Key>k</Key></Tag></TagSet></Tagging>", "Tagging", "<TagSet><Tag><Value>v</Value><Key>k</Key></Tag></TagSet>"),
    ("PutObjectRetention", "<Retention><RetainUntilDate>2126-01-03T14:00:01.5+02:00</RetainUntilDate><Mode>GOVERNANCE</Mode></Retention>", "Retention", "<RetainUntilDate>2126-01-03T12:00:01Z</RetainUntilDate><Mode>GOVERNANCE</Mode>"),
    ("PutObjectRetention", "<Retention><EventHold>ON</EventHold><EventHoldDuration><Days>004</Days></EventHoldDuration></Retention>", "Retention", "<EventHold>ON</EventHold><EventHoldDuration><Days>4</Days></EventHoldDuration>"),
    ("PutObjectLegalHold", "<LegalHold><Status>ON</Status></LegalHold>", "LegalHold", "<Status>ON</Status>"),
    ("PutBucketVersioning", "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>", "VersioningConfiguration", "<Status>Suspended</Status>"),
    ("PutBucketLifecycleConfiguration", f"<LifecycleConfiguration>{RULE}{RULE}</LifecycleConfiguration>", "LifecycleConfiguration", 2 * RULE),
    ("PutBucketCors", "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>", "CORSConfiguration", "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>"),
    ("UpdateObjectEncryption", "<ObjectEncryption><SSE-KMS><KMSKeyArn>arn:k</KMSKeyArn><BucketKeyEnabled>TRUE</BucketKeyEnabled></SSE-KMS></ObjectEncryption>", "ObjectEncryption", "<SSE-KMS><KMSKeyArn>arn:k</KMSKeyArn><BucketKeyEnabled>true</BucketKeyEnabled></SSE-KMS>"),
    ("PutPublicAccessBlock", "<PublicAccessBlockConfiguration><BlockPublicPolicy>TRUE</BlockPublicPolicy></PublicAccessBlockConfiguration>", "PublicAccessBlockConfiguration", "<BlockPublicPolicy>true</BlockPublicPolicy>"),
    ("CreateBucket", "<CreateBucketConfiguration><LocationConstraint>here</LocationConstraint></CreateBucketConfiguration>", "CreateBucketConfiguration", "<LocationConstraint>here</LocationConstraint>"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "given", "root", "inside"), UNDERSTOOD)
def test_a_document_is_written_as_it_was_understood(operation, given, root, inside) -> None:
    written = understood(operation, given)

    assert written == document(root, inside)
    assert understood(operation, written) == written


REFUSED = [
    ("PutObjectTagging", "<Tagging><TagSet/><TagSet/></Tagging>"),
    ("PutObjectTagging", "<Tagging><TagSet><Tag><Key>a</Key><Key>b</Key><Value>v</Value></Tag></TagSet></Tagging>"),
    ("PutObjectTagging", "<Tagging><TagSet><Tag><Key>a</Key><Value>v</Value><Value>w</Value></Tag></TagSet></Tagging>"),
    ("PutObjectTagging", f"<Tagging><TagSet>{TAG}</TagSet><Tag/></Tagging>"),
    ("PutObjectTagging", f"<Tagging><TagSet>{TAG}<tag/></TagSet></Tagging>"),
    ("PutObjectTagging", "<Tagging><TagSet>text</TagSet></Tagging>"),
    ("PutObjectTagging", "<Tagging><TagSet><Tag><Key>a<b/></Key><Value>v</Value></Tag></TagSet></Tagging>"),
    ("PutObjectTagging", "<tagging><TagSet/></tagging>"),
    ("PutObjectRetention", "<Retention><Mode>governance</Mode></Retention>"),
    ("PutObjectRetention", "<Retention><Mode> GOVERNANCE</Mode></Retention>"),
    ("PutObjectRetention", "<Retention><Mode>GOVERNANCE</Mode><Mode>COMPLIANCE</Mode></Retention>"),
    ("PutObjectRetention", "<Retention><RetainUntilDate>tomorrow</RetainUntilDate></Retention>"),
    ("PutObjectRetention", "<Retention><RetainUntilDate>2126-01-03T14:00:01</RetainUntilDate></Retention>"),
    ("PutObjectRetention", "<Retention><EventHoldDuration><Days>4</Days></EventHoldDuration><EventHoldDuration><Days>5</Days></EventHoldDuration></Retention>"),
    ("PutObjectRetention", "<Retention><EventHoldDuration><Days>0x4</Days></EventHoldDuration></Retention>"),
    ("PutObjectRetention", "<Retention><EventHoldDuration><Days> 4</Days></EventHoldDuration></Retention>"),
    ("PutObjectLegalHold", "<LegalHold><Status>On</Status></LegalHold>"),
    ("PutObjectLegalHold", "<LegalHold><Status>ON\n</Status></LegalHold>"),
    ("PutBucketVersioning", "<VersioningConfiguration><Status>enabled</Status></VersioningConfiguration>"),
    ("PutBucketVersioning", "<VersioningConfiguration><Status>Enabled</Status><ExcludeFolders>true</ExcludeFolders></VersioningConfiguration>"),
    ("PutBucketEncryption", "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:KMS</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"),
    ("UpdateObjectEncryption", "<ObjectEncryption><SSE-KMS><KMSKeyArn> arn:k</KMSKeyArn></SSE-KMS></ObjectEncryption>"),
    ("UpdateObjectEncryption", "<ObjectEncryption><SSE-KMS/><SSE-KMS/></ObjectEncryption>"),
    ("PutPublicAccessBlock", "<PublicAccessBlockConfiguration><BlockPublicPolicy>1</BlockPublicPolicy></PublicAccessBlockConfiguration>"),
    ("PutBucketAbac", "<AbacStatus><Status>Disabled</Status><Status>Enabled</Status></AbacStatus>"),
    ("PutBucketOwnershipControls", "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>"),
    ("CreateBucket", "<CreateBucketConfiguration><LocationConstraint>a</LocationConstraint><LocationConstraint>b</LocationConstraint></CreateBucketConfiguration>"),
    ("PutBucketReplication", "<ReplicationConfiguration><Role>a</Role><Role>b</Role></ReplicationConfiguration>"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "text"), REFUSED)
def test_a_document_with_no_reading_or_two_is_refused(operation, text) -> None:
    with pytest.raises(S3Error) as error:
        understood(operation, text)

    assert error.value.code == "MalformedXML"


@pytest.mark.parametrize(
    ("rules", "turns"),
    [(limits.SCHEMA_CHILDREN_PER_TURN - 1, 0), (3 * limits.SCHEMA_CHILDREN_PER_TURN, 3)],
)
def test_a_long_document_is_read_in_turns(rules, turns) -> None:
    root = documents.XMLElement(
        "LifecycleConfiguration", "", [documents.XMLElement("Rule")] * rules
    )
    reading = schema.normalized_document("PutBucketLifecycleConfiguration", root)
    for _ in range(turns):
        reading.send(None)
    with pytest.raises(StopIteration) as done:
        reading.send(None)

    assert len(done.value.value.children) == rules


def test_every_operation_with_a_document_has_a_schema() -> None:
    for row in filter(lambda row: row.is_rewritten, OPERATIONS.values()):
        root, members = schema.document_schemas()[row.name]

        assert root
        assert members, row.name


# Over the wire.

FORWARDED = [
    ("/kept/a?tagging", f"<Tagging>\n<TagSet><!-- x -->{TAG}</TagSet></Tagging>", "Tagging", f"<TagSet>{TAG}</TagSet>"),
    ("/kept/a?retention", "<Retention><RetainUntilDate>2126-01-03T12:00:01.000Z</RetainUntilDate></Retention>", "Retention", "<RetainUntilDate>2126-01-03T12:00:01Z</RetainUntilDate>"),
    ("/kept/a?legal-hold", "<LegalHold ><Status><![CDATA[ON]]></Status></LegalHold>", "LegalHold", "<Status>ON</Status>"),
    ("/kept?versioning", "<VersioningConfiguration><Status>Enabled</Status>\n</VersioningConfiguration>", "VersioningConfiguration", "<Status>Enabled</Status>"),
]  # fmt: skip


@pytest.mark.parametrize(("target", "body", "root", "inside"), FORWARDED)
def test_the_store_reads_the_gates_own_document(behind, said, target, body, root, inside) -> None:
    given = body.encode()
    md5 = base64.b64encode(hashlib.md5(given, usedforsecurity=False).digest()).decode()

    assert (
        signed(behind, "PUT", target, {"content-md5": md5, "content-type": "text/plain"}, given)[0]
        == 200
    )

    [sent] = said.sent
    assert sent.body == document(root, inside).encode()
    assert (
        sent.headers["content-md5"]
        == base64.b64encode(hashlib.md5(sent.body, usedforsecurity=False).digest()).decode()
    )
    assert sent.headers["content-type"] == "application/xml"
    assert sent.headers["x-amz-content-sha256"] == hashlib.sha256(sent.body).hexdigest()


def test_a_checksum_of_the_clients_document_is_verified_and_stays_behind(behind, said) -> None:
    s3 = behind.client("s3")

    s3.put_object_tagging(Bucket="kept", Key="a", Tagging={"TagSet": []}, ChecksumAlgorithm="CRC32")

    assert not [name for name in said.sent[0].headers if "checksum" in name]
    said.sent.clear()
    wrong = {"x-amz-checksum-crc32": "AAAAAA=="}
    assert (
        signed(behind, "PUT", "/kept/a?tagging", wrong, b"<Tagging><TagSet/></Tagging>")[0] == 400
    )
    assert not said.sent


@pytest.mark.parametrize(("operation", "text"), REFUSED[:6])
def test_what_has_two_readings_does_not_reach_the_store(behind, said, operation, text) -> None:
    assert operation == "PutObjectTagging"
    assert signed(behind, "PUT", "/kept/a?tagging", {}, text.encode())[0] == 400
    assert not said.sent


def test_what_real_clients_send_is_understood(behind, said) -> None:
    s3 = behind.client("s3")
    rule = {
        "ID": "a",
        "Status": "Enabled",
        "Filter": {"And": {"Prefix": "x ", "Tags": [{"Key": "k", "Value": "v"}]}},
        "Transitions": [{"Days": 1, "StorageClass": "COLD"}],
    }
    s3.put_bucket_lifecycle_configuration(Bucket="kept", LifecycleConfiguration={"Rules": [rule]})
    s3.put_bucket_cors(
        Bucket="kept",
        CORSConfiguration={
            "CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 5}]
        },
    )
    s3.put_object_lock_configuration(
        Bucket="kept",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
        },
    )
    s3.put_bucket_encryption(
        Bucket="kept",
        ServerSideEncryptionConfiguration={
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": "k-1",
                    },
                    "BucketKeyEnabled": True,
                }
            ]
        },
    )
    s3.restore_object(
        Bucket="kept", Key="a", RestoreRequest={"Days": 1, "GlacierJobParameters": {"Tier": "Bulk"}}
    )
    s3.put_bucket_metrics_configuration(
        Bucket="kept", Id="m", MetricsConfiguration={"Id": "m", "Filter": {"Prefix": "p"}}
    )
    said.answer = lambda _: (200, {"Content-Type": "application/octet-stream"}, [b""])
    selected = s3.select_object_content(
        Bucket="kept",
        Key="a",
        Expression="select * from s3object",
        ExpressionType="SQL",
        InputSerialization={"CSV": {"FileHeaderInfo": "USE"}},
        OutputSerialization={"JSON": {"RecordDelimiter": "\n"}},
    )

    selected["Payload"].close()

    assert len(said.sent) == 7
    assert b"<Prefix>x </Prefix>" in said.sent[0].body
    assert b"<StorageClass>COLD</StorageClass>" in said.sent[0].body
    assert b"<RecordDelimiter>\n</RecordDelimiter>" in said.sent[-1].body
