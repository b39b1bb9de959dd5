"""Settings that are not safe stop the start."""

from pathlib import Path

import pytest

from daypass.server.settings.config import Config
from daypass.server.settings.contradictions import check_config
from daypass.server.settings.setting_values import Misconfigured


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "authority.example"])
def test_a_server_without_tls_listens_on_this_host_alone(host) -> None:
    # T025-SIG
    settings = Config(data=Path("data"), host=host, port=8090)

    with pytest.raises(Misconfigured, match="would show sessions to the network"):
        check_config(settings)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_this_host_plain_http_is_taken(host) -> None:
    check_config(Config(data=Path("data"), host=host, port=8090))


def test_plain_http_on_a_network_is_taken_where_it_is_asked_for() -> None:
    check_config(Config(data=Path("data"), host="192.0.2.1", port=8090, plain_http=True))


@pytest.mark.parametrize(
    ("setting", "flag"),
    [
        ({"no_sigv2": True}, "--no-sigv2"),
        ({"s3_adopt": ("b",)}, "--s3-adopt"),
        ({"s3_accept": ("f",)}, "--s3-accept"),
        ({"s3_kms_keys": frozenset()}, "--s3-kms-keys"),
    ],
)
def test_a_setting_of_the_gate_needs_a_store(setting, flag) -> None:
    with pytest.raises(Misconfigured, match=f"{flag} needs --s3"):
        check_config(Config(data=Path("data"), host="127.0.0.1", port=8090, **setting))


@pytest.mark.parametrize(
    "region", ["", "eu", "eu-west", "EU-WEST-1", "eu-west-1/x", "../eu-west-1"]
)
def test_a_region_of_identity_center_that_is_no_region_stops_the_start(region) -> None:
    settings = Config(data=Path("data"), host="127.0.0.1", port=8090, identity_center_region=region)

    with pytest.raises(Misconfigured, match=f"`{region}` is not the name of a region"):
        check_config(settings)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "us-gov-west-1", "ap-southeast-7"])
def test_regions_of_aws_are_taken_for_identity_center(region) -> None:
    check_config(
        Config(data=Path("data"), host="127.0.0.1", port=8090, identity_center_region=region)
    )
