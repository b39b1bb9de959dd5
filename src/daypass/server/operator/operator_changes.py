"""Changes that an operator makes outside AWS's APIs.

These give existing buckets an owner, load AWS managed policies, and reopen closed accounts; those
of IAM Identity Center are in `identity_center_changes`. They are the same whether a server runs
(commands reach it through `control_socket`) or not (the command opens the data itself); both record
them in the audit log.
"""

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.faults import Fault, Invalid, NotFound
from daypass.server import clock
from daypass.server.audit import draining, open_log
from daypass.server.audit.event import Event
from daypass.server.authority.settle import Settler, commit_and_wait
from daypass.server.bucket_ownership import adopt_buckets
from daypass.server.operator import control_socket
from daypass.server.operator.control_socket import (
    AdoptBuckets,
    ChangeMessage,
    ControlAnswer,
    LoadPolicies,
    ReopenAccount,
)
from daypass.server.operator.operator_events import operator_event
from daypass.server.operator.planned_change import PlannedChange, settle_planned
from daypass.services.iam.policies import aws_managed
from daypass.state.changes import Changes, Put
from daypass.state.committer import Committer
from daypass.state.data_directory.first_start import default_account_id
from daypass.state.data_directory.open_directory import open_data
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.tracking_directory import TrackingDirectory


def plan_change(message: ChangeMessage, directory: Directory, *, now: int) -> PlannedChange:
    """Return the answer to a message and the changes to make.

    Raises `Invalid` or `NotFound` for a change that is not possible.
    """
    if isinstance(message, AdoptBuckets):
        return _adopt_buckets(message, directory, now)
    if isinstance(message, ReopenAccount):
        return _reopen_account(message, directory, now)
    return _load_policies(message)


def _adopt_buckets(message: AdoptBuckets, directory: Directory, now: int) -> PlannedChange:
    # A server that no operator asks to adopt a bucket loads nothing of the gate for this.
    from daypass.gate.protocol.errors import S3Error  # noqa: PLC0415
    from daypass.gate.request.request_target import checked_bucket_name  # noqa: PLC0415

    for name in message.names:
        try:
            checked_bucket_name(name)
        except S3Error as error:
            raise Invalid(f"{error.message} ({name})") from error
    owner = message.account or default_account_id(directory)
    record = directory.account(owner).record
    if record is None:
        raise NotFound(f"there is no account {owner}")
    if not record.is_open:
        raise Invalid(f"account {owner} is closed")
    changes = adopt_buckets(directory, message.names, account=owner, region=message.region, now=now)
    adopted = tuple(change.record.key for change in changes.records)
    return PlannedChange(ControlAnswer(adopted, owner), changes)


def _load_policies(message: LoadPolicies) -> PlannedChange:
    policies = aws_managed.parse_policy_file(message.content)
    changes = Changes([Put(each) for each in policies])
    loaded = tuple(f"{each.arn} {each.default}" for each in policies)
    return PlannedChange(ControlAnswer(loaded), changes)


def _reopen_account(message: ReopenAccount, directory: Directory, now: int) -> PlannedChange:
    record = directory.account(message.account).record
    if record is None:
        raise NotFound(f"there is no account {message.account}")
    if record.is_open:
        return PlannedChange(ControlAnswer(account=record.account), Changes())
    if now >= record.closed + quotas.CLOSED_ACCOUNT_SECONDS:
        raise Invalid(f"account {record.account} was closed more than ninety days ago, for good")
    changes = Changes([Put(replace(record, closed=0))])
    return PlannedChange(ControlAnswer((record.account,), record.account), changes)


def change_event(message: ChangeMessage, planned: PlannedChange) -> Event:
    """Return the audit record of a change."""
    operations = {AdoptBuckets: "adopt", LoadPolicies: "load-policies", ReopenAccount: "reopen"}
    what = ", ".join(planned.answer.done)
    account = planned.answer.account
    return operator_event(operations[type(message)], what, by=message.by, account=account)


class ChangeHandler:
    """Makes operators' changes in a running server."""

    def __init__(self, committer: Committer, settler: Settler) -> None:
        self._committer = committer
        self._settler = settler

    async def handle(self, message: ChangeMessage) -> ControlAnswer:
        """Plan a change and commit it with its event.

        Raises the faults of `plan_change`, and that of a commit that is overtaken too often.
        """
        if isinstance(message, AdoptBuckets) and not message.account:
            # Looked up once and not in each run: finding the oldest account reads every account, so
            # any commit would make the run stale.
            message = replace(message, account=default_account_id(self._committer.directory))

        return await settle_planned(
            self._committer,
            self._settler,
            lambda directory: plan_change(message, directory, now=int(clock.wall())),
            lambda planned: change_event(message, planned),
            is_dry_run=message.is_dry_run,
        )


def apply_change(data: Path, environ: Mapping[str, str], message: ChangeMessage) -> ControlAnswer:
    """Return the answer to a message: of a running server, or after making the change here.

    Raises `state.unusable.Unusable` if the data cannot be used.
    """
    answer = control_socket.ask_server(data, message)
    if answer is not None:
        return answer
    opened = open_data(data, environ, clock=clock.wall, entropy=clock.entropy, may_create=False)
    try:
        now = clock.wall()
        directory = TrackingDirectory(opened.committer.directory)
        planned = plan_change(message, directory, now=int(now))
        if not message.is_dry_run and planned.changes:
            log = open_log.open_audit_log(opened, now=now)
            outbox = draining.connect_outbox(opened)
            commit_and_wait(
                opened.committer,
                directory.with_read_set(planned.changes),
                change_event(message, planned),
            )
            draining.drain_and_close(log, outbox, opened)
    except Fault as fault:
        return ControlAnswer(error=fault.operator or fault.message)
    finally:
        opened.close()
    return planned.answer
