"""Every operation of S3 as one row with its hooks, in the file of its family.

In: the hooks that a row may have (`operation`), the permissions that a request needs
(`required_permissions`), answers from bucket records and changes to them (`bucket_answers`), the
families, all rows together (`table`).

Out: the steps that all operations share (`gate.gather`, `gate.authorize`, `gate.forward`), how a
row is recognised (`gate.request`), permissions and condition keys themselves (`gate.decision`).

Start reading at `operation`, then at `objects`.
"""
