"""The records that the authority stores, one class in each file, with the rules about one record.

`record` is their base class, `partition` the kinds of partitions that they are stored in,
`arn_form` the form of their ARNs; `account` and `bucket` belong to no single service, `iam/` and
`organizations/` are the records of those two. What an operation does with records is `services`,
how they are stored is `state`. Start with `record`, then `iam/user`.

Records are immutable. A record refers to another by its unique id, never by its name, so that a
name that is given to another entity later inherits no permission.
"""
