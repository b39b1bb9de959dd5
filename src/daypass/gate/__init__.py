"""The gate: enforcement in front of a real S3-compatible store.

In: S3's requests, read (`request`, `forms`), decided (`decision`, by what `gather` finds out) and
forwarded (`forward`, `store`); what only one operation does in `operations`, bodies in `body`, S3's
own words in `protocol`, whose buckets are in `buckets`.
Out: how a sender is proved, how changes are committed and lines written. That is the authority's,
as far as `authority` names it.
Start reading at `serve`, then at `operations`.
"""
