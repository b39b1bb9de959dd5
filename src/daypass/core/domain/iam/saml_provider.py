"""The record of a SAML identity provider of an account."""

from typing import ClassVar

from daypass.core import arn
from daypass.core.domain.arn_form import ArnForm
from daypass.core.domain.partition import ACCOUNT, Partition
from daypass.core.domain.record import NamedRecord, Tag


class SamlProvider(NamedRecord, frozen=True, kw_only=True):
    """A SAML provider, which role trust policies name; `metadata` is its XML document."""

    kind: ClassVar[str] = "saml-provider"
    partitions: ClassVar[tuple[Partition, ...]] = (ACCOUNT,)
    arn_form: ClassVar[ArnForm | None] = ArnForm("iam", "saml-provider")
    created: int
    valid_until: int
    metadata: str
    uuid: str
    instance: str = ""
    """The Identity Center instance that made it, `ssoins-…`; empty for any other provider."""
    tags: tuple[Tag, ...] = ()

    @property
    def arn(self) -> str:
        """Return the provider's ARN."""
        return arn.iam(self.account, "saml-provider", "/", self.name)
