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
        is_of_this_form = arn.service == self.service and not arn.region
        if not is_of_this_form or not arn.resource.startswith(f"{self.resource}/"):
            return None
        return arn.account, arn.name
