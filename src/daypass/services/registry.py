"""The list of every service; no other module names a single service."""

from daypass.services import unbuilt
from daypass.services.iam.service import SERVICE as IAM
from daypass.services.identitystore.service import SERVICE as IDENTITYSTORE
from daypass.services.organizations.service import SERVICE as ORGANIZATIONS
from daypass.services.sso.service import SERVICE as SSO
from daypass.services.ssoadmin.service import SERVICE as SSO_ADMIN
from daypass.services.sts.service import SERVICE as STS

# The order in which services are tried for a request that names none, and in which
# `daypass coverage` lists them.
SERVICES = (STS, IAM, ORGANIZATIONS, SSO_ADMIN, SSO, IDENTITYSTORE, *unbuilt.SERVICES)
