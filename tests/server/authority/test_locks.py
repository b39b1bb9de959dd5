"""The locks of partitions, by which the writers of one partition take turns."""

import asyncio
import contextlib
import gc

from tests.server.read_world import World

from daypass.server.authority.settle import Proposal
from daypass.state.changes import Changes


def test_a_lock_that_nobody_holds_is_forgotten(tmp_path) -> None:
    world = World(tmp_path / "data")
    settler = world.authority.settler
    held = []

    async def propose():
        held.extend(settler._locks)
        return Proposal(Changes(), None, "done")

    with contextlib.closing(world.data):
        assert asyncio.run(settler.settle(propose, ["111122223333", "o-a1b2c3d4e5"])) == "done"
    gc.collect()

    assert sorted(held) == ["111122223333", "o-a1b2c3d4e5"]
    assert list(settler._locks) == []
