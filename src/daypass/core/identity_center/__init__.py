"""The rules of IAM Identity Center: names, ids, roles in accounts, sessions, access control.

Out: the records (`core.domain.identity_center`) and the operations (`services`). What several
services need of it is here, because services do not import each other.
"""
