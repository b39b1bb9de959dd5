"""The gate: enforcement in front of a real S3-compatible store.

In: S3's requests, read, decided and forwarded; bodies in `body`, what speaks to the store in `store`.
Out: how a sender is proved, how changes are committed and lines written. That is the authority's, as far as `authority` names it.
Start reading at `serve`.
"""
