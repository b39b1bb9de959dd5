"""The gate's records of buckets: whose a name is, and when it may be created again."""

import pytest

from daypass.core.domain.bucket import Bucket
from daypass.core.domain.partition import GLOBAL
from daypass.gate.buckets import bucket_records
from daypass.gate.protocol.errors import S3Error
from daypass.state.changes import Put
from daypass.state.snapshot.directory import Directory

OURS, THEIRS = "111122223333", "444455556666"


def bucket(owner=OURS, region="us-east-1", **more):
    return Bucket(account=GLOBAL, name="b", owner=owner, region=region, created=1, **more)


def directory(*records):
    return Directory().changed([Put(each) for each in records], 1)


@pytest.mark.parametrize(
    ("existing", "new", "again"),
    [
        ([bucket()], bucket(), True),
        ([bucket(region="eu-west-1")], bucket(region="eu-west-1"), False),
        ([bucket(region="eu-west-1")], bucket(), False),
        ([bucket(THEIRS)], bucket(), False),
        ([bucket(pending=True)], bucket(), False),
        ([], bucket(), False),
    ],
)
def test_a_bucket_is_created_again_by_its_account_in_us_east_1_alone(existing, new, again) -> None:
    assert bucket_records.is_created_again(directory(*existing), new) is again


@pytest.mark.parametrize(
    ("existing", "code"),
    [
        (bucket(region="eu-west-1"), "BucketAlreadyOwnedByYou"),
        (bucket(THEIRS), "BucketAlreadyExists"),
    ],
)
def test_elsewhere_a_name_is_taken_once(existing, code) -> None:
    with pytest.raises(S3Error) as refused:
        bucket_records.reserve_name(directory(existing), bucket(region="eu-west-1"), OURS)

    assert refused.value.code == code
