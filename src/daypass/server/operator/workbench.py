"""What an operator changes beside AWS's APIs: whose the store's buckets are, which policies AWS manages.

The same changes whether a server runs (they reach it through `control`) or not (the command opens the data itself); the audit
log is told of both.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.faults import Fault, Invalid, NotFound
from daypass.gate.protocol.errors import S3Error
from daypass.gate.request.target import checked_bucket
from daypass.server import clock
from daypass.server.adoption import adoption
from daypass.server.audit import draining, open_log
from daypass.server.audit.event import Event
from daypass.server.authority.settle import Proposal, Settler, settle_at_once
from daypass.server.operator import control
from daypass.server.operator.acts import act
from daypass.server.operator.control import Adopt, Answer, Change, LoadPolicies, Reopen
from daypass.services.iam.policies import aws_managed
from daypass.state.changes import Changes, Put
from daypass.state.commits import Committer
from daypass.state.data_directory.first_start import default_account
from daypass.state.data_directory.open_directory import open_data
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.recording import Recording

Planned = tuple[Answer, Changes]


def plan(message: Change, directory: Directory, *, now: int) -> Planned:
    """Return what would be done, and the changes that do it; raises `Invalid` or `NotFound` for what cannot be."""
    if isinstance(message, Adopt):
        return _adopt(message, directory, now)
    if isinstance(message, Reopen):
        return _reopen(message, directory, now)
    return _load(message)


def _adopt(message: Adopt, directory: Directory, now: int) -> Planned:
    for name in message.names:
        try:
            checked_bucket(name)
        except S3Error as error:
            raise Invalid(f"{error.message} ({name})") from error
    owner = message.account or default_account(directory)
    record = directory.account(owner).record
    if record is None:
        raise NotFound(f"there is no account {owner}")
    if not record.is_open:
        raise Invalid(f"account {owner} is closed")
    changes = adoption(directory, message.names, account=owner, region=message.region, now=now)
    return Answer(tuple(change.record.key for change in changes.records), owner), changes


def _load(message: LoadPolicies) -> Planned:
    found = aws_managed.parse_file(message.content)
    changes = Changes([Put(each) for each in found])
    return Answer(tuple(f"{each.arn} {each.default}" for each in found)), changes


def _reopen(message: Reopen, directory: Directory, now: int) -> Planned:
    record = directory.account(message.account).record
    if record is None:
        raise NotFound(f"there is no account {message.account}")
    if record.is_open:
        return Answer(account=record.account), Changes()
    if now >= record.closed + quotas.CLOSED_ACCOUNT_SECONDS:
        raise Invalid(f"account {record.account} was closed more than ninety days ago, for good")
    changes = Changes([Put(replace(record, closed=0))])
    return Answer((record.account,), record.account), changes


def event(message: Change, answer: Answer) -> Event:
    """Return what the audit log is told of a change."""
    operations = {Adopt: "adopt", LoadPolicies: "load-policies", Reopen: "reopen"}
    what = ", ".join(answer.done)
    return act(operations[type(message)], what, by=message.by, account=answer.account)


class Workbench:
    """Changes beside a running server."""

    def __init__(self, committer: Committer, settler: Settler) -> None:
        self._committer = committer
        self._settler = settler

    async def handle(self, message: Change) -> Answer:
        """Plan and commit, with its event; raises a fault for what cannot be, or is overtaken too often."""
        if isinstance(message, Adopt) and not message.account:
            # Looked up once, not in each run: a run that looks for the oldest account reads every account, and any commit makes
            # it stale.
            message = replace(message, account=default_account(self._committer.directory))

        async def propose() -> Proposal[Answer]:
            now = clock.wall()
            directory = Recording(self._committer.directory)
            answer, changes = await asyncio.to_thread(plan, message, directory, now=int(now))
            wanted = Changes() if message.is_dry_run else directory.bound(changes)
            return Proposal(wanted, event(message, answer), answer)

        return await self._settler.settle(propose)


def work(data: Path, environ: Mapping[str, str], message: Change) -> Answer:
    """Return what became of a message: at the running server if there is one, else on the data itself.

    Raises `state.unusable.Unusable` where the data cannot be used.
    """
    answer = control.ask(data, message)
    if answer is not None:
        return answer
    opened = open_data(data, environ, clock=clock.wall, entropy=clock.entropy, may_make=False)
    try:
        now = clock.wall()
        directory = Recording(opened.committer.directory)
        answer, changes = plan(message, directory, now=int(now))
        if not message.is_dry_run and changes:
            log = open_log.open_audit_log(opened, now=now)
            outbox = draining.connect_outbox(opened)
            settle_at_once(opened.committer, directory.bound(changes), event(message, answer))
            draining.drain_and_close(log, outbox, opened)
    except Fault as fault:
        return Answer(error=fault.operator or fault.message)
    finally:
        opened.close()
    return answer
