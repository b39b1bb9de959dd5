"""The S3 gate: it authorizes each request by the authority's policies, then forwards it to a store.

In: reading S3's requests (`request`, `forms`), collecting what a decision needs (`gather`),
deciding (`decision`, `authorize`), forwarding (`forward`, `store`); what one operation alone does
is in `operations`, bodies in `body`, S3's errors and documents in `protocol`, the records of
buckets in `buckets`.

Out: proving a signature, committing changes and writing the audit log. Those are the authority's,
behind the interface in `authority`.

Start reading at `serve`, then at `operations`.
"""
