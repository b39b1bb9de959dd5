"""The identity store: people, groups and memberships of an IAM Identity Center instance.

In: who may call what before any policy is evaluated (`admission`), the resources that policies name
(`resources`), `users`, `groups`, `memberships` and the stores themselves (`stores`).

Out: the rules of names and attributes (`core.identity_center.people`) and those that need the store
(`services.kit.identity_center.people`); instances and assignments (`services.ssoadmin`). Start with
`admission`, then the file of your noun.
"""
