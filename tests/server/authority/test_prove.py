"""A caller is proved by the operation's scheme alone; each scheme is a file."""

import tomllib
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import daypass
from daypass.core import faults
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.server.app import operations_by_service
from daypass.server.authority import schemes
from daypass.server.authority.prove import CallerClaim, Prover
from daypass.server.authority.scheme_registry import make_prover, scheme_factories
from daypass.server.authority.schemes import bearer, none, sigv4
from daypass.server.authority.schemes.none import AnonymousProof, UnauthenticatedScheme
from daypass.server.authority.schemes.sigv4 import SigV4Scheme
from daypass.server.authority.unauthenticated import UNAUTHENTICATED
from daypass.services.kit.caller import Caller
from daypass.services.kit.operation import BEARER, NO_AUTHENTICATION, SIGV4, operation
from daypass.services.kit.proof import Proof
from daypass.services.kit.service import Service
from daypass.services.registry import SERVICES
from daypass.wire import catalog
from daypass.wire.message import HttpRequest

ROOT = Path(__file__).parents[3]
CATALOG = catalog.load_catalog(SERVICES)
SOMEBODY = Caller(
    Principal(PrincipalKind.ROOT, "arn:aws:iam::111122223333:root", "111122223333"), "", None
)


class Word:
    """A scheme whose claim is a word in a header, and that believes one word."""

    def __init__(self, name, header):
        self.name, self.header = name, header

    def read_claim(self, request):
        word = dict(request.headers).get(self.header)
        return (
            None
            if word is None
            else CallerClaim(self.name, "sts", word.decode(), "us-east-1", word)
        )

    def prove(self, evidence):
        if evidence.claim is None:
            raise faults.NoCredentials("A word is missing.")
        if evidence.claim.parsed != b"sesame":
            raise faults.BadSignature("Not that word.")
        return AnonymousProof(SOMEBODY, "us-east-1", "word", frozenset({SOMEBODY.account}))


def request(**headers):
    pairs = tuple((name.encode(), value.encode()) for name, value in headers.items())
    return HttpRequest("POST", b"/", b"", pairs, b"", "192.0.2.1")


def two():
    return Prover({"one": Word("one", b"one"), "two": Word("two", b"two")})


def proved(known, scheme, asked):
    return known.prove(
        scheme, asked, known.read_claim(asked), directory=None, service=None, moment=None, known={}
    )


def test_a_caller_is_proved_by_the_scheme_of_the_operation() -> None:
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
def test_no_other_scheme_proves_a_caller(scheme, asked, fault) -> None:
    with pytest.raises(fault):
        proved(two(), scheme, asked)


def test_claims_in_two_schemes_are_ambiguous() -> None:
    with pytest.raises(faults.Ambiguous):
        two().read_claim(request(one="sesame", two="sesame"))


def test_the_repr_of_a_claim_hides_what_the_scheme_has_parsed() -> None:
    assert "sesame" not in repr(CallerClaim("one", "sts", "id", "us-east-1", b"sesame"))


def test_a_proof_without_again_cannot_look_its_caller_up() -> None:
    proof = Proof(SOMEBODY, "us-east-1", "word", frozenset())
    with pytest.raises(TypeError, match="Proof does not say how its caller is looked up again"):
        proof.refresh_caller(None, None)


def test_every_implemented_operation_names_a_known_scheme() -> None:
    served = operations_by_service(CATALOG)
    make_prover(lambda: None).check_operations(served, UNAUTHENTICATED)

    assert {each.scheme for found in served.values() for each in found.values()} == {
        BEARER,
        SIGV4,
    }


def test_a_start_fails_with_an_operation_of_an_unknown_scheme() -> None:
    served = operations_by_service(CATALOG)
    name, built = next(iter(served["iam"].items()))
    with pytest.raises(LookupError, match=f"iam:{name} is proved by riddle"):
        make_prover(lambda: None).check_operations(
            {"iam": {name: replace(built, scheme="riddle")}}, ()
        )


def open_to_all():
    """Return one operation, as if anybody might call it, and its name."""
    name, built = next(iter(operations_by_service(CATALOG)["iam"].items()))
    return {"iam": {name: replace(built, scheme=NO_AUTHENTICATION)}}, f"iam:{name}"


def test_a_start_fails_with_an_unauthenticated_operation_that_is_not_listed() -> None:
    served, name = open_to_all()
    with pytest.raises(LookupError, match=f"{name} may be called by anybody"):
        make_prover(lambda: None).check_operations(served, UNAUTHENTICATED)
    make_prover(lambda: None).check_operations(served, unauthenticated={name})


def test_a_start_fails_with_a_listed_name_of_no_unauthenticated_operation() -> None:
    served, name = open_to_all()
    with pytest.raises(LookupError, match="iam:GetUser is on the list"):
        make_prover(lambda: None).check_operations(served, unauthenticated={name, "iam:GetUser"})


@pytest.mark.parametrize("asked", [request(), request(two="sesame")], ids=["unsigned", "signed"])
def test_an_unauthenticated_call_has_no_caller_whatever_it_claims(asked) -> None:
    known = Prover({"none": UnauthenticatedScheme(lambda: None), "two": Word("two", b"two")})
    proof = proved(known, NO_AUTHENTICATION, asked)

    assert (proof.caller, proof.credential_id, proof.partitions) == (None, "", frozenset())
    assert proof.refresh_caller(None, None) is None


def test_a_start_fails_with_an_unsigned_operation_that_names_no_scheme() -> None:
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

    with pytest.raises(
        LookupError, match="StartDeviceAuthorization does not say how its callers are proved"
    ):
        described.built_operations(model)


def test_each_module_with_a_scheme_is_registered_by_its_name(tmp_path, monkeypatch) -> None:
    (tmp_path / "word.py").write_text("SCHEME = 'made'\n")
    (tmp_path / "helper.py").write_text("")
    monkeypatch.setattr(schemes, "__path__", [*schemes.__path__, str(tmp_path)])

    assert scheme_factories() == {
        BEARER: bearer.SCHEME,
        NO_AUTHENTICATION: none.SCHEME,
        SIGV4: sigv4.SCHEME,
        "word": "made",
    }


def test_a_door_gets_the_scheme_of_its_dialect_by_class() -> None:
    known = make_prover(lambda: None)

    assert isinstance(known.scheme_of_class(SigV4Scheme), SigV4Scheme)
    with pytest.raises(LookupError, match="no scheme that is a Word"):
        known.scheme_of_class(Word)


def importers_and_rule(room):
    """Return the modules that import a room of the core, and the contract that protects it."""
    root = Path(daypass.__file__).parent
    importers = {
        f"daypass.{'.'.join(path.relative_to(root).with_suffix('').parts)}"
        for path in root.rglob("*.py")
        if f"daypass.core.{room}" in path.read_text() and path.parent != root / "core" / room
    }
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    (rule,) = [
        each for each in contracts if each.get("protected_modules") == [f"daypass.core.{room}"]
    ]
    return importers, rule


def test_one_module_alone_reads_signatures_of_version_2() -> None:
    importers, rule = importers_and_rule("sigv2")

    assert rule["type"] == "protected"
    assert importers == {*rule["allowed_importers"]} == {"daypass.server.authority.schemes.sigv2"}


def test_only_the_modules_of_the_import_contract_read_signatures() -> None:
    importers, rule = importers_and_rule("sigv4")

    assert rule["type"] == "protected"
    assert rule["allowed_importers"] == [
        "daypass.server.authority.schemes.sigv4",
        "daypass.server.authority.schemes.s3",
        "daypass.gate.body",
        "daypass.gate.store",
    ]
    assert importers == {
        *rule["allowed_importers"][:2],
        "daypass.gate.body.body_framing",
        "daypass.gate.store.request_signer",
        "daypass.gate.store.upstream",
    }
