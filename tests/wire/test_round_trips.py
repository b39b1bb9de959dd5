"""Every operation of every service, through botocore's own serializer and parser, and back to
the same values.
"""

from urllib.parse import urlencode

import pytest
import regex
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from tests.wire import generate

from daypass.core.faults import Invalid, Violation
from daypass.core.slices import at_once
from daypass.services.registry import SERVICES
from daypass.wire.catalog import load_catalog
from daypass.wire.error_response import error_response
from daypass.wire.message import HttpRequest
from daypass.wire.validate import Validator, compile_pattern

CATALOG = load_catalog(SERVICES)
# CreateSession is in no model of botocore's: its round trip is tested where it is served.
OPERATIONS = [
    pytest.param(service.name, name, id=f"{service.name}:{name}")
    for service in CATALOG.services.values()
    for name in service.operations
    if name != "CreateSession"
]


def sent(theirs, name, params):
    """Return a request as botocore would send it."""
    model = theirs.operation_model(name)
    protocol = theirs.metadata["protocol"]
    raw = create_serializer(protocol, include_validation=False).serialize_to_request(params, model)
    body = raw["body"]
    if isinstance(body, dict):
        body = urlencode(body, doseq=True).encode()
    query = urlencode(raw["query_string"], doseq=True) if raw["query_string"] else ""
    path, _, literal = raw["url_path"].partition("?")
    headers = [(k.lower().encode(), str(v).encode()) for k, v in raw["headers"].items()]
    if protocol == "rest-json" and body and b"content-type" not in dict(headers):
        headers.append((b"content-type", b"application/json"))
    both = "&".join(each for each in (literal, query) if each).replace("+", "%20")
    body = body.encode() if isinstance(body, str) else body or b""
    return HttpRequest(raw["method"], path.encode(), both.encode(), tuple(headers), body)


@pytest.mark.parametrize("full", [False, True], ids=["minimal", "full"])
@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_what_botocore_sends_is_parsed_back_and_valid(theirs, service, name, full) -> None:
    ours = CATALOG.services[service]
    operation = ours.operations[name]
    params = (
        generate.value(ours.model, operation.input_shape, full=full)
        if operation.input_shape
        else {}
    )
    scope = next(iter(ours.signing_names)) if operation.auth == "v4" else None

    call = at_once(CATALOG.identify(sent(theirs[service], name, params), scope))

    assert call.operation is operation
    found = call.parse()
    assert without_empty(found) == without_empty(params)
    operation.validate(found)


@pytest.mark.parametrize("full", [False, True], ids=["minimal", "full"])
@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_what_we_answer_is_read_back_by_botocore(theirs, service, name, full) -> None:
    ours = CATALOG.services[service]
    operation = ours.operations[name]
    answer = (
        generate.value(ours.model, operation.output_shape, full=full)
        if operation.output_shape
        else {}
    )
    response = operation.serialize(answer, "id-1")
    model = theirs[service].operation_model(name)

    parsed = create_parser(model.metadata["protocol"]).parse(
        {
            "status_code": response.status,
            "headers": {key.decode(): value.decode() for key, value in response.headers},
            "body": response.body,
        },
        model.output_shape,
    )

    parsed.pop("ResponseMetadata")
    assert without_empty(parsed) == without_empty(answer)


def without_empty(value):
    """botocore shows an empty list for one that was not sent, and sometimes the other way round."""
    if isinstance(value, dict):
        return {
            key: without_empty(each) for key, each in value.items() if each not in ([], {}, None)
        }
    return [without_empty(each) for each in value] if isinstance(value, list) else value


ERRORS = [
    pytest.param(service.name, code, id=f"{service.name}:{code}")
    for service in CATALOG.services.values()
    for code in sorted(service.errors)
]


@pytest.mark.parametrize(("service", "code"), ERRORS)
def test_every_error_is_read_back_by_botocore(theirs, service, code) -> None:
    ours = CATALOG.services[service]
    response = error_response(ours, code, "why <not>", "id-1")
    protocol = theirs[service].metadata["protocol"]

    parsed = create_parser(protocol).parse(
        {
            "status_code": response.status,
            "headers": {key.decode(): value.decode() for key, value in response.headers},
            "body": response.body,
        },
        None,
    )

    assert parsed["Error"]["Code"] == ours.errors[code].code
    if service != "ssooidc":
        assert parsed["Error"]["Message"] == "why <not>"


def test_every_pattern_of_every_model_compiles() -> None:
    patterns = {
        shape.pattern
        for service in CATALOG.services.values()
        for name in service.model.shape_names
        if (shape := service.model.shape(name)).pattern
    }

    assert len(patterns) > 100
    assert all(compile_pattern(pattern) for pattern in patterns)


def test_a_pattern_that_takes_long_over_a_value_refuses_it() -> None:
    check = Validator(CATALOG.services["organizations"].model).compile_check("GenericArn")
    hostile = ("arn:aws:organizations::111122223333:root/o-abcdefghij/" * 3_000)[:131_071]

    with pytest.raises(Violation, match="regular expression pattern"):
        check(hostile + "\n")


def test_everything_compiles() -> None:
    assert load_catalog(SERVICES).compile_all() == len(OPERATIONS) + 1
    assert [each.name for each in SERVICES] == list(CATALOG.services)


def violations(model, shape_name, params, path=()):
    """Yield (place, constraint, broken value) for every constraint below a shape."""
    shape = model.shape(shape_name)
    if shape.kind == "structure" and not shape.is_document and isinstance(params, dict):
        for member in shape.members:
            if member.name in shape.required and member.name in params:
                yield (*path, member.name), "Member must not be null", None
            if member.name in params:
                yield from violations(
                    model, member.shape, params[member.name], (*path, member.name)
                )
    elif shape.kind == "list" and params:
        yield from violations(model, shape.item.shape, params[0], (*path, 0))
        if shape.maximum is not None:
            yield path, "length less than or equal", [params[0]] * (int(shape.maximum) + 1)
    elif shape.kind == "string":
        if shape.enum:
            yield path, "Member must satisfy enum value set", "no such value"
        if shape.pattern and not compile_pattern(shape.pattern).fullmatch("\x07"):
            yield path, "regular expression pattern", "\x07"
        if shape.minimum:
            yield path, "length greater than or equal", ""
        if shape.maximum is not None and shape.maximum < 10**5:
            yield path, "length less than or equal", "x" * (int(shape.maximum) + 1)
    elif shape.kind in {"integer", "long"}:
        if shape.minimum is not None:
            yield path, "value greater than or equal", int(shape.minimum) - 1
        if shape.maximum is not None:
            yield path, "value less than or equal", int(shape.maximum) + 1


def broken(params, path, value):
    """Return the parameters with one value replaced, or removed."""
    if not path:
        return value
    head, *rest = path
    if isinstance(params, list):
        return [broken(params[0], rest, value), *params[1:]]
    changed = dict(params)
    if not rest and value is None:
        del changed[head]
    else:
        changed[head] = broken(params[head], rest, value)
    return changed


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_every_constraint_of_every_operation_is_refused(service, name) -> None:
    ours = CATALOG.services[service]
    operation = ours.operations[name]
    if not operation.input_shape:
        pytest.skip("takes no input")
    params = generate.value(ours.model, operation.input_shape, full=True)
    for path, constraint, value in violations(ours.model, operation.input_shape, params):
        if not path:
            continue
        with pytest.raises(Invalid) as refused:
            operation.validate(broken(params, path, value))

        message = refused.value.message
        assert constraint in message or is_own_sentence(service, message), (path, value)


OWN_SENTENCES = {
    "iam": (
        r"The specified value for \w+ is invalid\. It must (contain only|begin (and end )?with) .+"
    ),
    "organizations": (
        r"You (provided a value that does not match the required pattern|specified an invalid"
        r" value)\."
    ),
}


def is_own_sentence(service, message):
    """Return whether a message is one of a service's own sentences for broken constraints."""
    return regex.fullmatch(OWN_SENTENCES.get(service, "(?!)"), message) is not None


def test_all_violations_are_told_at_once_in_awss_words() -> None:
    operation = CATALOG.services["sts"].operations["AssumeRole"]

    with pytest.raises(Invalid) as refused:
        operation.validate(
            {
                "RoleArn": "x",
                "DurationSeconds": 899,
                "Tags": [{"Key": "", "Value": "v"}],
                "TokenCode": "12345a",
            }
        )

    assert refused.value.message == (
        "6 validation errors detected: "
        "Value 'x' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20; "
        "Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null; "
        "Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900; "
        "Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1; "
        "Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+; "
        "Value '12345a' at 'tokenCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\d]*"
    )


def test_t263_log_a_sensitive_value_is_not_repeated() -> None:
    operation = CATALOG.services["iam"].operations["CreateLoginProfile"]

    with pytest.raises(Invalid) as refused:
        operation.validate({"UserName": "alice", "Password": "p\u0107ssword" * 40})

    assert "\u0107" not in refused.value.message
