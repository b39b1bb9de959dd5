"""The list of every service; no other module names a single service."""

from daypass.services import unbuilt
from daypass.services.iam.service import SERVICE as IAM
from daypass.services.organizations.service import SERVICE as ORGANIZATIONS
from daypass.services.sts.service import SERVICE as STS

# In this order a request is looked for where nothing else tells services apart, and
# `daypass coverage` lists them.
SERVICES = (STS, IAM, ORGANIZATIONS, *unbuilt.SERVICES)
