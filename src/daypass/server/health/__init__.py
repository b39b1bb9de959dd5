"""Whether the server can do its work, and what it counts.

In: whether requests should come here (`readiness`), of what is tried again and again (`watch`: the disks by `probes`, the key ring's file by
`key_ring_watch`), what is counted (`metrics`).
Out: whether the object store is there (`gate.store.watch`), the pages that show all of it (`server.http.asgi`).
Start reading at `readiness`.
"""
