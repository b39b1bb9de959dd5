"""Answers the operator's commands, each kind in its own way, over one open authority."""

import asyncio

from daypass.server.app import Authority
from daypass.server.operator.control_socket import CommandMessage, ControlAnswer
from daypass.server.operator.identity_center_changes import IdentityCenterChanger
from daypass.server.operator.identity_center_messages import (
    CallOperation,
    IdentityCenterChange,
    IdentityCenterQuery,
)
from daypass.server.operator.identity_center_queries import answer_query
from daypass.server.operator.operation_calls import OperationCaller
from daypass.server.operator.operator_changes import ChangeHandler
from daypass.state.data_directory.node_data import NodeData


class CommandHandler:
    """Answers commands in a process that has the data open: a server, or the command itself."""

    def __init__(self, authority: Authority, data: NodeData) -> None:
        self._data = data
        self._changes = ChangeHandler(data.committer, authority.settler)
        self._calls = OperationCaller(authority)
        self._people = IdentityCenterChanger(authority, data)

    async def handle(self, message: CommandMessage) -> ControlAnswer:
        """Return the answer to a message; raises a `Fault` for what is refused."""
        if isinstance(message, CallOperation):
            return await self._calls.answer(message)
        if isinstance(message, IdentityCenterQuery):
            # On a thread, as looking for assignments may pass over many.
            found = await asyncio.to_thread(
                answer_query,
                message,
                self._data.committer.directory,
                steady=int(self._data.clocks.moment().steady),
            )
            return ControlAnswer(result=found)
        if isinstance(message, IdentityCenterChange):
            return await self._people.handle(message)
        return await self._changes.handle(message)
