"""The gate's records of buckets: their owners, their policies and settings.

In: a bucket's record and the documents made from it (`bucket_records`), its policy and public
access block (`bucket_policies`), whether a policy is public (`public_policies`).

Out: the operations that are answered from these records (`gate.operations`).

Start reading at `bucket_records`.
"""
