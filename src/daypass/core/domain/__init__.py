"""The records an authority keeps, one file each: what a record holds, and the rules about it alone.

`record` is what all of them share, `partition` what they are kept in, `arn_form` how their ARNs look; `account` and `bucket` belong
to no single service, `iam/` and `organizations/` hold the records of those two. What an operation does with records is `services`.

Records are frozen and know their account, their kind and their key. A record names another by its unique id, never by its name,
so that a name that is given away later inherits nothing.
"""
