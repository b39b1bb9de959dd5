"""The bench of sign-ins counts runs as the authority takes them."""

import asyncio
import contextlib

import pytest
from tests.bench import people_sign_ins
from tests.bench.people_sign_ins import World, no_call, sign_outs, signing_in_and_out, writes

CALLS = 3


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.setattr(people_sign_ins, "CALLS", CALLS)
    made = World(tmp_path / "data")
    with contextlib.closing(made.data):
        yield made


def test_sessions_that_are_opened_and_ended_make_no_write_run_again(world) -> None:
    assert asyncio.run(writes(world, between=no_call)) == 0
    assert asyncio.run(writes(world, between=signing_in_and_out(world))) == 0


def test_another_change_of_the_store_makes_a_write_run_again(world) -> None:
    async def create_another(_number):
        assert await world.finish(world.create_user()) == 0

    assert asyncio.run(writes(world, between=create_another)) == CALLS


def test_signing_out_stands_on_the_person_and_runs_again_after_a_change_of_the_store(world) -> None:
    assert asyncio.run(sign_outs(world)) == CALLS
