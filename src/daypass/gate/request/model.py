"""What botocore's model of S3 says of each operation's headers: a header that an operation does not have is not forwarded."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from botocore.loaders import Loader

from daypass.wire.botocore_model import BotocoreModel


@dataclass(frozen=True, slots=True)
class OperationHeaders:
    """The headers of one operation, names in lower case."""

    names: frozenset[str]
    families: tuple[str, ...]
    """Beginnings of names, as `x-amz-meta-`."""

    def __contains__(self, name: str) -> bool:
        """Say whether the operation has a header."""
        return name in self.names or name.startswith(self.families)


@cache
def operation_headers() -> Mapping[str, OperationHeaders]:
    """Return the headers of every operation of the model; loaded once."""
    model = BotocoreModel(Loader().load_service_model("s3", "service-2"))
    return {name: _of(model, raw) for name, raw in model.operations.items()}


def _of(model: BotocoreModel, operation: Mapping[str, Mapping[str, str]]) -> OperationHeaders:
    shape = operation.get("input", {}).get("shape")
    members = model.shape(shape).members if shape else ()
    return OperationHeaders(
        frozenset(each.wire_name.lower() for each in members if each.location == "header"),
        tuple(each.wire_name.lower() for each in members if each.location == "headers"),
    )
