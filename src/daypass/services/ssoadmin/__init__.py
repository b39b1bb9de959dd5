"""IAM Identity Center's administration (`sso-admin`); one file per noun.

In: who may call what before any policy is evaluated (`membership`), the resources that policies
name (`resources`), instances with their regions, attributes for access control and tags.

Out: people and groups, and the access portal, which are services of their own; and the rules
without a snapshot (`core.identity_center`). Start with `membership`, then the file of your noun.
"""
