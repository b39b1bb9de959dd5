"""The control socket and the store's findings: every failure is answered, invalid text refused."""

import asyncio
import socket

import msgspec
import pytest

from daypass.core.faults import Invalid
from daypass.server.operator import control_socket, store_check
from daypass.services.iam.policies import aws_managed


def asked(data, raw, handle):
    """Send bytes to a control socket; return the answer."""

    def talk():
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(control_socket.socket_path(data))
            connection.sendall(raw)
            with connection.makefile("rb") as answer:
                return msgspec.json.decode(answer.readline(), type=control_socket.ControlAnswer)

    async def run():
        server = await control_socket.serve_operators(data, handle)
        async with server:
            return await asyncio.to_thread(talk)

    return asyncio.run(run())


async def broken(_message):
    raise KeyError("secret")


def test_a_handler_that_raises_answers_with_an_error(tmp_path) -> None:
    raw = msgspec.json.encode(control_socket.ReopenAccount("111122223333")) + b"\n"

    assert asked(tmp_path, raw, broken).error == (
        "the server failed with KeyError; it may have made the change"
    )


@pytest.mark.parametrize("raw", [b"{}\n", b"\xff\n", b'{"type":"reopen","account":"\xff"}\n'])
def test_a_message_that_cannot_be_understood_is_answered(tmp_path, raw) -> None:
    assert "cannot be understood" in asked(tmp_path, raw, broken).error


def test_findings_that_are_no_valid_text_count_as_missing(tmp_path) -> None:
    (tmp_path / store_check.FILE_NAME).write_bytes(b'{"url":"\xff","checked":0,"holds":{}}')

    assert store_check.read_findings(tmp_path, "http://s") is None


def test_a_file_of_policies_that_is_no_text_is_refused() -> None:
    with pytest.raises(Invalid, match="is not JSON"):
        aws_managed.parse_policy_file(b'[{"arn":"\xff"}]')
