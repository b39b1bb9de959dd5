"""Health of a running server: readiness conditions, probes of the disks, and metrics.

In: whether requests should be sent here (`readiness`), the probes behind its conditions
(`data_watch`: database and audit log by `write_probe`, the key ring's file by `key_ring_watch`),
counters and gauges (`metrics`).

Out: whether the object store is reachable (`gate.store.watch`), the pages `/readyz` and `/metrics`
(`server.http.asgi`).

Start reading at `readiness`.
"""
