"""Calling the AWS API with botocore: all pages of a listing, and errors by their code."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError


def list_all(client: Any, operation: str, key: str, **params: Any) -> list[Any]:
    """Return the items under `key` from every page of a listing operation, in their order."""
    paginated = client.get_paginator(operation).paginate(**params)
    return [each for page in paginated for each in page[key]]


def error_code(error: ClientError) -> str:
    """Return the AWS error code, such as `NoSuchEntity`; empty if the response has none."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def ignore_error_codes(*codes: str) -> Iterator[None]:
    """Suppress a `ClientError` with one of these codes, as when a change was made before.

    Any other error is raised.
    """
    try:
        yield
    except ClientError as error:
        if error_code(error) not in codes:
            raise
