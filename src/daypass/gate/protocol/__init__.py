"""S3's own words: errors and documents as they are read and written, and what the store's answers mean.

In: errors (`errors`), documents in XML (`documents`, with the `preconditions` that they may hold),
what a success looks like (`results`) and that it is read to its end (`success`), answers of the
store as they come (`store_answers`), errors among them made ours (`store_errors`, and
`late_answers` where an answer has begun), writing an answer (`reply`).
Out: reading a request (`gate.request`), sending one to the store (`gate.store`).
Start reading at `errors`.
"""
