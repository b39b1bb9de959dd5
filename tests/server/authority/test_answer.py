"""A call runs again once a fact is found; it is counted, proved and given an id only once."""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

import pytest
from tests.server.read_world import MEMBER, NOW

from daypass.core.faults import Denied
from daypass.core.organizations.settings import OrganizationSettings
from daypass.server import app, limits
from daypass.server.authority.facts import TIMED_OUT
from daypass.server.authority.prove import Prover
from daypass.server.authority.rates import RateLimiter
from daypass.server.authority.schemes.none import AnonymousProof
from daypass.services.kit.external_facts import ExternalFact
from daypass.services.kit.operation import NO_AUTHENTICATION, SELF_AUTHORIZED, operation
from daypass.services.kit.service import Service
from daypass.services.registry import SERVICES
from daypass.state.snapshot.directory import Directory
from daypass.state.steady_clock import SteadyClock
from daypass.wire.message import HttpRequest

CALL = (
    (b"x-amz-target", b"SWBExternalService.ListInstances"),
    (b"content-type", b"application/x-amz-json-1.1"),
)


@dataclass(frozen=True)
class Weather(ExternalFact[str]):
    """What an operation of these tests needs: the weather of a town."""

    town: str

    async def fetch(self):
        await asyncio.sleep(0)
        if self.town == "Atlantis":
            raise Denied("There is no weather there.")
        if self.town == "Nowhere":
            raise KeyError(self.town)
        return f"rain in {self.town}"


class Records:
    """Keeps what would be written into the audit log."""

    add_commits = None

    def __init__(self):
        self.events = []

    async def record(self, event):
        self.events.append(event)


def service_with(handler):
    """Return a service whose one operation, for anybody, is a function."""
    module = ModuleType("made")
    handler.__module__, handler.__name__ = "made", "list_instances"
    module.list_instances = operation(on=SELF_AUTHORIZED, scheme=NO_AUTHENTICATION)(handler)
    return Service(name="ssoadmin", model="sso-admin", action_prefix="sso", modules=(module,))


class World:
    """An authority that serves one operation more, which anybody may call."""

    def __init__(self, handler, monkeypatch):
        monkeypatch.setattr(app, "UNAUTHENTICATED", frozenset({"ssoadmin:ListInstances"}))
        known = [each for each in SERVICES if each.name != "ssoadmin"]
        self.recorder, self.now = Records(), 7.0
        self.made = app.assemble_authority(
            committer=SimpleNamespace(directory=Directory()),
            keyring=lambda: SimpleNamespace(mac_keys=lambda _purpose: [bytes(32)]),
            usage=None,
            recorder=self.recorder,
            rates=RateLimiter(0),
            guesses=SimpleNamespace(take_back=None),
            clocks=SteadyClock(lambda: NOW, lambda: self.now),
            settings=OrganizationSettings(),
            services=[*known, service_with(handler)],
        )

    def answer(self, *headers, body=b"{}"):
        """Return status and document of the answer to a call."""
        request = HttpRequest("POST", b"/", b"", (*CALL, *headers), body, "192.0.2.7")
        outcome = asyncio.run(self.made.api.answer(request))
        return outcome.response.status, json.loads(outcome.response.body)


def telling(*towns):
    """Return an operation that needs the weather of some towns, and the request id of each run."""
    runs = []

    def handler(ctx, _req):
        runs.append(ctx.request_id)
        words = [ctx.fact(Weather(town)) for town in towns]
        return {"Instances": [{"Name": word} for word in words]}

    return handler, runs


@pytest.mark.parametrize("towns", [("Bergen",), ("Bergen", "Cork"), ("Bergen", "Bergen")])
def test_a_call_runs_again_with_the_fact_it_needed(towns, monkeypatch) -> None:
    handler, runs = telling(*towns)
    status, answer = World(handler, monkeypatch).answer()

    assert (status, [each["Name"] for each in answer["Instances"]]) == (
        200,
        [f"rain in {town}" for town in towns],
    )
    assert len(runs) == len(set(towns)) + 1
    assert len(set(runs)) == 1


def test_a_call_is_refused_with_the_fault_of_its_fact(monkeypatch) -> None:
    handler, runs = telling("Atlantis")
    status, answer = World(handler, monkeypatch).answer()

    assert (status, answer["__type"], answer["Message"]) == (
        400,
        "AccessDeniedException",
        "There is no weather there.",
    )
    assert len(runs) == 2


@pytest.mark.parametrize(
    ("towns", "told"),
    [
        (("Nowhere",), "KeyError at "),
        (
            [f"{n}" for n in range(limits.FACTS_PER_CALL_MAX + 1)],
            "Weather is one fact more than a call may need",
        ),
    ],
    ids=["a fact that breaks", "more facts than a call may need"],
)
def test_an_internal_failure_is_answered_and_recorded(towns, told, monkeypatch) -> None:
    handler, _ = telling(*towns)
    world = World(handler, monkeypatch)
    status, answer = world.answer()
    [event] = world.recorder.events

    assert (status, answer["__type"]) == (500, "InternalFailure")
    assert "weather" not in json.dumps(answer).lower()
    assert event.outcome == "InternalFailure"
    assert event.message.startswith(told)


def test_a_call_may_need_as_many_facts_as_the_bound(monkeypatch) -> None:
    towns = [f"{n}" for n in range(limits.FACTS_PER_CALL_MAX)]
    handler, _ = telling(*towns)

    assert World(handler, monkeypatch).answer()[0] == 200


def test_all_facts_of_a_call_have_one_deadline(monkeypatch) -> None:
    handler, runs = telling("Bergen", "Cork")
    world = World(handler, monkeypatch)

    async def slow(fact):
        world.now += limits.FACT_SECONDS_MAX
        await asyncio.sleep(0)
        return f"rain in {fact.town}"

    monkeypatch.setattr(Weather, "fetch", slow)
    status, answer = world.answer()

    assert (status, answer["message"]) == (503, TIMED_OUT)
    assert len(runs) == 3


class Ferryman:
    """A way to prove a caller that needs to know the weather first."""

    def read_claim(self, request):
        return None

    def prove(self, evidence):
        return AnonymousProof(None, "us-east-1", evidence.fact(Weather("Styx")), frozenset())


def test_a_proof_may_need_a_fact(monkeypatch) -> None:
    monkeypatch.setattr(
        app,
        "make_prover",
        lambda _keyring: Prover({each: Ferryman() for each in ("bearer", "none", "sigv4")}),
    )
    handler, runs = telling()
    world = World(handler, monkeypatch)
    status, _ = world.answer()
    [event] = world.recorder.events

    assert (status, event.key, len(runs)) == (200, "rain in Styx", 1)


SIGNED = (
    b"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/sso/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature="
    + hashlib.sha256().hexdigest().encode()
)


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (
            (b"host", b"authority.test"),
            (b"x-amz-date", b"20260101T000000Z"),
            (b"authorization", SIGNED),
        ),
    ],
    ids=["unsigned", "with a signature that proves nobody"],
)
def test_the_audit_record_of_an_unauthenticated_call_has_no_caller(headers, monkeypatch) -> None:
    handler, _ = telling("Bergen")
    world = World(handler, monkeypatch)
    status, _ = world.answer(*headers)
    [event] = world.recorder.events

    assert status == 200
    assert (event.principal, event.account, event.key, event.source) == ("", "", "", "192.0.2.7")
    assert event.outcome == "ok"
    assert MEMBER not in str(event)
