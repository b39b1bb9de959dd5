"""Every operation of S3: one row each, with its hooks beside it, in the file of its family.

In: which hooks a row may have (`operation`), what a request needs to be allowed (`required`), how
records of buckets answer and change (`bucket_answers`), the families, all of them (`table`).
Out: the steps that all operations share (`gate.gather`, `gate.authorize`, `gate.forward`), how a row
is recognised (`gate.request`), what a permission and a condition key are (`gate.decision`).
Start reading at `operation`, then at `objects`.
"""
