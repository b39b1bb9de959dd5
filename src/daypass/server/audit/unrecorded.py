"""Why the audit log takes no line: it cannot be written, or is not what was written."""

from pathlib import Path

from daypass.core.faults import Fault


class Unrecorded(Fault):
    """The audit log could not be written: nothing that it should have told may happen.

    `reason` is for everybody, without a path; `operator` names the file.
    """

    def __init__(self, message: str, *, operator: str = "", reason: str = "") -> None:
        """Keep the caller's words apart from the operator's."""
        super().__init__(message, operator=operator)
        self.reason = reason or "its file refuses them"


class Broken(Unrecorded):
    """The file is not what was written: lines were changed, cut off, added or replaced.

    `seq` is the first line that is not as it was; `why` continues "line 7 …".
    """

    def __init__(self, path: Path, seq: int, why: str) -> None:
        """Say where the file is no longer what was written."""
        super().__init__(
            "The audit log cannot be written.",
            operator=f"{path}: line {seq} {why}",
            reason="the file is not what was written",
        )
        self.path = path
        self.seq = seq
        self.why = why
