"""The audit record of one call, one decision about a key, or one act of the operator.

Names are CloudTrail's where CloudTrail has the thing: its `requestParameters` are `parameters`
here, its `responseElements` `response`, its `sessionContext` `session`, its `resources` `resource`
and `resources`, its `awsRegion` `region`, its `principalId` `principal_id`, its `errorCode`
`outcome`. The names inside these are CloudTrail's own. Source: CloudTrail user guide, "CloudTrail
record contents for management, data, and network activity events".
"""

from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The audit record, without any secret. Times are seconds since 1970 with fractions.

    Verification re-encodes the decoded event and compares bytes: a field is added behind the last
    one, and none is renamed, moved or removed.
    """

    time: float
    request: str
    """The request id that the caller was given; a call that decides about several keys has several
    records with one id."""
    service: str
    operation: str
    account: str = ""
    principal: str = ""
    key: str = ""
    """The access key id, including that of a call that failed."""
    source: str = ""
    """The caller's address."""
    agent: str = ""
    resource: str = ""
    """The ARN that the call is about; at the gate, the path."""
    outcome: str = "ok"
    """`ok`, or the error code of the answer."""
    message: str = ""
    decisions: tuple[str, ...] = ()
    """Each decision, as `Allowed sts:AssumeRole by role trust policy statement 0`, in the order in
    which they were made."""
    reasons: str = ""
    """Why the call was denied: an encoded authorization message, sealed for `account`."""
    revision: int = 0
    detail: dict[str, str] = {}
    """For an operator's act: who did it (`by`) and to what (`what`). For a request to the gate:
    `SignatureVersion`, as in CloudTrail's `additionalEventData`, if that is `SigV2`."""
    region: str = ""
    """The region that the request was signed for."""
    principal_id: str = ""
    """The caller's unique id, as in `UserId` of GetCallerIdentity."""
    session: dict[str, str | int] = {}
    """For a temporary credential: `sessionIssuer` (the role's ARN), `sessionName`, `creationDate`,
    `mfaAuthenticated`, `sourceIdentity`, and `onBehalfOf`, the user id of the person of Identity
    Center whose session it is, or whose session it was chained from."""
    parameters: dict[str, Any] = {}
    """The call's parameters without secrets, within the bounds of
    `core.audit_records.recorded_parameters`."""
    response: dict[str, Any] = {}
    """For a call that issued a credential or changed something: the ids, names and times of its
    answer."""
    resources: tuple[str, ...] = ()
    """Every ARN that was decided about, if there are more than `resource`: a copy's source, a
    policy beside its user."""
    late: bool = False
    """True if a later start wrote the line than the start that committed the change."""
