"""Ids of uploads that are good for one bucket and one key."""

import pytest

from daypass.core import upload_ids
from daypass.core.keyring import KeyRing

RING = KeyRing.new(bytes(range(64)), now=0)
SECRETS = RING.mac_keys(upload_ids.PURPOSE)
TOLD = upload_ids.client_upload_id("2~a.b_c-d", bucket="b1", key="k1", secret=SECRETS[0])


def opened(told, bucket="b1", key="k1", secrets=SECRETS):
    return upload_ids.store_upload_id(told, bucket=bucket, key=key, secrets=secrets)


def test_an_id_opens_for_its_own_bucket_and_key() -> None:
    assert opened(TOLD) == "2~a.b_c-d"


OTHERS = [
    ("b1", "k2"), ("b2", "k1"), ("b1", ""), ("b1", "k1/"), ("b1", "K1"),
    # Two that run together as the same text.
    ("b1k", "1"), ("b", "1k1"),
]  # fmt: skip


@pytest.mark.parametrize(("bucket", "key"), OTHERS)
def test_t432_gate_an_id_is_that_of_no_other_bucket_or_key(bucket, key) -> None:
    assert opened(TOLD, bucket, key) is None


@pytest.mark.parametrize(
    "told",
    ["2~a.b_c-d", "", ".", ".2~a.b_c-d", f"{TOLD}x", TOLD.replace("2~", "3~"), TOLD.partition(".")[0], f"A{TOLD[1:]}" if TOLD[0] != "A" else f"B{TOLD[1:]}", f"\u00e9.{TOLD}"],
)  # fmt: skip
def test_t432_gate_what_was_not_told_is_no_id(told) -> None:
    assert opened(told) is None


def test_an_id_outlives_a_new_root_key_and_not_another_deployment() -> None:
    rotated = RING.with_new_key(bytes(32), now=1)

    assert opened(TOLD, secrets=rotated.mac_keys(upload_ids.PURPOSE)) == "2~a.b_c-d"
    assert len(set(rotated.mac_keys(upload_ids.PURPOSE))) == 2
    other = KeyRing.new(bytes(64), now=0)
    assert opened(TOLD, secrets=other.mac_keys(upload_ids.PURPOSE)) is None
