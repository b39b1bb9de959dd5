"""Changes of a signed request that no standard allows: whatever is changed, it must be refused.

A function changes a request in place and returns whether there was something to change.
"""

import urllib.parse

NO_WHITE_SPACE = ("\x0b", "\x0c", "\xa0", "\x00")
"""What some languages strip from a text, and HTTP does not."""


def _another(dice, character):
    return dice.choice([each for each in "abcdefghij0123456789" if each != character.lower()])


def _changed(dice, text):
    """Return a text with one letter or digit exchanged; None if it has none."""
    places = [at for at, each in enumerate(text) if each.isascii() and each.isalnum()]
    if not places:
        return None
    at = dice.choice(places)
    return text[:at] + _another(dice, text[at]) + text[at + 1 :]


def _signed_places(drawn, request):
    return [
        at
        for at, (name, _) in enumerate(request.headers)
        if name.lower() in drawn.signed and name.lower() != "authorization"
    ]


def _authorization(request):
    return next(
        (at for at, (name, _) in enumerate(request.headers) if name.lower() == "authorization"),
        None,
    )


def another_method(dice, _drawn, request):
    others = {"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "get"} - {request.method}
    request.method = dice.choice(sorted(others))
    return True


def another_value_of_a_signed_header(dice, drawn, request):
    at = dice.choice(_signed_places(drawn, request))
    name, value = request.headers[at]
    changed = _changed(dice, value)
    if changed is None:
        return False
    request.headers[at] = (name, changed)
    return True


def a_signed_header_left_out(dice, drawn, request):
    del request.headers[dice.choice(_signed_places(drawn, request))]
    return True


def a_signed_header_sent_twice(dice, drawn, request):
    request.headers.append(request.headers[dice.choice(_signed_places(drawn, request))])
    return True


def authorization_sent_twice(_dice, _drawn, request):
    at = _authorization(request)
    if at is None:
        return False
    request.headers.append(request.headers[at])
    return True


def a_list_in_another_order(_dice, drawn, request):
    for at in _signed_places(drawn, request):
        name, value = request.headers[at]
        parts = value.split(",")
        if len({" ".join(part.split()) for part in parts}) > 1:
            turned = [*parts[1:], parts[0]]
            request.headers[at] = (name, ",".join(turned))
            before, after = (
                ",".join(" ".join(part.split()) for part in each) for each in (parts, turned)
            )
            if before != after:
                return True
    return False


def a_blank_left_out(_dice, drawn, request):
    for at in _signed_places(drawn, request):
        name, value = request.headers[at]
        words = value.split()
        if len(words) > 1:
            request.headers[at] = (name, "".join(words))
            return True
    return False


def what_is_no_white_space(dice, drawn, request):
    at = dice.choice(_signed_places(drawn, request))
    name, value = request.headers[at]
    pad = dice.choice(NO_WHITE_SPACE)
    request.headers[at] = (name, dice.choice((pad + value, value + pad)))
    return True


def an_unsigned_header_of_aws(dice, _drawn, request):
    pairs = (
        ("x-amz-meta-new", "1"),
        ("x-amz-acl", "bucket-owner-full-control"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-storage-class", "STANDARD"),
        ("x-amz-copy-source", "/kept/other"),
    )
    request.headers.append(dice.choice(pairs))
    return True


def another_path(dice, drawn, request):
    path = request.path
    if not drawn.is_s3:
        request.path = dice.choice(("//", "/.", "/./", "/..", "/x/..", "/x", "/%2e", "/%2F", "/*"))
        return True
    _, bucket, key = path.split("/", 2)
    at = dice.randrange(len(key) + 1)
    while key[max(0, at - 2) : at].count("%"):
        at -= 1
    ways = (
        f"/{bucket}/{key}x",
        f"/{bucket}/{key}/",
        f"/{bucket}/{key}%00",
        f"/{bucket}/./{key}",
        f"/{bucket}/x/../{key}",
        f"/{bucket}/%2e/{key}",
        f"/{bucket}//{key}",
        f"/other/{key}",
        f"/{bucket.upper()}/{key}",
        f"/x/../{bucket}/{key}",
        f"//{bucket}/{key}",
        f"/{bucket}%2F{key}",
        f"/{bucket}/{key[:at]}%zz{key[at:]}",
        f"/{bucket}/{key[:at]}%{key[at:]}" if not _is_hex(key[at : at + 2]) else f"/{bucket}",
        f"/{bucket}/{key.replace('%', '%25', 1)}" if "%" in key else f"/{bucket}/{key}%25",
    )
    request.path = dice.choice(ways)
    return True


def _is_hex(text):
    return len(text) == 2 and all(each in "0123456789abcdefABCDEF" for each in text)


def a_plus_for_another_character(dice, drawn, request):
    """Exchange a plus and a blank: in a path `+` is the blank, in a query it is the plus."""
    path, query = request.path, "&".join(request.query)
    ways = []
    if drawn.is_s3:
        ways += [(path.replace("%2B", "+", 1), query), (path.replace("%20", "%2B", 1), query)]
        ways += [(path.replace("+", "%2B", 1), query)]
    ways += [(path, query.replace("%20", "+", 1)), (path, query.replace("+", "%20", 1))]
    ways = [each for each in ways if each != (path, query)]
    if not ways:
        return False
    request.path, found = dice.choice(ways)
    request.query = found.split("&") if found else []
    return True


def another_query(dice, _drawn, request):
    pieces = request.query
    added = ("a=b", "versionId=x", "x-id=Other", "response-expires=x", "Version=2011-06-15", "acl")
    ways = ["added"] + (
        ["changed", "dropped", "doubled", "broken", "encoded twice"] if pieces else []
    )
    way = dice.choice(ways)
    if way == "added":
        pieces.insert(dice.randint(0, len(pieces)), dice.choice(added))
        return True
    at = dice.randrange(len(pieces))
    name, equals, value = pieces[at].partition("=")
    if way == "dropped":
        del pieces[at]
    elif way == "doubled":
        pieces.append(pieces[at])
    elif way == "broken":
        pieces[at] += dice.choice(("%", "%zz", "%0"))
    elif way == "encoded twice":
        pieces[at] = (
            name + equals + (value.replace("%", "%25", 1) if "%" in value else value + "%25")
        )
    else:
        changed = _changed(dice, urllib.parse.unquote(value))
        if changed is None:
            return False
        pieces[at] = name + "=" + urllib.parse.quote(changed, safe="")
    return True


def another_signature(dice, _drawn, request):
    def respelled(text):
        start, _, signature = text.rpartition("Signature=")
        signature, _, rest = signature.partition(",")
        ways = (
            _changed(dice, signature),
            signature.upper() if signature.upper() != signature else signature[:-1],
            signature[:-1],
            signature + "0",
            "0" * 64,
            "",
        )
        return start + "Signature=" + dice.choice(ways) + ("," + rest if rest else "")

    return _in_authentication(request, "Signature=", respelled)


def another_scope(dice, _drawn, request):
    ways = (
        ("us-east-1", "us-east-2"),
        ("us-east-1", "no region"),
        ("us-east-1", "*"),
        ("aws4_request", "aws5_request"),
        ("/us-east-1/s3/", "/us-east-1/s3express/"),
        ("/us-east-1/iam/", "/us-east-1/sts/"),
        ("/20", "/19"),
    )

    def respelled(text):
        decoded = urllib.parse.unquote(text)
        found = [each for each in ways if each[0] in decoded]
        old, new = dice.choice(found)
        if decoded == text:
            return text.replace(old, new, 1)
        return urllib.parse.quote(decoded.replace(old, new, 1), safe="=")

    return _in_authentication(request, "Credential=", respelled)


def _in_authentication(request, part, respelled):
    at = _authorization(request)
    if at is not None:
        name, value = request.headers[at]
        request.headers[at] = (name, respelled(value))
        return request.headers[at] != (name, value)
    for at, piece in enumerate(request.query):
        if piece.startswith("X-Amz-" + part):
            request.query[at] = respelled(piece)
            return request.query[at] != piece
    return False


def another_date(dice, drawn, request):
    if drawn.is_presigned:
        for at, piece in enumerate(request.query):
            if piece.startswith("X-Amz-Expires="):
                request.query[at] = "X-Amz-Expires=" + dice.choice(("601", "604801", "-1", "0", ""))
                return True
        return False
    for at, (name, value) in enumerate(request.headers):
        if name.lower() == "x-amz-date":
            request.headers[at] = (
                name,
                dice.choice((value[:-2] + "zZ", value + "x", "20010101T000000Z", "")),
            )
            return True
    return False


def both_mechanisms(_dice, drawn, request):
    if drawn.is_presigned:
        scope = "A/20260101/us-east-1/s3/aws4_request"
        value = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"
        request.headers.append(("authorization", value))
    else:
        request.query.append("X-Amz-Signature=" + "0" * 64)
    return True


def another_host(dice, _drawn, request):
    ways = ("", "a b", "a/b?x#y", "user@127.0.0.1", "127.0.0.1:80:80", "[::1", "elsewhere.test")
    for at, (name, _) in enumerate(request.headers):
        if name.lower() == "host":
            request.headers[at] = (name, dice.choice(ways))
            return True
    return False


def another_host_as_well(_dice, _drawn, request):
    request.headers.append(("host", "elsewhere.test"))
    return True


def a_header_that_is_none(dice, drawn, request):
    at = dice.choice(_signed_places(drawn, request))
    name, value = request.headers[at]
    ways = (
        (name + " ", value),
        (name, value + "\r\n folded"),
        (name, value + "\nx: y"),
        (" " + name, value),
    )
    request.headers[at] = dice.choice(ways)
    return True


def a_second_length(dice, _drawn, request):
    if not request.body or request.is_chunked:
        return False
    pairs = (
        ("content-length", "1"),
        ("content-length", "99"),
        ("transfer-encoding", "chunked"),
        ("content-length", str(len(request.body))),
    )
    request.headers.append(dice.choice(pairs))
    return True


def another_body(dice, _drawn, request):
    if not request.body:
        return False
    at = dice.randrange(len(request.body))
    request.body = request.body[:at] + bytes([request.body[at] ^ 1]) + request.body[at + 1 :]
    return True


FORBIDDEN = (
    another_method,
    another_value_of_a_signed_header,
    a_signed_header_left_out,
    a_signed_header_sent_twice,
    authorization_sent_twice,
    a_list_in_another_order,
    a_blank_left_out,
    what_is_no_white_space,
    an_unsigned_header_of_aws,
    another_path,
    a_plus_for_another_character,
    another_query,
    another_signature,
    another_scope,
    another_date,
    both_mechanisms,
    another_host,
    another_host_as_well,
    a_header_that_is_none,
    a_second_length,
    another_body,
)


def deform(dice, drawn):
    """Return the request with one change that nothing allows, and its name."""
    while True:
        request = drawn.request.copy()
        change = dice.choice(FORBIDDEN)
        if change(dice, drawn, request):
            return request, change.__name__
