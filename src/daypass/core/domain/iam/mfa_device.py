"""The record of a virtual MFA device: a TOTP seed, unassigned or enabled for a user or root."""

from typing import ClassVar

from daypass.core import arn
from daypass.core.domain.arn_form import ArnForm
from daypass.core.domain.partition import ACCOUNT, Partition
from daypass.core.domain.record import NamedRecord, Tag


class MFADevice(NamedRecord, frozen=True, kw_only=True):
    """A virtual MFA device; `owner` is its user's unique id, or the account id for root's.

    `owner` is empty while the device is not enabled. `seed` is encrypted like the secret of an
    access key. `enabled` is the time of enabling in epoch seconds. `drift_steps` is the clock
    drift measured at enabling and resynchronizing, in steps of 30 seconds.
    """

    kind: ClassVar[str] = "mfa_device"
    partitions: ClassVar[tuple[Partition, ...]] = (ACCOUNT,)
    arn_form: ClassVar[ArnForm | None] = ArnForm("iam", "mfa")
    secrets: ClassVar[frozenset[str]] = frozenset({"seed"})
    grouped_by: ClassVar[tuple[str, ...]] = ("owner",)
    path: str = "/"
    seed: bytes
    owner: str = ""
    enabled: int = 0
    drift_steps: int = 0
    tags: tuple[Tag, ...] = ()

    @property
    def arn(self) -> str:
        """Return the serial number, which for a virtual device is its ARN."""
        return arn.iam(self.account, "mfa", self.path, self.name)
