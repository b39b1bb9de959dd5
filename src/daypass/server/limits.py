"""Bounds of the HTTP edge, each with its source."""

TARGET_BYTES_MAX = 16 * 1024  # the gate's specification: request line within 16 KiB
HEADER_BYTES_MAX = 16 * 1024  # the same for the header section
HEADERS_MAX = 100  # the same: 100 headers
HEADERS_SECONDS_MAX = 10.0  # slow headers (slowloris) are hung up on
BODY_SECONDS_MAX = 20.0  # a body that stops arriving is given up
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
CALLS_PER_SECOND = 600  # of one principal; STS quotas: what AWS grants an account
RUNS_MAX = 8  # how often an operation runs again because the snapshot was stale
SIGNING_KEYS_MAX = 20_000  # derived signing keys kept: four HMACs saved on each hit
REQUESTS_AT_ONCE_MAX = 2_000  # connections; beyond it the answer is 503
