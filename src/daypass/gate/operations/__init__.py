"""Every operation of S3: one row each, with its hooks beside it, in the file of its family.

In: what a row says and which hooks it may have (`operation`), what a request of it needs (`required`), how records of buckets answer
and change (`bucket_answers`), the families, and all of them together (`table`).
Out: the steps that all operations share (`gate.gather`, `gate.allowed`, `gate.forward`), how a row is recognised (`gate.request`),
what a permission and a condition key are (`gate.decision`).
Start reading at `operation`, then at `objects`.
"""
