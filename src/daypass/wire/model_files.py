"""The files that describe AWS's services: botocore's own, with our corrections from `patches/`."""

import gzip
from importlib import resources
from typing import Any

import msgspec

from daypass.wire.botocore_model import BotocoreModel


def load_model(folder: str) -> BotocoreModel:
    """Return a model by botocore's folder, with our corrections."""
    raw = read_model_part(folder, "service-2")
    for part, entries in model_corrections(folder).items():
        if part not in {"source", "pagination"}:
            raw[part].update(entries)
    return BotocoreModel(raw)


def model_corrections(folder: str) -> dict[str, Any]:
    """Return our corrections of a service's files: parts of its model, and its pagination."""
    patch = resources.files("daypass.wire") / "patches" / f"{folder}.json"
    return msgspec.json.decode(patch.read_bytes()) if patch.is_file() else {}


def read_model_part(folder: str, part: str) -> Any:
    """Return a file of the newest version of a model, such as `paginators-1`; empty without one."""
    versions = resources.files("botocore") / "data" / folder
    newest = max(each.name for each in versions.iterdir() if each.is_dir())
    packed = versions / newest / f"{part}.json.gz"
    plain = versions / newest / f"{part}.json"
    if packed.is_file():
        return msgspec.json.decode(gzip.decompress(packed.read_bytes()))
    return msgspec.json.decode(plain.read_bytes()) if plain.is_file() else {}
