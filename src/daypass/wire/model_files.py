"""Loading botocore's model files of AWS's services, with our corrections in `patches/` applied."""

import gzip
from importlib import resources
from typing import Any

import msgspec

from daypass.wire.botocore_model import BotocoreModel


def load_model(folder: str) -> BotocoreModel:
    """Return the model in a folder of botocore's data, such as `iam`, with our corrections."""
    raw = read_model_part(folder, "service-2")
    for part, entries in model_corrections(folder).items():
        if part == "errors":
            for operation, shapes in entries.items():
                raw["operations"][operation]["errors"] += [{"shape": each} for each in shapes]
        elif part not in {"source", "pagination"}:
            raw[part].update(entries)
    return BotocoreModel(raw)


def model_corrections(folder: str) -> dict[str, Any]:
    """Return our corrections of a service's model files, by part; empty if there are none."""
    patch = resources.files("daypass.wire") / "patches" / f"{folder}.json"
    return msgspec.json.decode(patch.read_bytes()) if patch.is_file() else {}


def read_model_part(folder: str, part: str) -> Any:
    """Return the JSON of a file, such as `paginators-1`, of a model's newest version.

    Empty if it is missing.
    """
    versions = resources.files("botocore") / "data" / folder
    newest = max(each.name for each in versions.iterdir() if each.is_dir())
    packed = versions / newest / f"{part}.json.gz"
    plain = versions / newest / f"{part}.json"
    if packed.is_file():
        return msgspec.json.decode(gzip.decompress(packed.read_bytes()))
    return msgspec.json.decode(plain.read_bytes()) if plain.is_file() else {}
