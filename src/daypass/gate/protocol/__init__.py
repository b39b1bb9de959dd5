"""S3's errors and documents, and the checks of the store's answers.

In: errors (`errors`), XML documents (`documents`, `tag_sets`, with the `preconditions` that they
may hold), the form of a success (`expected_results`) and its check (`success_answers`), reading the
store's answers (`store_answers`), translating its errors (`store_errors`, and `late_answers` for an
answer that has begun), writing an answer (`reply`).

Out: reading a request (`gate.request`), sending one to the store (`gate.store`).

Start reading at `errors`.
"""
