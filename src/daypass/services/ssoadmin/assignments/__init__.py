"""Assignments: which people and groups have which permission set in which account.

In: creating, deleting and listing assignments (`account_assignments`), and the status of such
requests (`request_status`). Every list is read from the assignments' own order, whatever their
number is.

Out: the roles that an assignment makes (`provisioning`). Start with `account_assignments`.
"""
