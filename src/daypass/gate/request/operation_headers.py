"""The headers of each operation, from botocore's model of S3: no other header is forwarded."""

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
    """Prefixes of names, such as `x-amz-meta-`."""

    def __contains__(self, name: str) -> bool:
        """Say whether the operation has a header."""
        return name in self.names or name.startswith(self.families)


@cache
def operation_headers() -> Mapping[str, OperationHeaders]:
    """Return the headers of every operation of the model, by operation; loaded once."""
    model = BotocoreModel(Loader().load_service_model("s3", "service-2"))
    return {name: _input_headers(model, raw) for name, raw in model.operations.items()}


def _input_headers(
    model: BotocoreModel, operation: Mapping[str, Mapping[str, str]]
) -> OperationHeaders:
    shape = operation.get("input", {}).get("shape")
    members = model.shape(shape).members if shape else ()
    return OperationHeaders(
        frozenset(each.wire_name.lower() for each in members if each.location == "header"),
        tuple(each.wire_name.lower() for each in members if each.location == "headers"),
    )
