"""Watching the store: every few seconds, whether it answers and accepts the gate's credential.

The request is for the location of a bucket that need not exist: the answer is small, and shows that
the store knows the credential.
"""

import asyncio
import contextlib

import aiohttp

from daypass.gate import limits
from daypass.gate.protocol import documents, store_answers, store_errors
from daypass.gate.protocol.errors import S3Error
from daypass.gate.store.store_request import StoreRequest
from daypass.gate.store.upstream import ObjectStore, StoreUnreachable

ABSENT_BUCKET = "daypass-is-it-there"
_HEALTH_REQUEST = StoreRequest("GET", f"/{ABSENT_BUCKET}", "location=")
_OK, _SERVER_ERROR = 200, 500


class StoreWatch:
    """Watches one store; sets `ObjectStore.trouble` and `ObjectStore.unreachable_cause`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._task: asyncio.Task[None] | None = None

    @property
    def reason(self) -> str:
        """Return what is wrong with the store, without its address; empty while it answers."""
        return self._store.trouble

    async def start(self) -> None:
        """Check once, then every few seconds from now on."""
        await self.check_now()
        self._task = asyncio.get_running_loop().create_task(self._check_repeatedly())

    async def stop(self) -> None:
        """Stop checking."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def check_now(self) -> None:
        """Send the request, and keep what is wrong with the store."""
        store = self._store
        store.connect_failed.clear()
        try:
            async with asyncio.timeout(limits.WATCH_ANSWER_SECONDS_MAX):
                answer = await store.send_regardless(_HEALTH_REQUEST)
                try:
                    trouble = await _answer_trouble(answer)
                finally:
                    answer.close()
        except StoreUnreachable as error:
            store.unreachable_cause, store.trouble = error.cause, error.operator
        except (S3Error, TimeoutError):
            store.unreachable_cause, store.trouble = "", "the object store does not answer"
        else:
            store.unreachable_cause, store.trouble = "", trouble

    async def _check_repeatedly(self) -> None:
        """Check forever, earlier than planned after a request that found no connection."""
        while True:
            seconds = limits.WATCH_TROUBLE_SECONDS if self.reason else limits.WATCH_SECONDS
            if self.reason:
                await asyncio.sleep(seconds)
            else:
                # A request that found no connection makes the watch check at once.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._store.connect_failed.wait(), seconds)
            await self.check_now()


async def _answer_trouble(answer: aiohttp.ClientResponse) -> str:
    """Return what is wrong with a store by its answer; empty if it accepted the credential.

    An error about this one bucket shows that the store accepted the credential.
    """
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
