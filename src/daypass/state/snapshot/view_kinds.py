"""The class of view for each kind of partition; by default `View`, which derives nothing."""

from collections.abc import Mapping

from daypass.core.domain.partition import (
    ACCOUNT,
    IDENTITY_STORE,
    INSTANCE,
    ORGANIZATION,
    Partition,
)
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.identity_store_view import IdentityStoreView
from daypass.state.snapshot.instance_view import InstanceView
from daypass.state.snapshot.kinds import PARTITIONS
from daypass.state.snapshot.organization_view import OrganizationView
from daypass.state.snapshot.view import View

VIEW_CLASSES: Mapping[Partition, type[View]] = {
    **dict.fromkeys(PARTITIONS, View),
    ACCOUNT: AccountView,
    ORGANIZATION: OrganizationView,
    INSTANCE: InstanceView,
    IDENTITY_STORE: IdentityStoreView,
}
