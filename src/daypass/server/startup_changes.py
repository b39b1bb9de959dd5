"""The changes that a server makes by itself when it starts, before it serves anybody.

They are the instances of organizations of an earlier version (`organization_instances`) and the
owners of the store's buckets (`bucket_ownership`); each is a commit with an audit event.
"""

from daypass.server import clock
from daypass.server.authority.settle import commit_and_wait
from daypass.server.bucket_ownership import adopt_buckets, release_unfinished_buckets, startup_event
from daypass.server.organization_instances import check_regions, settle_instances
from daypass.server.settings.config import Config
from daypass.state.data_directory.node_data import NodeData
from daypass.state.snapshot.tracking_directory import TrackingDirectory


def make_startup_changes(config: Config, data: NodeData) -> None:
    """Commit the changes of a start; call it once, before any worker serves.

    Raises `Unusable`, having changed nothing, if the settings contradict what is stored.
    """
    check_regions(data.committer.directory, config.identity_center_region)
    settle_instances(data, region=config.identity_center_region)
    _settle_bucket_ownership(config, data)


def _settle_bucket_ownership(config: Config, data: NodeData) -> None:
    """Release the names of half-made buckets, and adopt the buckets that the operator names."""
    now = clock.wall()
    directory = TrackingDirectory(data.committer.directory)
    released = directory.with_read_set(release_unfinished_buckets(directory))
    names = [change.record.key for change in released.records]
    commit_and_wait(data.committer, released, startup_event("bucket-released", names, now=now))
    if config.s3_adopt:
        owner, directory = data.default_account_id, TrackingDirectory(data.committer.directory)
        adopted = adopt_buckets(
            directory, config.s3_adopt, account=owner, region=config.region, now=int(now)
        )
        changes = directory.with_read_set(adopted)
        names = [change.record.key for change in changes.records]
        event = startup_event("adopt", names, account=owner, now=now)
        commit_and_wait(data.committer, changes, event)
