"""The store behind the gate: the requests that it is sent, whether it is there, and what it can do.

In: connections and requests signed with the gate's own keys (`upstream`), whether it answers
(`watch`), what is tried out about it (`probe` and its parts, `findings`), which doors of its own a
bucket has there (`adopted`).
Out: what is asked of it for a client (`forward`, `operations`, `existing_tags`), what its answers
mean (`store_errors`, `results`, `success`).
Start reading at `upstream`.
"""
