"""What a running server watches of its data directory: whether database and audit log take writes, and its key ring."""

from concurrent.futures import ThreadPoolExecutor

from daypass.server import clock
from daypass.server.health.key_ring_watch import KeyRingWatch
from daypass.server.health.probes import Probe, try_audit_log
from daypass.server.health.readiness import Readiness
from daypass.state.data_directory.node_data import Data


class Watch:
    """What is watched of one data directory; threads do what may take long, never the event loop."""

    def __init__(self, data: Data) -> None:
        self._committer = data.committer
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="probe")
        # The operator's command for the master key may take half a minute: the log is tried meanwhile.
        self._rings = ThreadPoolExecutor(1, thread_name_prefix="key-ring")
        self.key_ring = KeyRingWatch(data, clock.monotonic, self._rings.submit)
        self._database = Probe(data.committer.probe, clock.monotonic)
        self.audit_log = Probe(
            lambda: self._pool.submit(try_audit_log, data.audit.path), clock.monotonic
        )

    def report_to(self, readiness: Readiness) -> None:
        """Make what is watched part of whether the server is ready."""
        readiness.add("database", lambda: self._committer.refusal or self._database.look())
        readiness.add("audit log", self.audit_log.look)
        readiness.add("key ring", self.key_ring.look)

    def tick(self) -> None:
        """Try what is due; called every second."""
        self._database.tick()
        self.audit_log.tick()

    def close(self) -> None:
        """Let go of the threads; what they try is not waited for."""
        for pool in (self._pool, self._rings):
            pool.shutdown(wait=False, cancel_futures=True)
