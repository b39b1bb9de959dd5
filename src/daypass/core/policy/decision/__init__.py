"""Whether a request is allowed: compiled documents, sets of them, and the order of evaluation.

In: `model` (the request, its policies and the outcome), `compile` (a document's statements),
`policy_sets` (the policies of one kind, indexed by action), `levels` (an organization's policies),
`decide`, `refusal_message` (AWS's words), and the record of a refusal (`refusal_record`, in which
`policy_references` stand for the texts).
Out: the meaning of a document's elements (`language`), the reasons of a decision (`explanation`).
Start reading at `decide`.
"""
