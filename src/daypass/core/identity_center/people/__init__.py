"""The rules of people and groups in an identity store: names, attributes, changes, refusals.

In: how a new person or group is made (`persons`, `people_groups`), which attributes a person has
and how they are set (`attributes`, read by `documents`), names (`names`), refusals in the service's
words (`refusals`). Out: what needs the store, such as unique names
(`services.kit.identity_center.people`). Start with `persons`.
"""
