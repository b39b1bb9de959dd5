"""Every refusal of the service has a test, or the reason for none, in `cases/refusals.json`."""

import re
from pathlib import Path

import pytest
from tests.conftest import serving
from tests.services.organizations.conftest import CASES, cases, refused

from daypass.core.organizations.refusals import REASON_EXCEPTIONS, ErrorCode
from daypass.services.organizations.error_codes import CODES
from daypass.services.registry import SERVICES
from daypass.wire.catalog import load_catalog

HERE = Path(__file__).parent
ROWS = cases("refusals")
CANNOT = "cannot be: "


def code(name):
    return str(name).removesuffix("Exception")


def in_the_model():
    """Return every error of the service's model, with each Reason that it may have."""
    model = load_catalog(SERVICES).services["organizations"].model
    for operation in model.operations.values():
        for each in operation.get("errors", ()):
            shape = model.shape(each["shape"])
            reasons = [member.shape for member in shape.members if member.name == "Reason"]
            for reason in model.shape(reasons[0]).enum if reasons else [""]:
                yield code(shape.name), reason


def test_the_list_has_every_word_of_the_model_once_and_no_other() -> None:
    words = {(code(error), str(word)) for kind, error in REASON_EXCEPTIONS.items() for word in kind}
    words |= {(code(each), "") for each in ErrorCode}
    # What every service may be told by; what needs a Reason has its lines above.
    words |= {(code(each), "") for each in CODES.values()} - {
        (code(each), "") for each in REASON_EXCEPTIONS.values()
    }
    words |= set(in_the_model())

    listed = [(row[0], row[1]) for row in ROWS]
    assert len(listed) == len(set(listed))
    assert set(listed) == words


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]}-{row[1]}" for row in ROWS])
def test_a_refusal_is_raised_by_the_test_that_is_named(row) -> None:
    name, reason, where = row
    if where.startswith(CANNOT):
        return
    file, _, function = where.partition("::")
    text = (HERE / file).read_text()
    known = [each.read_text() for each in CASES.glob("*.json") if f'cases("{each.stem}")' in text]

    assert f"def {function}(" in text
    assert any(re.search(rf"\b{reason or name}(Exception)?\b", each) for each in (text, *known))


def test_a_refusal_that_cannot_be_is_raised_nowhere() -> None:
    source = "".join(each.read_text() for each in (HERE.parents[2] / "src/daypass").rglob("*.py"))
    kinds = {code(error): kind.__name__ for kind, error in REASON_EXCEPTIONS.items()}

    for name, reason, where in ROWS:
        if where.startswith(CANNOT) and name in kinds:
            assert not re.search(rf"\b{kinds[name]}\.{reason}\b", source)


def test_a_flood_is_too_many_requests(store_url, tmp_path) -> None:
    for live in serving(tmp_path / "data", store_url, calls_per_second=1):
        client = live.client("organizations")

        def flood(client=client):
            for _ in range(50):
                client.list_roots()

        refused("TooManyRequests", flood)
