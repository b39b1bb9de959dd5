"""The form of a record class's ARNs, and the partition and name that an ARN of that form means."""

from dataclasses import dataclass

from daypass.core.arn import Arn


@dataclass(frozen=True, slots=True)
class ArnForm:
    """A form of ARNs, such as `arn:aws:iam::111122223333:user/team/alice` for users.

    The ARN has the account (the partition), the kind of resource, and the record's name after the
    last slash.
    """

    service: str
    resource: str
    """The kind of resource, up to the first slash: `user`."""

    def partition_and_name(self, arn: Arn) -> tuple[str, str] | None:
        """Return the partition and name of the record that an ARN may name; None for another form.

        Whether the record exists, and has the ARN's path, is for the caller to check.
        """
        is_of_this_form = arn.service == self.service and not arn.region
        if not is_of_this_form or not arn.resource.startswith(f"{self.resource}/"):
            return None
        return arn.account, arn.name
