"""Reading the existing organization, its people, and the IAM of its accounts, through the AWS API.

`organization` reads units, accounts and policies, `account` the IAM of one account with
`daypass.aws`, `identity_center` people and permission sets. Out: the API clients
(`blueprint.api_clients`) and the values that are returned (`blueprint.organization`). Start with
`organization`.
"""
