"""The portal's API: the accounts and roles of a signed-in person, and a role's credentials.

In: its four operations, which read a person's access as it is now. Out: how the person is proved
(`server.authority.schemes.bearer`), what access is (`services.kit.identity_center`), when a role's
session ends (`person_sessions` there), how a person signs in. Start with `role_credentials`.
"""
