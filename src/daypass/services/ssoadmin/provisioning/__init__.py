"""Permission sets in accounts: the roles that are made of them, and requests to provision.

In: making, changing and removing the role of a set in one account (`account_roles`), what the
caller must be allowed where the account is the instance's owner (`management_wall`), one part of a
request for many accounts (`parts`), and the operations on requests and provisioned sets.

Out: which role a set makes and which steps of IAM that takes
(`core.identity_center.permission_sets.provisioning`), and the job that goes on with a request
(`server.jobs`). Start with `account_roles`.
"""
