"""The clients of a profile: their region, and what each of them has in common."""

import pytest

from daypass.aws.profile_clients import ProfileClients, Retries


@pytest.fixture
def profile(tmp_path, monkeypatch):
    """A function that writes the profile `it` and names it.

    No variable of this process says a region.
    """
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)

    def write(text):
        (tmp_path / "config").write_text(f"[profile it]\n{text}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        return "it"

    return write


@pytest.mark.parametrize(
    ("text", "environ", "region"),
    [
        ("region = eu-west-1", {"AWS_REGION": "eu-north-1"}, "eu-west-1"),
        ("", {"AWS_REGION": "eu-north-1"}, "eu-north-1"),
        ("", {}, "us-east-1"),
    ],
)
def test_the_region_is_the_profiles_then_the_variables_then_the_first_one(
    profile, text, environ, region
) -> None:
    clients = ProfileClients(profile(text), environ)

    assert clients.client("sts").meta.region_name == region


def test_every_client_has_the_endpoint_the_retries_and_the_user_agent(profile) -> None:
    clients = ProfileClients(
        profile(""),
        {},
        endpoint="http://lab.test:1",
        retries=Retries("standard", attempts_max=6),
        user_agent="daypass/test",
    )
    meta = [clients.client(each).meta for each in ("iam", "organizations")]

    assert {each.endpoint_url for each in meta} == {"http://lab.test:1"}
    assert {each.config.user_agent_extra for each in meta} == {"daypass/test"}
    assert [each.config.retries for each in meta] == [
        {"mode": "standard", "total_max_attempts": 6}
    ] * 2


def test_credentials_of_another_account_are_the_clients_own(profile) -> None:
    clients = ProfileClients(profile(""), {})
    iam = clients.client("iam", aws_access_key_id="ASIAOTHER", aws_secret_access_key="s")

    assert iam._request_signer._credentials.access_key == "ASIAOTHER"
