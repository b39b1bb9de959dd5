"""Who calls is proved in the way that the operation names, and in no other; another way is another file."""

import tomllib
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import daypass
from daypass.core import faults
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.server.app import operations
from daypass.server.authority import schemes
from daypass.server.authority.known_schemes import prover, schemes_in
from daypass.server.authority.prove import Claimed, Prover
from daypass.server.authority.schemes import none, sigv4
from daypass.server.authority.schemes.none import Anybody, Unproved
from daypass.server.authority.schemes.sigv4 import Signatures
from daypass.server.authority.unauthenticated import UNAUTHENTICATED
from daypass.services.kit.caller import Caller
from daypass.services.kit.operation import NOBODY, SIGV4, operation
from daypass.services.kit.proof import Proof
from daypass.services.kit.service import Service
from daypass.services.registry import SERVICES
from daypass.wire import catalog
from daypass.wire.message import HttpRequest

ROOT = Path(__file__).parents[3]
CATALOG = catalog.load(SERVICES)
SOMEBODY = Caller(
    Principal(PrincipalKind.ROOT, "arn:aws:iam::111122223333:root", "111122223333"), "", None
)


class Word:
    """A scheme whose claim is a word in a header, and that believes one word."""

    def __init__(self, name, header):
        self.name, self.header = name, header

    def claimed(self, request):
        word = dict(request.headers).get(self.header)
        return None if word is None else Claimed(self.name, "sts", word.decode(), "us-east-1", word)

    def prove(self, evidence):
        if evidence.claimed is None:
            raise faults.NoCredentials("A word is missing.")
        if evidence.claimed.read != b"sesame":
            raise faults.BadSignature("Not that word.")
        return Unproved(SOMEBODY, "us-east-1", "word", frozenset({SOMEBODY.account}))


def request(**headers):
    pairs = tuple((name.encode(), value.encode()) for name, value in headers.items())
    return HttpRequest("POST", b"/", b"", pairs, b"", "192.0.2.1")


def two():
    return Prover({"one": Word("one", b"one"), "two": Word("two", b"two")})


def proved(known, scheme, asked):
    return known.prove(
        scheme, asked, known.claimed(asked), directory=None, service=None, moment=None, known={}
    )


def test_a_caller_is_proved_in_the_way_that_the_operation_names() -> None:
    assert proved(two(), "two", request(two="sesame")).caller is SOMEBODY


@pytest.mark.parametrize(
    ("scheme", "asked", "fault"),
    [
        ("one", request(), faults.NoCredentials),
        ("one", request(two="sesame"), faults.NoCredentials),
        ("two", request(one="sesame"), faults.NoCredentials),
        ("two", request(two="please"), faults.BadSignature),
    ],
    ids=["nothing", "another way", "the other way round", "not proved"],
)
def test_nobody_is_taken_for_a_caller_otherwise(scheme, asked, fault) -> None:
    with pytest.raises(fault):
        proved(two(), scheme, asked)


def test_two_ways_at_once_are_no_way() -> None:
    with pytest.raises(faults.Ambiguous):
        two().claimed(request(one="sesame", two="sesame"))


def test_what_is_claimed_is_shown_without_what_the_scheme_has_read() -> None:
    assert "sesame" not in repr(Claimed("one", "sts", "id", "us-east-1", b"sesame"))


def test_a_proof_whose_scheme_does_not_say_how_its_caller_is_looked_up_again_proves_nobody_twice() -> None:  # fmt: skip
    proof = Proof(SOMEBODY, "us-east-1", "word", frozenset())
    with pytest.raises(TypeError, match="Proof does not say how its caller is looked up again"):
        proof.again(None, None)


def test_every_operation_that_is_served_names_a_way_that_is_known() -> None:
    served = operations(CATALOG)
    prover(lambda: None).check(served, UNAUTHENTICATED)

    assert {each.scheme for found in served.values() for each in found.values()} == {SIGV4}


def test_a_start_fails_with_an_operation_whose_way_is_not_known() -> None:
    served = operations(CATALOG)
    name, built = next(iter(served["iam"].items()))
    with pytest.raises(LookupError, match=f"iam:{name} is proved by riddle"):
        prover(lambda: None).check({"iam": {name: replace(built, scheme="riddle")}}, ())


def open_to_all():
    """Return one operation, as if anybody might call it, and its name."""
    name, built = next(iter(operations(CATALOG)["iam"].items()))
    return {"iam": {name: replace(built, scheme=NOBODY)}}, f"iam:{name}"


def test_a_start_fails_with_an_operation_that_anybody_may_call_and_nobody_has_reviewed() -> None:
    served, name = open_to_all()
    with pytest.raises(LookupError, match=f"{name} may be called by anybody"):
        prover(lambda: None).check(served, UNAUTHENTICATED)
    prover(lambda: None).check(served, unauthenticated={name})


def test_a_start_fails_with_a_reviewed_name_that_is_no_operation_for_anybody() -> None:
    served, name = open_to_all()
    with pytest.raises(LookupError, match="iam:GetUser is on the list"):
        prover(lambda: None).check(served, unauthenticated={name, "iam:GetUser"})


@pytest.mark.parametrize("asked", [request(), request(two="sesame")], ids=["unsigned", "signed"])
def test_who_calls_what_anybody_may_call_is_nobody_whatever_it_claims(asked) -> None:
    known = Prover({"none": Anybody(lambda: None), "two": Word("two", b"two")})
    proof = proved(known, NOBODY, asked)

    assert (proof.caller, proof.credential_id, proof.partitions) == (None, "", frozenset())
    assert proof.again(None, None) is None


def test_a_start_fails_with_an_operation_whose_callers_sign_nothing_and_that_says_no_more() -> None:
    module = ModuleType("example")

    @operation(on=lambda _ctx, _req: None)
    def start_device_authorization(_ctx, _req):
        return {}

    start_device_authorization.__module__ = "example"
    module.start_device_authorization = start_device_authorization
    described = Service(
        name="ssooidc", model="sso-oidc", action_prefix="sso-oauth", modules=(module,)
    )
    model = CATALOG.services["ssooidc"]
    assert model.operations["StartDeviceAuthorization"].auth == "none"

    with pytest.raises(LookupError, match="StartDeviceAuthorization does not say how its callers are proved"):  # fmt: skip
        described.operations(model)


def test_a_file_is_a_scheme_and_its_name_the_schemes(tmp_path, monkeypatch) -> None:
    (tmp_path / "word.py").write_text("SCHEME = 'made'\n")
    (tmp_path / "helper.py").write_text("")
    monkeypatch.setattr(schemes, "__path__", [*schemes.__path__, str(tmp_path)])

    assert schemes_in() == {NOBODY: none.SCHEME, SIGV4: sigv4.SCHEME, "word": "made"}


def test_a_door_gets_the_scheme_that_it_speaks_a_dialect_of() -> None:
    known = prover(lambda: None)

    assert isinstance(known.of(Signatures), Signatures)
    with pytest.raises(LookupError, match="no scheme that is a Word"):
        known.of(Word)


def test_nobody_knows_signatures_but_whom_the_import_rule_names() -> None:
    root = Path(daypass.__file__).parent
    importers = {
        f"daypass.{'.'.join(path.relative_to(root).with_suffix('').parts)}"
        for path in root.rglob("*.py")
        if "daypass.core.sigv4" in path.read_text() and path.parent != root / "core" / "sigv4"
    }
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]  # fmt: skip
    (rule,) = [each for each in contracts if each["type"] == "protected"]

    assert rule["protected_modules"] == ["daypass.core.sigv4"]
    assert rule["allowed_importers"] == [
        "daypass.server.authority.schemes.sigv4",
        "daypass.server.authority.schemes.s3",
        "daypass.gate.body",
        "daypass.gate.store",
    ]
    assert importers == {
        *rule["allowed_importers"][:2],
        "daypass.gate.body.framing",
        "daypass.gate.store.upstream",
    }
