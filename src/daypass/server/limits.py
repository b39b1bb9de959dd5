"""Limits and intervals of the server: requests, calls, connections, workers, probes, key ring.

Each has its source; "ours" means that we chose it.
"""

# Requests.
TARGET_BYTES_MAX = 16 * 1024  # the gate's specification: request line within 16 KiB
HEADER_BYTES_MAX = 16 * 1024  # the gate's specification: header section within 16 KiB
HEADERS_MAX = 100  # the gate's specification: 100 headers
GREETING_SECONDS_MAX = 10.0  # ours: a TLS handshake
HEADERS_SECONDS_MAX = 10.0  # ours: a head, from its first byte or the connection's begin
BODY_SECONDS_MAX = 20.0  # ours: a whole body; with its head a request has 30 seconds to arrive
STALLED_SECONDS_MAX = 60.0  # ours: a response of which the client reads no byte
BODY_BYTES_MAX = 256 * 1024  # the largest legal call: 131,072 characters, percent-encoded
FORWARDED_HOPS_MAX = 32  # trusted proxies in a row; beyond, the client's address is unknown
PARSED_BYTES = 8 * 1024  # ours: what the parser is given at once
PARSED_PIECES_MAX = 64  # ours: requests and chunks after which a turn parses no further bytes
KEEP_ALIVE_SECONDS = 75  # longer than SDKs keep idle connections
DRAIN_SECONDS_MAX = 25  # after SIGTERM: orchestrators kill after 30 seconds
WORKERS_END_SECONDS_MAX = 28  # the same: a worker that drains for longer is killed
LINGER_BYTES_MAX = 64 << 10  # ours: read from a client that is refused while it sends
LINGER_SECONDS_MAX = 1.0  # ours: for how long that is read

# Calls.
CALLS_PER_SECOND = 600  # of one principal; STS quotas: what AWS grants an account
RUNS_MAX = 8  # ours: how often a call runs again because its snapshot was stale
RUNS_OVERTAKEN_MAX = 3  # ours: runs before all other commits wait for the next one
FACTS_PER_CALL_MAX = 4  # ours: facts that one call may need beside the snapshot
FACT_SECONDS_MAX = 10.0  # ours: finding all facts of a call
FACTS_CACHED_MAX = 1_000  # ours: cached facts; the oldest is dropped first
FACT_LOOKUPS_MAX = 100  # ours: concurrent lookups of shared facts
SIGNING_KEYS_MAX = 20_000  # ours: cached signing keys; each hit saves four HMACs

# Connections and overload.
CONNECTIONS_MAX = 4_000  # ours; fewer if the system gives fewer descriptors
CONNECTIONS_PER_CLIENT_MAX = 2_000  # of one IPv4 address or /64: half, so that others have room
DESCRIPTORS_KEPT = 1_000  # ours: descriptors for the store, files and the database
REFUSED_AT_ONCE_MAX = 256  # ours: connections above a bound that stay until they are refused
DROPPED_AT_ONCE = 64  # ours: idle and unproved connections that are dropped to make room
ACCEPTED_PER_TURN = 64  # ours: accepting one costs about a third of a request
ACCEPT_PAUSE_SECONDS = 0.1  # ours: after the system had no descriptor to give
BACKLOG = 4_096  # connections that the system queues; Linux's own default of `somaxconn`
REQUESTS_PER_TURN = 32  # ours: requests that begin in one turn of the event loop: some 10 ms
REQUEST_WAIT_SECONDS_MAX = 0.2  # ours: waiting in the queue; if it were more, requests are refused
REQUEST_SECONDS_INITIAL = 0.0005  # ours: the time of one request, before it is measured
TURNS_AVERAGED = 8  # ours: full turns over which the time of a request is averaged
RECORDS_FROZEN_TOGETHER = 500  # ours: a full collection of so many takes some 6 ms
HOLD_SECONDS = 1.0  # a refused connection is not read for as long as `Retry-After` says
HOLD_CHECK_SECONDS = 0.05  # ours: between two checks whether held connections may be read again
RESUMED_PER_CHECK = 100  # ours: 2,000 a second; refusing them again costs 5% of a processor

# Workers.
WORKERS_MAX = 64  # ours
WORKER_LOOK_SECONDS = 0.01  # ours: how often a worker looks for commits of the others, unasked
BARRIER_SECONDS_MAX = 1.0  # ours: a change is answered then, even if a worker has not applied it
BARRIER_LOOK_SECONDS = (
    0.005  # ours: how often a waiting worker looks how far the others are, unasked
)
GATHERING_SECONDS_MAX = 1.0  # ours: a worker that has not sent its metrics by then is left out
WORKER_AGAIN_SECONDS = 0.1  # ours: pause before a worker that died early starts again; doubles
WORKER_AGAIN_SECONDS_MAX = 10.0  # ours: the longest of these pauses
WORKER_STEADY_SECONDS = 10.0  # ours: a worker that lived so long is started again at once
WORKERS_LOOK_SECONDS = 0.25  # ours: how often the parent checks who holds the database's lock
KNOWN_SECONDS = 10.0  # ours: how often the parent reads commits, which new workers begin with
LEASE_SECONDS = 60  # ours: how long other nodes leave a job to a node that takes it and dies

# Storage.
PROBE_SECONDS = 5.0  # ours: between two trial writes while they succeed
PROBE_AGAIN_SECONDS = 1.0  # ours: between two trial writes while they fail
PROBE_SECONDS_MAX = 10.0  # ours: a trial write that takes longer has failed
PROBE_BYTES = 16 * 1024  # a trial write to the audit log: the lines of a full turn of the loop
REFUSED_SECONDS_MAX = 0.3  # ours: queueing for a write, while the storage refuses writes
UNWRITTEN_COMMITS_MAX = 1_000  # ours: commits whose lines the audit log has not taken
RETRY_SECONDS = 1.0  # ours: until lines that the audit log refused are tried again
KEY_RING_SECONDS = 1.0  # ours: a changed key ring that is not open by then makes /readyz fail
KEY_RING_AGAIN_SECONDS = 1.0  # ours: pause after a key ring that did not open; doubles
KEY_RING_AGAIN_SECONDS_MAX = 60.0  # ours: the longest of these pauses
