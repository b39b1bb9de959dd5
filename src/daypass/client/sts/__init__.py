"""The calls of STS that give a plan's temporary credentials, and narrow them.

In: a plan's steps, answered from the cache where that is possible (`fetch`), fewer permissions for
one job (`scope_down`). Out: what the steps are (`client.credential_plan`). Start with `fetch`.
"""
