"""The store behind the gate: requests to it, its health, and its capabilities.

In: a request to the store as a value (`store_request`), the connections that sign and send it
(`upstream`), whether the store is reachable (`watch`), testing its capabilities (`probe` and its
parts, `findings`), access to a bucket that bypasses the gate (`ungoverned_access`).

Out: what is requested for a client (`forward`, `operations`, `existing_tags`), the meaning of its
answers (`store_errors`, `expected_results`, `success_answers`).

Start reading at `upstream`.
"""
