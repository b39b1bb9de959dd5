"""Whether a request may be carried out: permissions, their condition keys, and the decision.

In: `permissions`, `condition_keys`, what is known of objects (`object_facts`, `existing_tags` where
a policy asks for them), KMS keys (`kms`), the decision (`decide`).
Out: which permissions and keys an operation has (`gate.operations`), finding the facts out
(`gate.gather`), when it is decided, and decided again (`gate.authorize`), the policies' language
(`core.policy`).
Start reading at `decide`.
"""
