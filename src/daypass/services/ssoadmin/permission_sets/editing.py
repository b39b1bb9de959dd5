"""Who may read and edit a permission set, as locators of the operations on it."""

from daypass.services.ssoadmin import membership, resources

readable_set = membership.readers(resources.permission_set)
"""Locates the permission set of a request for those who may read it."""
editable_set = membership.set_administrators(resources.permission_set)
"""Locates the permission set of a request for those who may edit it."""
