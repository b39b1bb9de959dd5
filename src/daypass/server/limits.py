"""Bounds of the HTTP edge, each with its source."""

TARGET_BYTES_MAX = 16 * 1024  # the gate's specification: request line within 16 KiB
HEADER_BYTES_MAX = 16 * 1024  # the same for the header section
HEADERS_MAX = 100  # the same: 100 headers
GREETING_SECONDS_MAX = 10.0  # TLS handshakes; ours
HEADERS_SECONDS_MAX = 10.0  # a head, from its first byte or the connection's; ours
BODY_SECONDS_MAX = 20.0  # a whole body: with its head a request has thirty seconds to arrive; ours
STALLED_SECONDS_MAX = 60.0  # an answer of which nothing is taken; ours
BODY_BYTES_MAX = (
    256 * 1024
)  # the largest legal call: a policy of 131,072 characters, percent-encoded
FORWARDED_HOPS_MAX = 32  # proxies in a row that are all trusted; beyond it the client is unknown
PARSED_BYTES = 8 * 1024  # ours: what the parser is given at once
PARSED_PIECES_MAX = (
    64  # ours: requests and chunks of which a turn of the event loop begins no more bytes
)
KEEP_ALIVE_SECONDS = 75  # longer than SDKs keep idle connections
DRAIN_SECONDS_MAX = 25  # SIGTERM: orchestrators kill after 30
WORKERS_END_SECONDS_MAX = 28  # the same: a worker that drains for longer is killed
CALLS_PER_SECOND = 600  # of one principal; STS quotas: what AWS grants an account
RUNS_MAX = 8  # how often an operation runs again because the snapshot was stale
RUNS_OVERTAKEN_MAX = (
    3  # ours: so many of them while others may be first, the next while nobody else commits
)
FACTS_PER_CALL_MAX = 4  # ours: what one call may need beside the snapshot
FACT_SECONDS_MAX = 10.0  # ours: how long all of that may take together
FACTS_KEPT_MAX = 1_000  # ours: kept facts; the oldest is found out anew
FLIGHTS_MAX = 100  # ours: kept facts that are being found out
SIGNING_KEYS_MAX = 20_000  # derived signing keys kept: four HMACs saved on each hit
LINGER_BYTES_MAX = 64 << 10  # read from a client that is refused while it sends; ours
LINGER_SECONDS_MAX = 1.0  # the same
CONNECTIONS_MAX = 4_000  # ours; fewer where the system gives fewer descriptors
CONNECTIONS_PER_CLIENT_MAX = (
    2_000  # of one address, or one /64: half of all, so that others have the rest
)
DESCRIPTORS_KEPT = 1_000  # for the store, files and the database
REFUSED_AT_ONCE_MAX = 256  # connections beyond a bound that are told so
DROPPED_AT_ONCE = 64  # of the idle and unproved, when room is short
ACCEPTED_PER_TURN = 64  # a newcomer costs about a third of a request
ACCEPT_PAUSE_SECONDS = 0.1  # after the system had no descriptor to give
BACKLOG = 4_096  # newcomers that the system keeps; Linux's own default of `somaxconn`
REQUESTS_PER_TURN = 32  # begun in one turn of the loop: some ten milliseconds
REQUEST_WAIT_SECONDS_MAX = 0.2  # while those who wait would take longer, who comes is throttled
REQUEST_SECONDS_GUESSED = 0.0005  # what one takes, before it is known
TURNS_REMEMBERED = 8  # full turns over which it is learnt
RECORDS_FROZEN_TOGETHER = 500  # a full collection of so many takes some six milliseconds
HOLD_SECONDS = 1.0  # who was throttled is not read again, as `Retry-After` told it
HOLD_LOOK_SECONDS = 0.05  # how often is looked whether somebody may be read again
RESUMED_PER_LOOK = 100  # 2,000 a second: refused again, they cost a twentieth of a processor
WORKERS_MAX = 64  # ours
WORKER_LOOK_SECONDS = 0.01  # how often a worker looks for commits of the others, rung or not
BARRIER_SECONDS_MAX = 1.0  # ours: a change is answered then, whoever has not applied it
BARRIER_LOOK_SECONDS = (
    0.005  # how often whoever waits for others looks how far they are, rung or not
)
GATHERING_SECONDS_MAX = 1.0  # ours: a worker that has not told its metrics by then is left out
WORKER_AGAIN_SECONDS = 0.1  # ours: before a worker that died at once is started again; twice as long after each further time
WORKER_AGAIN_SECONDS_MAX = 10.0  # the longest of these waits
WORKER_STEADY_SECONDS = 10.0  # a worker that lived so long is started again at once
WORKERS_LOOK_SECONDS = (
    0.25  # how often the parent looks whether a worker holds the database's lock for too long
)
KNOWN_SECONDS = (
    10.0  # how often the parent reads what was committed, which a new worker begins with
)
LEASE_SECONDS = 60  # ours: how long other nodes leave a job to a node that takes it and dies
PROBE_SECONDS = 5.0  # how often a write is tried while it is taken; ours
PROBE_AGAIN_SECONDS = 1.0  # the same while it is refused
PROBE_SECONDS_MAX = 10.0  # a try that takes longer is a refusal; ours
PROBE_BYTES = (
    16 * 1024
)  # what is tried on the audit log: the lines of a full turn of the event loop
REFUSED_SECONDS_MAX = (
    0.3  # ours: a write that waited so long for its turn while the storage refuses is refused
)
UNWRITTEN_COMMITS_MAX = 1_000  # ours: changes whose lines the audit log's file has not taken
RETRY_SECONDS = 1.0  # ours: until lines that the file refused are tried again
KEY_RING_SECONDS = 1.0  # a changed key ring is opened within it, or the server is not ready; ours
KEY_RING_AGAIN_SECONDS = 1.0  # after a ring that did not open; twice as long after each further one
KEY_RING_AGAIN_SECONDS_MAX = 60.0  # the longest of these waits
