"""The Identity Center instances of organizations that an earlier version made without one."""

from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.organizations.organization import ALL
from daypass.core.faults import Conflict
from daypass.core.sources import Entropy
from daypass.server import clock, limits
from daypass.server.authority.settle import commit_and_wait
from daypass.server.bucket_ownership import startup_event
from daypass.services.kit.identity_center.organization_instances import organization_instance
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.node_data import NodeData
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.tracking_directory import TrackingDirectory
from daypass.state.store import Stale
from daypass.state.unusable import Unusable


def check_regions(directory: Directory, region: str) -> None:
    """Raise `Unusable` if an instance has another region than the setting names.

    An instance's region is in the path of its roles, which policies name, so it never changes.
    """
    for instance in directory.all_records(Instance):
        if instance.region != region:
            raise Unusable(
                f"the Identity Center instance {instance.id} is in the region {instance.region},"
                f" and --identity-center-region is {region}",
                "an instance stays in its region:"
                f" start with --identity-center-region {instance.region}",
            )


def settle_instances(data: NodeData, *, region: str) -> None:
    """Commit the instances that organizations lack, all at once, with one audit event.

    Another node that starts at the same time may be first; then there is nothing left to do.
    Raises `Conflict` if other nodes overtake it too often.
    """
    for _ in range(limits.RUNS_MAX):
        now = clock.wall()
        directory = TrackingDirectory(data.committer.directory)
        changes = missing_instances(directory, region=region, now=int(now), entropy=clock.entropy)
        names = [each.record.key for each in changes.records if isinstance(each.record, Instance)]
        event = startup_event("instance-created", names, now=now)
        try:
            commit_and_wait(data.committer, directory.with_read_set(changes), event)
        except Stale:
            continue
        return
    raise Conflict("The start was overtaken by others too often; try again.")


def missing_instances(directory: Directory, *, region: str, now: int, entropy: Entropy) -> Changes:
    """Return the changes that give each organization with all features its instance.

    Not to one that has an instance, or whose instance somebody deleted.
    """
    changes = Changes()
    for view in directory.organizations:
        record = view.record
        if record is None or record.features != ALL or record.instance or record.instance_deleted:
            continue
        organization, records = organization_instance(
            directory, record, region=region, now=now, entropy=entropy
        )
        changes.records += map(Put, (organization, *records))
    return changes
