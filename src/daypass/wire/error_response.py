"""Error responses: a code and message in a service's protocol, with the HTTP status."""

from collections.abc import Mapping
from types import MappingProxyType
from xml.sax.saxutils import escape

import msgspec

from daypass.wire.errors import COMMON_ERRORS, xml_text
from daypass.wire.interface import RefusalShape
from daypass.wire.message import HttpResponse
from daypass.wire.operation_model import ServiceModel

_SERVER_ERROR = 500
_NOTHING: Mapping[str, str] = MappingProxyType({})


def error_response(
    service: ServiceModel | None,
    code: str,
    message: str,
    request_id: str,
    *,
    status: int | None = None,
    details: Mapping[str, str] = _NOTHING,
) -> HttpResponse:
    """Return the response to a refused request, in the service's protocol.

    In the query protocol if it is None.

    `details` are further elements beside the message. `status` overrides the status of the
    service's model, of AWS's common errors (`COMMON_ERRORS`), and 400, which are tried in this
    order.
    """
    known = service.errors.get(code) if service else None
    status = status or (known.status if known else COMMON_ERRORS.get(code, 400))
    sent = known.code if known else code
    identified = (b"x-amzn-requestid", request_id.encode())
    if service is None or service.protocol == "query":
        namespace = f' xmlns="{service.namespace}"' if service else ""
        more = "".join(f"<{name}>{xml_text(text)}</{name}>" for name, text in details.items())
        side = "Receiver" if status >= _SERVER_ERROR else "Sender"
        body = (
            f"<ErrorResponse{namespace}><Error><Type>{side}</Type><Code>{escape(sent)}</Code>"
            f"<Message>{xml_text(message)}</Message>{more}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return HttpResponse(status, ((b"content-type", b"text/xml"), identified), body.encode())
    content: dict[str, str] = {"message": message}
    if service.protocol == "json":
        content = {"__type": sent, known.message_member if known else "message": message}
        if service.refusal_shape is RefusalShape.BOTH_MESSAGES:
            content |= {"Message": message, "message": message}
    elif service.refusal_shape is RefusalShape.OAUTH:
        content = {"error": _oauth_code(sent), "error_description": message}
    elif service.refusal_shape is RefusalShape.ERROR_AND_MESSAGE:
        content = {"error": sent, "message": message}
    content |= details
    if known and known.has_request_id:
        content["RequestId"] = request_id
    kind = b"application/x-amz-json-1.1" if service.protocol == "json" else b"application/json"
    error = (b"x-amzn-errortype", sent.encode())
    return HttpResponse(
        status, ((b"content-type", kind), error, identified), msgspec.json.encode(content)
    )


def _oauth_code(code: str) -> str:
    """Return OAuth's code of an error (RFC 6749, 5.2): `invalid_grant`.

    It is made from AWS's, here `InvalidGrantException`.
    """
    name = code.removesuffix("Exception")
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name).lstrip("_")
