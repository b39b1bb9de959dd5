"""Reading an organization, and the IAM of its accounts, as they are now, through AWS's API.

`organization` reads units, accounts and policies, `account` the IAM of one account by
`daypass.aws`. Out: the clients (`blueprint.api_clients`) and the values that are filled
(`blueprint.organization`). Start with `organization`.
"""
