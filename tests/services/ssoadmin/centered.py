"""A snapshot with an organization and its Identity Center instance, and accounts of every standing.

A refusal must be one that AWS's model names for the operation.
"""

from functools import cache

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import MEMBER, ORGANIZATION, SECOND, Organized
from tests.services.support import ACCOUNT, described

from daypass.core.domain.identity_center.assignment import Assignment
from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.identity_center.provisioned_set import ProvisionedSet
from daypass.core.domain.organizations.member import Delegation
from daypass.core.faults import Fault
from daypass.server.authority.error_codes import ErrorCodes
from daypass.services.registry import SERVICES
from daypass.wire import catalog

MANAGEMENT, DELEGATED, OUTSIDER = ACCOUNT, SECOND, "666677778888"
INSTANCE, STORE = "ssoins-0123456789abcdef", "d-0123456789"
ARN = f"arn:aws:sso:::instance/{INSTANCE}"
OTHER, OTHER_STORE = "ssoins-fedcba9876543210", "d-9876543210"
OTHER_ARN = f"arn:aws:sso:::instance/{OTHER}"
"""The instance of the organization elsewhere, or of another account, once it is put."""
ABSENT_ARN = "arn:aws:sso:::instance/ssoins-0000000000000000"
"""An instance that does not exist."""
SET = f"arn:aws:sso:::permissionSet/{INSTANCE}/ps-one0000000000000"
NO_ACCESS = "You do not have sufficient access to perform this action."


class Centered(Organized):
    """The organization has an instance, a member and its delegated administrator.

    There is an account outside, too.
    """

    def __init__(self, **settings):
        super().__init__()
        self.member(MEMBER)
        self.member(
            DELEGATED, delegations=(Delegation(service="sso.amazonaws.com", enabled=1, serial=1),)
        )
        self.standalone(OUTSIDER)
        self.put(replace(self.record, instance=INSTANCE))
        self.instance(MANAGEMENT, organization=ORGANIZATION, **settings)

    def instance(self, owner, identifier=INSTANCE, store=STORE, **more):
        """Put an instance with its store; return it."""
        self.put(IdentityStore(account=store, owner=owner, instance=identifier, created=1))
        made = {"region": "us-east-1", "created": 1} | more
        return self.put(Instance(account=identifier, owner=owner, store=store, **made))

    def account_instance(self, owner=OUTSIDER, **more):
        """Put an account's own instance, which has no permission sets; return it."""
        self.put(replace(self.directory.account(owner).record, instance=OTHER))
        return self.instance(owner, OTHER, OTHER_STORE, **({"has_permission_sets": False} | more))

    def permission_set(self, name="one", *, of=INSTANCE, **more):
        """Put a permission set; its id is derived from its name."""
        identifier = f"ps-{name:0<16}"
        return self.put(PermissionSet(account=of, id=identifier, name=name, created=1, **more))

    def provisioned(self, found, target=MANAGEMENT):
        """Put that a permission set is provisioned in an account."""
        return self.put(
            ProvisionedSet(
                account=found.account,
                target=target,
                permission_set=found.id,
                role_id="AROA",
                version=1,
                session_seconds=3600,
                provisioned=1,
            )
        )

    def assigned(self, found, target=MANAGEMENT):
        """Put an assignment of a permission set in an account."""
        return self.put(
            Assignment(
                account=found.account,
                target=target,
                permission_set=found.id,
                principal_type="USER",
                principal="person",
                created=1,
            )
        )

    @property
    def found(self):
        """Return the record of the organization's instance."""
        return self.directory.instance(INSTANCE).record

    def call(self, function, caller=None, **parameters):
        """Call like `Organized.call`; the caller may be an account's id, and is then its root."""
        caller = self.root(caller) if isinstance(caller, str) else caller
        try:
            return super().call(function, caller, **parameters)
        except Fault as fault:
            model, errors = _model()
            operation = described(function).name
            declared = [
                each["shape"] for each in model.model.operations[operation].get("errors", ())
            ]
            if (code := errors.code(fault, model)) not in declared:
                pytest.fail(f"{operation} has no {code} in AWS's model: {fault}")
            raise


@cache
def _model():
    known = catalog.load_catalog(SERVICES)
    return known.services["ssoadmin"], ErrorCodes(known, SERVICES)


def tags(**values):
    """Return tags as a request has them."""
    return [{"Key": key, "Value": value} for key, value in values.items()]
