"""Records of IAM Identity Center: instances with permission sets, identity stores with people.

Three kinds of partitions hold them: an instance, its identity store, and one for each person who
has signed in. Out: the rules (`core.identity_center`). Start with `instance` and `person`.
"""
