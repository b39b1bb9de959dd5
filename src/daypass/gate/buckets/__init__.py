"""Buckets as the gate keeps them: whose they are, and whom their policies let in.

In: the record of a bucket and its documents (`bucket_records`), a bucket's policy
(`bucket_policies`), whether that is anybody (`public`). Out: the operations that are answered from
these records (`gate.operations`).
Start reading at `bucket_records`.
"""
