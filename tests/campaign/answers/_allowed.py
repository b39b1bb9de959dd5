"""Other spellings of a request that the standards allow: each leaves its meaning as it is.

A function changes a request in place and returns whether there was something to change. `ALLOWED`
says for each which rule allows it.
"""

import urllib.parse

BLANKS = ("", " ", "\t", "  ", " \t ")
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
IN_PATH = UNRESERVED | frozenset(b"!$&'()*,;=:@/")
"""What may stand in a path as it is; a plus would be a blank."""
IN_QUERY = UNRESERVED | frozenset(b"!$'()*+,;:@/?")
"""What may stand in a query as it is, but for the two signs that part it."""
UNSIGNED = (
    ("accept", "*/*"),
    ("accept", "text/xml"),
    ("user-agent", "a b"),
    ("x-forwarded-for", "203.0.113.7"),
    ("cookie", "a=b; c=d"),
    ("amz-sdk-invocation-id", "1"),
    ("connection", "keep-alive"),
)

BEHIND_BODY = (
    ("host", "elsewhere.test"),
    ("x-amz-meta-new", "1"),
    ("x-amz-date", "20010101T000000Z"),
    ("content-encoding", "gzip"),
    ("x-amz-target", "AWSOrganizationsV20161128.ListRoots"),
)


def blanks_around_values(dice, _drawn, request):
    request.headers = [
        (name, dice.choice(BLANKS) + value + dice.choice(BLANKS)) for name, value in request.headers
    ]
    return True


def another_case_of_names(dice, _drawn, request):
    request.headers = [
        ("".join(dice.choice((each.upper(), each.lower())) for each in name), value)
        for name, value in request.headers
    ]
    return True


def another_order_of_headers(dice, _drawn, request):
    names = [name.lower() for name, _ in request.headers]
    if len(set(names)) < len(names):
        return False
    dice.shuffle(request.headers)
    return True


def other_runs_of_blanks(dice, _drawn, request):
    def respelled(name, value):
        if name.lower() == "authorization" or " " not in value.strip():
            return value
        words = value.split(" ")
        return (
            "".join(word + dice.choice((" ", "  ", "\t", " \t")) for word in words[:-1]) + words[-1]
        )

    before = [*request.headers]
    request.headers = [(name, respelled(name, value)) for name, value in request.headers]
    return before != request.headers


def lists_in_several_lines(_dice, drawn, request):
    lines = []
    for name, value in request.headers:
        is_list = name.lower() in drawn.signed and name.lower().startswith("x-amz-meta-")
        lines += [(name, part) for part in value.split(",")] if is_list else [(name, value)]
    is_changed = len(lines) > len(request.headers)
    request.headers = lines
    return is_changed


def other_escapes_in_the_query(dice, _drawn, request):
    request.query = [
        "=".join(
            respelled(dice, urllib.parse.unquote_to_bytes(part), IN_QUERY)
            for part in piece.split("=", 1)
        )
        for piece in request.query
    ]
    return bool(request.query)


def another_order_of_parameters(dice, _drawn, request):
    dice.shuffle(request.query)
    return len(request.query) > 1


def other_escapes_in_the_path(dice, drawn, request):
    if not drawn.is_s3:
        return False
    _, bucket, key = request.path.split("/", 2)
    raw = urllib.parse.unquote_to_bytes(key.replace("+", "%20"))
    first, *others = respelled(dice, raw, IN_PATH).split("%20")
    spelled = first + "".join(dice.choice(("%20", "+")) + piece for piece in others)
    request.path = f"/{bucket}/{spelled}"
    return True


def respelled(dice, raw, plain):
    """Return bytes in one of the percent-encodings that mean the same (RFC 3986, 6.2.2)."""
    out = []
    for byte in raw:
        way = dice.random()
        if byte in plain and way < 0.7:
            out.append(chr(byte))
        else:
            out.append(f"%{byte:02X}" if way < 0.85 else f"%{byte:02x}")
    return "".join(out)


def unsigned_headers(dice, _drawn, request):
    for pair in dice.sample(UNSIGNED, dice.randint(1, 4)):
        request.headers.insert(dice.randint(0, len(request.headers)), pair)
    return True


def an_empty_line_first(_dice, _drawn, request):
    request.head_start = "\r\n"
    return True


def a_body_in_chunks(_dice, drawn, request):
    request.is_chunked = bool(request.body) and not drawn.is_s3
    return request.is_chunked


def fields_behind_a_body(dice, _drawn, request):
    if not request.is_chunked:
        return False
    request.trailers = dice.sample(BEHIND_BODY, dice.randint(1, 3))
    return True


def other_blanks_in_authorization(dice, _drawn, request):
    def respelled_parts(value):
        algorithm, _, rest = value.partition(" ")
        parts = [part.strip(" ") for part in rest.split(",")]
        dice.shuffle(parts)
        return algorithm + " " + dice.choice((",", ", ", " , ")).join(parts)

    before = [*request.headers]
    request.headers = [
        (name, respelled_parts(value.strip(" \t")) if name.lower() == "authorization" else value)
        for name, value in request.headers
    ]
    return before != request.headers


ALLOWED = {
    other_blanks_in_authorization: "RFC 9110, 11.4",
    other_escapes_in_the_query: "RFC 3986, 6.2.2",
    another_order_of_parameters: "IAM user guide, canonical query string",
    other_escapes_in_the_path: "RFC 3986, 6.2.2; S3 reads a plus as a blank",
    other_runs_of_blanks: "IAM user guide, canonical headers",
    another_order_of_headers: "RFC 9110, 5.3",
    lists_in_several_lines: "RFC 9110, 5.3; IAM user guide, canonical headers",
    unsigned_headers: "IAM user guide, signed headers",
    another_case_of_names: "RFC 9110, 5.1",
    blanks_around_values: "RFC 9110, 5.5",
    a_body_in_chunks: "RFC 9112, 7.1",
    fields_behind_a_body: "RFC 9110, 6.5.1: they are no headers",
    an_empty_line_first: "RFC 9112, 2.2",
}
"""What may be changed, in the order in which several are applied, and the rule that allows it."""


def deform(dice, drawn):
    """Return the request in another spelling, and the names of what was changed."""
    while True:
        request = drawn.request.copy()
        wanted = [each for each in ALLOWED if dice.random() < 0.35]
        applied = [each.__name__ for each in wanted if each(dice, drawn, request)]
        if applied:
            return request, applied
