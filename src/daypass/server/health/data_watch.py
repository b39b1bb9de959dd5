"""Watching a server's data directory: whether database and audit log take writes, the key ring."""

from concurrent.futures import ThreadPoolExecutor

from daypass.server import clock
from daypass.server.health.key_ring_watch import KeyRingWatch
from daypass.server.health.readiness import Readiness
from daypass.server.health.write_probe import WriteProbe, probe_audit_log
from daypass.state.data_directory.node_data import NodeData


class DataWatch:
    """The probes and the key ring watch of one data directory; slow work runs on threads."""

    def __init__(self, data: NodeData) -> None:
        self._committer = data.committer
        self._probe_pool = ThreadPoolExecutor(1, thread_name_prefix="probe")
        # A pool of its own: the operator's command for the master key may take half a minute, and
        # the log is probed meanwhile.
        self._key_ring_pool = ThreadPoolExecutor(1, thread_name_prefix="key-ring")
        self.key_ring = KeyRingWatch(data, clock.monotonic, self._key_ring_pool.submit)
        self._database = WriteProbe(data.committer.probe_write, clock.monotonic)
        self.audit_log = WriteProbe(
            lambda: self._probe_pool.submit(probe_audit_log, data.audit.path), clock.monotonic
        )

    def add_conditions_to(self, readiness: Readiness) -> None:
        """Add the conditions `database`, `audit log` and `key ring`."""
        readiness.add_condition(
            "database", lambda: self._committer.write_failure or self._database.failure()
        )
        readiness.add_condition("audit log", self.audit_log.failure)
        readiness.add_condition("key ring", self.key_ring.failure)

    def tick(self) -> None:
        """Begin the attempts that are due; called every second."""
        self._database.tick()
        self.audit_log.tick()

    def close(self) -> None:
        """Shut the threads down without waiting for running attempts."""
        for pool in (self._probe_pool, self._key_ring_pool):
            pool.shutdown(wait=False, cancel_futures=True)
