"""Whether the store behind the gate answers, and takes the gate's keys: asked every few seconds, whoever else asks.

What it asks is where a bucket lies that need not be there: the answer is small, and shows that the
store knows the keys.
"""

import asyncio
import contextlib

import aiohttp

from daypass.gate import limits
from daypass.gate.protocol import documents, store_answers, store_errors
from daypass.gate.protocol.errors import S3Error
from daypass.gate.store.upstream import ObjectStore, StoreRequest, StoreUnreachable

ABSENT_BUCKET = "daypass-is-it-there"
_HEALTH_REQUEST = StoreRequest("GET", f"/{ABSENT_BUCKET}", "location=")
_OK, _SERVER_ERROR = 200, 500


class StoreWatch:
    """Looks after one store; `Store.trouble` and `Store.out_of_reach` hold what it saw last."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._task: asyncio.Task[None] | None = None

    @property
    def reason(self) -> str:
        """Return in plain words what is wrong with the store; empty while it answers.

        It names no address.
        """
        return self._store.trouble

    async def begin(self) -> None:
        """Look once, and again every few seconds from then on."""
        await self.look()
        self._task = asyncio.get_running_loop().create_task(self._go_on())

    async def end(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def look(self) -> None:
        """Ask the store, and remember what is wrong with it."""
        store = self._store
        store.doubted.clear()
        try:
            async with asyncio.timeout(limits.WATCH_ANSWER_SECONDS_MAX):
                answer = await store.send_anyway(_HEALTH_REQUEST)
                try:
                    trouble = await _answer_trouble(answer)
                finally:
                    answer.close()
        except StoreUnreachable as error:
            store.out_of_reach, store.trouble = error.cause, error.operator
        except (S3Error, TimeoutError):
            store.out_of_reach, store.trouble = "", "the object store does not answer"
        else:
            store.out_of_reach, store.trouble = "", trouble

    async def _go_on(self) -> None:
        while True:
            seconds = limits.WATCH_TROUBLE_SECONDS if self.reason else limits.WATCH_SECONDS
            if self.reason:
                await asyncio.sleep(seconds)
            else:
                # A request that found no connection is a reason to look at once.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._store.doubted.wait(), seconds)
            await self.look()


async def _answer_trouble(answer: aiohttp.ClientResponse) -> str:
    """Return what is wrong with a store that answers so; a refusal of this one bucket shows that it took the keys."""
    content = await store_answers.read_start(answer, limits.UPSTREAM_ERROR_BYTES_MAX)
    if answer.status >= _SERVER_ERROR:
        return f"the object store answers {answer.status}"
    code = store_errors.error_code(store_errors.parse_error(content))
    if code in store_errors.CREDENTIAL_ERRORS and code != "AccessDenied":
        return f"the object store refuses the gate's keys: {code}"
    if code or (answer.status == _OK and _is_location(content)):
        return ""
    return f"what answers in the object store's place ({answer.status}) does not speak S3"


def _is_location(content: bytes) -> bool:
    try:
        return documents.parse_xml(content).name == "LocationConstraint"
    except S3Error:
        return False
