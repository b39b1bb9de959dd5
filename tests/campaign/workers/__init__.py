"""Several workers of one server: what a request costs, how long what was revoked still opens,
and workers that are killed.

`make campaign ARGS=workers` takes all of it, `ARGS=workers.cost` one part. `faults` has more that
two workers go through.
"""
