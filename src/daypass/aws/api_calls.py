"""Calls of AWS's API: all pages of a listing, and what an error's code means."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError


def list_all(client: Any, operation: str, key: str, **params: Any) -> list[Any]:
    """Return the members called `key` of all pages of a listing operation, in their order."""
    listed = client.get_paginator(operation).paginate(**params)
    return [each for page in listed for each in page[key]]


def error_code(error: ClientError) -> str:
    """Return an error's code, such as `NoSuchEntity`; empty if the answer has none."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def ignore_error_codes(*codes: str) -> Iterator[None]:
    """Suppress errors with these codes, which mean that a change was made before.

    Others are raised.
    """
    try:
        yield
    except ClientError as error:
        if error_code(error) not in codes:
            raise
