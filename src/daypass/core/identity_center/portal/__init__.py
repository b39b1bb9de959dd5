"""The portal: sessions of people who signed in, their access tokens, and their role sessions.

In: a portal session and its token, and the name and assertion of a role session. Out: what a person
may reach and when a session ends (`services.kit.identity_center`), the operations (`services.sso`).
Start with `portal_tokens`.
"""
