"""Services with a model but without operations: each call is answered with 501.

A service that gets a package of its own leaves this list.
"""

from daypass.services.kit.service import Service
from daypass.wire.interface import RefusalShape

SERVICES = (
    Service(
        name="ssooidc",
        model="sso-oidc",
        action_prefix="sso-oauth",
        refusal_shape=RefusalShape.OAUTH,
    ),
    Service(
        name="signin",
        model="signin",
        action_prefix="signin",
        refusal_shape=RefusalShape.ERROR_AND_MESSAGE,
    ),
    Service(name="rolesanywhere", model="rolesanywhere", action_prefix="rolesanywhere"),
)
