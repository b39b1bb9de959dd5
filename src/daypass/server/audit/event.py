"""The audit record of one call, one decision about a key, or one act of the operator.

Names are CloudTrail's where CloudTrail has the thing: its `requestParameters` are `parameters` here, its `responseElements`
`response`, its `sessionContext` `session`, its `resources` `resource` and `resources`, its `awsRegion` `region`, its
`principalId` `principal_id`, its `errorCode` `outcome`. Inside of them names are CloudTrail's own. Source: CloudTrail user
guide, "CloudTrail record contents for management, data, and network activity events".
"""

from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened, without any secret. Times are seconds since 1970 with fractions.

    Lines are rebuilt from what is read of them: a field is added behind the last one, and none is renamed, moved or removed.
    """

    time: float
    request: str
    """The request id that the caller was given; a call that decides about several keys has several records of one id."""
    service: str
    operation: str
    account: str = ""
    principal: str = ""
    key: str = ""
    """The access key id, also of a call that failed."""
    source: str = ""
    """The caller's address."""
    agent: str = ""
    resource: str = ""
    """The ARN that the call is about, the path at the gate."""
    outcome: str = "ok"
    """`ok`, or the error code that was answered."""
    message: str = ""
    decisions: tuple[str, ...] = ()
    """Each decision as `Allowed sts:AssumeRole by role trust policy statement 0`, in the order in which they were made."""
    reasons: str = ""
    """Why it was denied: an encoded authorization message, sealed for `account`."""
    revision: int = 0
    detail: dict[str, str] = {}
    """Of an operator's act: who did it (`by`) and to what (`what`)."""
    region: str = ""
    """The region that the request was signed for."""
    principal_id: str = ""
    """The caller's unique id as in `UserId` of GetCallerIdentity."""
    session: dict[str, str | int] = {}
    """Of a temporary credential: `sessionIssuer` (the role's ARN), `sessionName`, `creationDate`, `mfaAuthenticated`, `sourceIdentity`."""
    parameters: dict[str, Any] = {}
    """The call's parameters without secrets, within `core.audit_records.recorded_parameters`' bounds."""
    response: dict[str, Any] = {}
    """Of a call that issued a credential or changed something: the ids, names and times that it answered."""
    resources: tuple[str, ...] = ()
    """Every ARN that was decided about, where that is more than `resource`: a copy's source, a policy beside its user."""
    late: bool = False
    """Whether the line was written by a later start than the one that made the change."""
