"""How the ARNs of a kind of records look, and where the record is kept that such an ARN names."""

from dataclasses import dataclass

from daypass.core.arn import Arn


@dataclass(frozen=True, slots=True)
class ArnForm:
    """ARNs such as `arn:aws:iam::111122223333:user/team/alice`: account, kind of resource, and a name after the last slash."""

    service: str
    resource: str
    """What the resource begins with, up to its first slash."""

    def place(self, arn: Arn) -> tuple[str, str] | None:
        """Return the partition and the name of the record that an ARN may name; None for an ARN of another form."""
        beginning, _, name = arn.resource.rpartition("/")
        if arn.service != self.service or arn.region or beginning.partition("/")[0] != self.resource:  # fmt: skip
            return None
        return arn.account, name
