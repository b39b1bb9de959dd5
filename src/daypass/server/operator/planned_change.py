"""A change of an operator before it is committed, and its commit in a running server."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from daypass.server.audit.event import Event
from daypass.server.authority.settle import Proposal, Settler
from daypass.server.operator.control_socket import ControlAnswer
from daypass.state.changes import Changes
from daypass.state.committer import Committer
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.tracking_directory import TrackingDirectory


class PlannedChange(NamedTuple):
    """The answer to a message, the changes to commit, and the thing that the audit log names."""

    answer: ControlAnswer
    changes: Changes
    thing: str = ""
    """What is changed; empty: what the answer says was done."""


async def settle_planned(
    committer: Committer,
    settler: Settler,
    plan: Callable[[Directory], PlannedChange],
    event: Callable[[PlannedChange], Event],
    *,
    is_dry_run: bool,
) -> ControlAnswer:
    """Plan a change and commit it with its event; return its answer.

    `plan` runs on a thread, and again each time that another commit came first. Raises its faults,
    and that of a commit that is overtaken too often.
    """

    async def propose() -> Proposal[ControlAnswer]:
        directory = TrackingDirectory(committer.directory)
        planned = await asyncio.to_thread(plan, directory)
        changes = Changes() if is_dry_run else directory.with_read_set(planned.changes)
        return Proposal(changes, event(planned), planned.answer)

    return await settler.settle(propose)
