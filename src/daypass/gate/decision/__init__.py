"""The decision whether a request may be carried out: permissions, condition keys, authorizer.

In: `permissions`, `condition_keys`, the facts of a request (`request_facts`, with `existing_tags`
that a policy asks about), KMS keys (`kms`), the decision itself (`decide`).

Out: which permissions and keys an operation has (`gate.operations`), gathering the facts
(`gate.gather`), when a request is authorized, and authorized again (`gate.authorize`), the policy
language (`core.policy`).

Start reading at `decide`.
"""
