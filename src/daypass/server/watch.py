"""What a running server watches of its data directory: whether the database and the audit log take writes."""

from concurrent.futures import ThreadPoolExecutor

from daypass.server import clock
from daypass.server.probes import Probe, try_audit_log
from daypass.server.readiness import Readiness
from daypass.state.data_directory import Data


class Watch:
    """The probes of one data directory; each is tried by a thread, never by the event loop."""

    def __init__(self, data: Data) -> None:
        self._committer = data.committer
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="probe")
        self._database = Probe(data.committer.probe, clock.monotonic)
        self.audit_log = Probe(
            lambda: self._pool.submit(try_audit_log, data.audit_log), clock.monotonic
        )

    def report_to(self, readiness: Readiness) -> None:
        """Make what is watched part of whether the server is ready."""
        readiness.add("database", lambda: self._committer.refusal or self._database.look())
        readiness.add("audit log", self.audit_log.look)

    def tick(self) -> None:
        """Try what is due; called every second."""
        self._database.tick()
        self.audit_log.tick()

    def close(self) -> None:
        """Let go of the thread; what it tries is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)
