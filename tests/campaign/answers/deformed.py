"""Signed requests, deformed as the standards allow and as they do not.

Every request is signed by botocore or by awscrt, and sent twice to a real server with a gate: once
in another spelling, which has to be answered and carried out as what was signed, and once with a
change that nothing allows, which has to be refused. `CAMPAIGN_REQUESTS` says how many are signed;
20,000 by default.
"""

import contextlib
import http.client
import os
import random
import socket
import tempfile
import urllib.parse
from collections import Counter
from pathlib import Path

from tests.campaign.answers import _allowed, _forbidden
from tests.campaign.answers._requests import draw
from tests.conftest import serving
from tests.gate.conftest import RecordingStore

REQUESTS = int(os.environ.get("CAMPAIGN_REQUESTS", "20000"))
SEED = 20261130
REFUSED, TAKEN = "refused though it is allowed", "taken though it is not allowed"
SECONDS = 20
CASES_MAX = 20
"""How many cases of a kind are printed."""


class Client:
    """A client on one connection, which it opens again where the server closes it."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.address = (parts.hostname, parts.port)
        self.host = parts.netloc
        self._socket = None

    def send(self, octets, pieces=1):
        """Return status and body of the answer to one request, which is sent in pieces."""
        if self._socket is None:
            self._socket = socket.create_connection(self.address, timeout=SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        size = -(-len(octets) // pieces)
        # The server may answer before the end, and close the connection.
        with contextlib.suppress(OSError):
            for at in range(0, len(octets), size):
                self._socket.sendall(octets[at : at + size])
        answer = http.client.HTTPResponse(self._socket, method=octets.lstrip()[:4].decode().strip())
        try:
            answer.begin()
            content = answer.read()
            if answer.will_close:
                self.close()
        finally:
            answer.close()
        return answer.status, content

    def close(self):
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Findings:
    """The cases that were answered wrongly, by kind, and how many were tried."""

    def __init__(self):
        self.signed = Counter()
        self.tried = Counter()
        self.wrong = {REFUSED: [], TAKEN: []}

    def note(self, kind, change, case):
        self.wrong[kind].append(f"{change}: {case}")


def heard_by(store):
    """Return what the store has heard since the last look, without requests that were broken off."""
    sent = [
        each
        for each in store.sent
        if len(each.body) == int(each.headers.get("content-length", len(each.body)))
    ]
    store.sent.clear()
    return [
        (
            each.method,
            each.target,
            {
                name: value.encode("latin-1").decode("utf-8")
                for name, value in each.headers.items()
                if name.startswith("x-amz-meta-")
            },
            each.body,
        )
        for each in sent
    ]


def judge_allowed(drawn, request, changes, answer, heard, findings):
    status, content = answer
    findings.tried.update(changes)
    is_told = drawn.told.encode() in content
    wanted = [] if drawn.heard is None else [drawn.heard]
    if (status, is_told, heard) != (drawn.status, True, wanted):
        case = f"{drawn.signer} {request.octets()!r} -> {status} {content[:200]!r}, heard {heard}"
        findings.note(REFUSED, ", ".join(changes), case)


def judge_forbidden(drawn, request, change, answer, heard, findings):
    status, content = answer
    findings.tried[change] += 1
    is_told = bool(drawn.told) and drawn.told.encode() in content
    # 501: a parameter that no operation has.
    is_refused = 400 <= status < 500 or status == 501
    if not is_refused or is_told or heard:
        case = f"{drawn.signer} {request.octets()!r} -> {status} {content[:200]!r}, heard {heard}"
        findings.note(TAKEN, change, case)


def campaign(folder, *, requests=REQUESTS, seed=SEED):
    """Return what was found in so many signed requests, each of them sent in two deformations."""
    dice, findings, store = random.Random(seed), Findings(), RecordingStore()
    served = serving(Path(folder) / "data", store.url, s3_adopt=("kept",))
    live = next(served)
    client = Client(live.url)
    try:
        keys = live.root(seconds=3_600)
        store.sent.clear()
        for _ in range(requests):
            drawn = draw(dice, client.host, keys)
            findings.signed[drawn.signer] += 1
            request, changes = _allowed.deform(dice, drawn)
            answer = client.send(request.octets(), pieces=dice.choice((1, 1, 1, 2, 5)))
            judge_allowed(drawn, request, changes, answer, heard_by(store), findings)
            request, change = _forbidden.deform(dice, drawn)
            answer = client.send(request.octets())
            judge_forbidden(drawn, request, change, answer, heard_by(store), findings)
    finally:
        client.close()
        next(served, None)
        store.close()
    return findings


def figures():
    """Return the figures of the campaign: what was signed, and what was answered wrongly."""
    with tempfile.TemporaryDirectory() as folder:
        findings = campaign(folder)
    yield "requests signed", sum(findings.signed.values()), f">= {REQUESTS}"
    for signer, count in sorted(findings.signed.items()):
        yield f"of them by {signer}", count, ""
    yield "ways to deform a request that were tried", len(findings.tried), ""
    for kind, cases in findings.wrong.items():
        yield kind, len(cases), "<= 0", cases[:CASES_MAX]
