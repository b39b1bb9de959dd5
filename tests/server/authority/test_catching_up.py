"""A worker that is behind another one catches up before it refuses a call."""

import asyncio
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.conftest import REGION, SELDOM_SECONDS, STORE_KEYS, free_port, served
from tests.documents import allow
from tests.server.authority.at_once import at_once
from tests.server.read_world import World

from daypass.core.faults import Throttled
from daypass.core.guesses import FREE_TRIES
from daypass.server import clock
from daypass.server.authority.call import Needs, Outcome
from daypass.server.authority.facts import CaughtUp
from daypass.server.settings.config import Config, S3Store
from daypass.server.standalone import StandaloneHost
from daypass.services.iam.policies import aws_managed
from daypass.services.kit.external_facts import FactOutcome
from daypass.state.data_directory.open_directory import open_data


class Follower(StandaloneHost):
    """A host process that compares with the first node; counts how often it is to catch up."""

    def __init__(self, first, own):
        super().__init__()
        self.first, self.own = first, own
        self.asked = 0

    @property
    def is_behind(self):
        return self.first.committer.directory.revision > self.own.committer.directory.revision

    async def catch_up(self):
        self.asked += 1
        await asyncio.wrap_future(self.own.committer.catch_up())


@pytest.fixture(scope="module")
def both(store_url, tmp_path_factory):
    """A server, a second one that may be behind it, and the second one's host process."""
    path = tmp_path_factory.mktemp("behind") / "data"
    configs = [
        Config(
            data=path,
            host="127.0.0.1",
            port=free_port(),
            store=S3Store(store_url, *STORE_KEYS),
            calls_per_second=0,
        )
        for _ in range(2)
    ]
    data = open_data(
        path,
        {},
        clock=clock.wall,
        entropy=clock.entropy,
        base=aws_managed.bundled_policies(),
        poll_seconds=SELDOM_SECONDS,
    )
    own = data.start_node("2")
    follower = Follower(data, own)
    with (
        served(configs[0], data, store_url) as first,
        served(configs[1], own, store_url, follower) as second,
    ):
        yield first, second, follower


def code_of(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"]


def test_a_new_key_works_at_a_worker_that_is_behind(both) -> None:
    first, second, _ = both
    key = first.user("just-made", allow("iam:GetUser"))

    assert second.client("iam", key).get_user()["User"]["UserName"] == "just-made"


def test_a_role_that_was_just_made_may_be_assumed_and_a_policy_that_was_just_put_allows(
    both,
) -> None:
    first, second, _ = both
    key = first.user("assumer")
    assert second.client("sts", key).get_caller_identity()
    role = first.role("just-made", first.account)
    first.client("iam").put_user_policy(
        UserName="assumer",
        PolicyName="own",
        PolicyDocument=f'{{"Version":"2012-10-17","Statement":[{allow_text("sts:AssumeRole")}]}}',
    )

    assert second.client("sts", key).assume_role(RoleArn=role, RoleSessionName="behind")[
        "Credentials"
    ]


def allow_text(action):
    return f'{{"Effect":"Allow","Action":"{action}","Resource":"*"}}'


def test_a_refusal_that_others_agree_with_catches_up_once(both) -> None:
    first, second, follower = both
    second.caught_up()
    first.user("unrelated")
    before = follower.asked

    assert code_of(lambda: second.client("iam").get_user(UserName="nobody")) == "NoSuchEntity"
    assert follower.asked == before + 1
    assert code_of(lambda: second.client("iam").get_user(UserName="nobody")) == "NoSuchEntity"
    assert follower.asked == before + 1


def test_a_wrong_code_at_a_worker_that_is_behind_counts_once(both) -> None:
    first, second, _ = both
    key = first.user("guesser")
    serial, code = first.device("guesser")
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    codes = []
    for number in range(FREE_TRIES):
        first.client("iam").create_user(UserName=f"meanwhile{number}")
        codes.append(
            code_of(
                lambda: second.client("sts", key).get_session_token(
                    SerialNumber=serial, TokenCode=wrong
                )
            )
        )

    assert set(codes) == {"AccessDenied"}


def test_a_new_key_works_at_the_gate_of_a_worker_that_is_behind(both) -> None:
    first, second, _ = both
    key = first.user("of-the-gate", allow("s3:ListAllMyBuckets"))
    s3 = boto3.client(
        "s3",
        endpoint_url=second.url,
        region_name=REGION,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )

    assert s3.list_buckets()["Buckets"] == []


def test_a_call_that_runs_again_counts_once_towards_the_rate(tmp_path) -> None:
    world = World(tmp_path / "data")
    counted = []
    authority = world.authority
    authority.runner._rates = SimpleNamespace(
        count_call=lambda subject, _moment: counted.append(subject)
    )
    authority.answerer._others = SimpleNamespace(is_behind=True)
    call = authority.api.make_call(
        world._request(world._keys["alice"], "iam", "GetUser", {"UserName": "nobody"})
    )
    found = at_once(authority.answerer.run_once(call))
    assert isinstance(found, Needs)
    assert isinstance(found.fact, CaughtUp)
    call.known_facts[found.fact] = FactOutcome()
    again = at_once(authority.answerer.run_once(call))
    world.data.close()

    assert isinstance(again, Outcome)
    assert len(counted) == 1


def test_a_throttled_call_does_not_catch_up_first(tmp_path) -> None:
    world = World(tmp_path / "data")
    authority = world.authority
    authority.runner._rates = SimpleNamespace(count_call=too_often)
    authority.answerer._others = SimpleNamespace(is_behind=True)
    call = authority.api.make_call(
        world._request(world._keys["alice"], "iam", "GetUser", {"UserName": "nobody"})
    )
    found = at_once(authority.answerer.run_once(call))
    world.data.close()

    assert found.event.outcome == "Throttling"


def too_often(_subject, _moment):
    raise Throttled("Rate exceeded")
