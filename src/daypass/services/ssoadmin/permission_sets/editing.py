"""Who may read and edit a permission set, as locators of the operations on it.

A delegated administrator may edit every set but those provisioned in the management account.
"""

from daypass.services.kit.identity_center.standing import Standing
from daypass.services.ssoadmin import membership, resources
from daypass.services.ssoadmin.provisioning.management_wall import set_outside_owner

readable_set = membership.readers(resources.permission_set)
"""Locates the permission set of a request for those who may read it."""
editable_set = membership.admitting(
    resources.permission_set, {Standing.OWNER, Standing.DELEGATED}, check=set_outside_owner
)
"""Locates the permission set of a request for those who may edit it."""
