"""A second evaluator of policies: short, slow, and written from the rules alone.

It shares no code with the engine and is never made quick. It takes questions in the versioned
format and returns the name of the outcome.
"""

import base64
import datetime
import ipaddress
import itertools
import re
from fractions import Fraction

NO_ACCOUNT = {"service", "web-identity", "saml", "anonymous"}
WITHOUT_RCPS = {
    "iam",
    "organizations",
    "account",
    "sso",
    "sso-oauth",
    "identitystore",
    "signin",
    "rolesanywhere",
}
RANKS = ["account", "entity", "direct"]


def as_list(value):
    return value if isinstance(value, list) else [value]


# Patterns: a pattern is a list of characters, where a wildcard is a pair.

STAR, ONE = ("*",), ("?",)


def pattern(text, wild=True):
    return [(STAR if c == "*" else ONE if c == "?" else c) if wild else c for c in text]


def like(tokens, text):
    """Which places of the text can be reached after each token."""
    places = {0}
    for token in tokens:
        if token == STAR:
            places = {p for place in places for p in range(place, len(text) + 1)}
        else:
            places = {
                place + 1
                for place in places
                if place < len(text) and (token == ONE or token == text[place])
            }
    return len(text) in places


def cut(text, variables):
    """Cut a text into plain pieces and variables, which are given as lists of one."""
    if not variables or "${" not in text:
        return [text]
    before, _, rest = text.partition("${")
    if "}" not in rest:
        return [text]
    inside, _, after = rest.partition("}")
    return [before, [inside], *cut(after, variables)]


def expand(text, context, variables, wild=True):
    """The pattern with every variable put in; None where one has no value."""
    tokens = []
    for piece in cut(text, variables):
        if isinstance(piece, str):
            tokens += pattern(piece, wild)
            continue
        name = piece[0]
        if name in ("*", "?", "$"):
            tokens += [name]
            continue
        key, comma, default = name.partition(", '")
        has_default = bool(comma) and default.endswith("'")
        value = lookup(context, key if has_default else name)
        if not isinstance(value, str):
            if not has_default:
                return None
            value = default[:-1]
        tokens += list(value)
    return tokens


def lookup(context, key):
    return next((value for name, value in context.items() if name.lower() == key.lower()), None)


def six_parts(text, variables):
    """Split at the first five colons that are not inside a variable."""
    parts = [""]
    for piece in cut(text, variables):
        if isinstance(piece, list):
            parts[-1] += "${" + piece[0] + "}"
            continue
        for character in piece:
            if character == ":" and len(parts) < 6:
                parts.append("")
            else:
                parts[-1] += character
    return parts


# Elements.


def action_matches(entry, action):
    if entry == "*":
        return True
    service, colon, name = entry.partition(":")
    asked_service, _, asked = action.partition(":")
    if not colon or not name or not entry.isascii() or any(c.isspace() for c in name):
        return False
    return service.lower() == asked_service.lower() and like(pattern(name.lower()), asked.lower())


def is_obscure_resource(entry, variables, kind):
    """A short ARN without a wildcard, in a resource's, a role's or an endpoint's policy."""
    is_short = len(six_parts(entry, variables)) < 6
    return is_short and kind in {"resource", "trust", "vpce"} and not set("*?") & set(entry)


def resource_matches(entry, resource, context, variables):
    if entry and set(entry) == {"*"}:
        return True
    if resource == "*":
        return False
    parts = six_parts(entry, variables)
    parts += ["*"] * (6 - len(parts))
    tail = expand(parts[5], context, variables)
    if tail is None:
        return False
    pieces = resource.split(":")

    def walk(part, at):
        """Match the parts from a piece on; a star at the end of a part may match more pieces."""
        if part == 5:
            return at < len(pieces) and like(tail, ":".join(pieces[at:]))
        most = len(pieces) - at if parts[part].endswith("*") else 1
        for count in range(1, most + 1):
            taken = ":".join(pieces[at : at + count])
            if (
                at + count <= len(pieces)
                and segment(parts[part], taken)
                and walk(part + 1, at + count)
            ):
                return True
        return False

    return len(pieces) >= 6 and walk(0, 0)


def segment(entry, text):
    """Only a star at the very end runs past colons."""
    if entry.endswith("*"):
        head = entry[:-1]
        return any(
            ":" not in text[:at] and like(pattern(head), text[:at]) for at in range(len(text) + 1)
        )
    return ":" not in text and like(pattern(entry), text)


def number(text):
    try:
        whole = Fraction(text)
    except ValueError:
        return None
    plain = all(c in "0123456789.+-" for c in text)
    return whole if plain else None


def moment(text):
    if re.fullmatch(r"-?[0-9]+", text):
        return Fraction(int(text))
    if not re.fullmatch(
        r"\d{4}-\d\d(-\d\d([Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)?)?)?", text
    ):
        return None
    for size in (7, 10):
        if len(text) == size:
            text = (text + "-01" if size == 7 else text) + "T00:00:00Z"
    text = text.upper()
    if len(text) == 17 and text.endswith("Z"):
        text = text[:-1] + ":00Z"
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=datetime.UTC)
    return Fraction(str(found.timestamp()))


def numeral(text):
    """An address; an IPv4-mapped one is the IPv4 address."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if "%" in text:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def block(text):
    """A range: the number of its leading bits counts from the address's own first bit."""
    head, slash, length = text.partition("/")
    found = numeral(head)
    if found is None or (slash and not re.fullmatch("[0-9]{1,3}", length)):
        return None
    written = 128 if ":" in head else 32
    bits = (int(length) if slash else written) - (written - found.max_prefixlen)
    if bits < 0 or bits > found.max_prefixlen:
        return None
    return ipaddress.ip_network((found, bits), strict=False)


def inside(value, wanted):
    found, whole = numeral(value), block(wanted)
    return found is not None and whole is not None and found in whole


def octets(text):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def both(read, test):
    def compare(value, wanted, _context, _variables):
        left, right = read(value), read(wanted)
        return left is not None and right is not None and test(left, right)

    return compare


def text_test(wild, fold=False):
    def compare(value, wanted, context, variables):
        tokens = expand(wanted, context, variables, wild)
        if tokens is None:
            return False
        if fold:
            return "".join(tokens).lower() == value.lower()
        return like(tokens, value)

    return compare


def arn_test(value, wanted, context, variables):
    pieces = cut(wanted, variables)
    if len(pieces) == 3 and pieces[0] == pieces[2] == "":
        # One variable alone stands for a whole ARN.
        tokens = expand(wanted, context, variables, wild=False)
        return tokens is not None and "".join(tokens) == value and value.count(":") >= 5
    parts, found = six_parts(wanted, variables), value.split(":", 5)
    if len(parts) < 6 or len(found) < 6:
        return False
    expanded = [expand(part, context, variables) for part in parts]
    return None not in expanded and all(map(like, expanded, found))


ORDER = {
    "Equals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}
TESTS = {
    "StringEquals": text_test(wild=False),
    "StringEqualsIgnoreCase": text_test(wild=False, fold=True),
    "StringLike": text_test(wild=True),
    "ArnEquals": arn_test,
    "ArnLike": arn_test,
    "Bool": both(str.lower, lambda a, b: a == b and a in {"true", "false"}),
    "BinaryEquals": both(octets, lambda a, b: a == b),
    "IpAddress": lambda value, wanted, _context, _variables: inside(value, wanted),
    **{f"Numeric{name}": both(number, test) for name, test in ORDER.items()},
    **{f"Date{name}": both(moment, test) for name, test in ORDER.items()},
}
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}


def is_legible(base, value, variables):
    """Whether the operator can read a value of the policy."""
    kind = NEGATED.get(base, base)
    if kind in {"Bool", "Null"}:
        return value.lower() in {"true", "false"}
    if kind.startswith("Arn"):
        pieces = cut(value, variables)
        alone = (
            len(pieces) == 3
            and pieces[0] == pieces[2] == ""
            and pieces[1][0] not in ("*", "?", "$")
        )
        return alone or len(six_parts(value, variables)) == 6
    readers = {"Numeric": number, "Date": moment, "Binary": octets, "IpAddress": block}
    reader = next((read for name, read in readers.items() if kind.startswith(name)), str)
    return reader(value) is not None


def condition_holds(operator, key, values, context, variables, effect):
    values = [str(v).lower() if isinstance(v, bool) else str(v) for v in as_list(values)]
    found = lookup(context, key)
    if found == []:
        found = None
    qualifier, _, rest = operator.rpartition(":")
    base = rest.removesuffix("IfExists")
    if_exists = base != rest
    is_known = base in TESTS or base in NEGATED or (base == "Null" and not if_exists)
    if not is_known or qualifier not in {"", "ForAllValues", "ForAnyValue"}:
        return effect == "Deny"
    legible = [value for value in values if is_legible(base, value, variables)]
    if len(legible) < len(values):
        # An unreadable value opens nothing: a Deny applies; an Allow ignores the value, or never
        # applies if the operator is negated.
        if effect == "Deny":
            return True
        if base in NEGATED:
            return False
        values = legible
    if base == "Null":
        if qualifier:
            return qualifier == "ForAllValues"
        return ("true" if found is None else "false") in [v.lower() for v in values]

    def satisfied(value):
        if not values:
            return base in NEGATED and not qualifier and not if_exists
        hits = [TESTS[NEGATED.get(base, base)](value, w, context, variables) for w in values]
        return not any(hits) if base in NEGATED else any(hits)

    if qualifier == "ForAllValues":
        return found is None or all(satisfied(v) for v in as_list(found))
    if qualifier == "ForAnyValue":
        return found is not None and any(satisfied(v) for v in as_list(found))
    if found is None:
        return if_exists or base in NEGATED
    return isinstance(found, str) and satisfied(found)


# Principals.


def account_of(entry):
    if len(entry) == 12 and entry.isdigit():
        return entry
    if entry.startswith("arn:") and entry.endswith(":root"):
        return entry.split(":")[4]
    return None


def is_obscure(kind, entry):
    """Whether an entry is unreadable: it has a wildcard or a variable, or is no name at all.

    `*` under another type than AWS is unreadable too.
    """
    if kind == "AWS" and entry == "*":
        return False
    if not entry or any(mark in entry for mark in ("*", "?", "${")):
        return True
    is_name = re.fullmatch(r"[0-9]{12}|(AIDA|AROA)[A-Za-z0-9]+", entry) or entry.count(":") >= 5
    return kind == "AWS" and not is_name


def may_mean(kind, entry, caller):
    """Whether an unreadable entry may mean the caller.

    It means the account in it, or, without an account, everybody of its kind.
    """
    who = caller["kind"]
    if kind == "Service":
        return who == "service"
    if kind == "Federated":
        return who in {"web-identity", "saml"}
    if who in NO_ACCOUNT:
        return False
    parts = entry.split(":")
    account = parts[4] if kind == "AWS" and len(parts) >= 6 else ""
    return account == caller["account"] if re.fullmatch("[0-9]{12}", account) else True


def denied_ways(kind, entry, caller):
    """Every way in which one entry of a Deny names the caller."""
    if (kind, entry) == ("AWS", "*"):
        return {"direct"}
    if is_obscure(kind, entry):
        return {"account"} if may_mean(kind, entry, caller) else set()
    return ways(kind, entry, caller)


def ways(kind, entry, caller):
    """Every way in which one entry names the caller, in an Allow."""
    who = caller["kind"]
    if is_obscure(kind, entry):
        return set()
    if who in {"web-identity", "saml"}:
        return {"direct"} if kind == "Federated" and entry == caller["arn"] else set()
    if kind == "AWS" and entry == "*":
        return {"direct"}
    if who == "service":
        return {"direct"} if kind == "Service" and entry == caller["arn"] else set()
    if who == "anonymous":
        return set()
    found = set()
    if kind == "AWS":
        if account_of(entry) == caller["account"]:
            found.add("account")
        elif who == "user" and entry in {caller["arn"], caller.get("unique_id")}:
            found.add("direct")
        elif who == "role-session":
            found |= {"direct"} if entry == caller["arn"] else set()
            found |= {"entity"} if entry in {caller["role_arn"], caller.get("unique_id")} else set()
        elif who == "federated-user":
            found |= {"direct"} if entry == caller["arn"] else set()
            found |= {"entity"} if entry in {caller["user_arn"], caller.get("unique_id")} else set()
    if kind == "CanonicalUser" and entry == caller.get("canonical_user"):
        found.add("account")
    return found


def entries_of(element):
    if element == "*":
        return [("AWS", "*")]
    return [(kind, entry) for kind, listed in element.items() for entry in as_list(listed)]


def named(statement, caller, layer, boundary):
    """The strongest way in which a statement names the caller, or None."""
    if "Principal" in statement:
        entries = entries_of(statement["Principal"])
        if layer in {"rcp", "vpce"} and ("AWS", "*") in entries:
            return "direct"
        how = denied_ways if statement["Effect"] == "Deny" else ways
        found = set().union(*(how(kind, entry, caller) for kind, entry in entries))
        if layer == "vpce" and statement["Effect"] == "Allow" and caller["kind"] != "root":
            # A gateway endpoint's account is its root user.
            found.discard("account")
        return max(found, key=RANKS.index, default=None)
    if "NotPrincipal" not in statement:
        return None
    entries = entries_of(statement["NotPrincipal"])
    if statement["Effect"] == "Allow":
        if layer == "trust" or caller["kind"] in {"web-identity", "saml"}:
            return None
        if any(is_obscure(kind, entry) for kind, entry in entries):
            return None
        return None if any(ways(kind, entry, caller) for kind, entry in entries) else "direct"
    return None if spared(entries, caller) and not boundary else "direct"


def spared(entries, caller):
    """Whether a Deny with NotPrincipal exempts the caller: all its identities must be listed.

    An unreadable entry lists nobody.
    """
    entries = [(kind, entry) for kind, entry in entries if not is_obscure(kind, entry)]
    listed = {entry for kind, entry in entries if kind == "AWS"}
    if "*" in listed:
        return True
    if caller["kind"] in NO_ACCOUNT:
        return any(ways(kind, entry, caller) for kind, entry in entries)
    if caller["account"] not in {account_of(entry) for entry in listed}:
        return False
    unique = caller.get("unique_id")
    if caller["kind"] == "user":
        return bool(listed & {caller["arn"], unique})
    if caller["kind"] == "role-session":
        return caller["arn"] in listed and bool(listed & {caller["role_arn"], unique})
    if caller["kind"] == "federated-user":
        is_roots = caller["user_arn"].endswith(":root")
        return caller["arn"] in listed and (is_roots or bool(listed & {caller["user_arn"], unique}))
    return True


# Statements, sets, the whole.


def applies(statement, version, request, layer):
    action, resource, context = request["action"], request["resource"], request.get("context", {})
    variables, effect = version == "2012-10-17", statement["Effect"]
    hits = lambda name, test: any(test(entry) for entry in as_list(statement[name]))
    speaks = lambda entry: action_matches(entry, action)
    covers = lambda entry: resource_matches(entry, resource, context, variables)
    obscure = lambda entry: is_obscure_resource(entry, variables, layer)
    if "Action" in statement:
        if not hits("Action", speaks):
            return False
    elif "NotAction" not in statement or hits("NotAction", speaks):
        return False
    if "Resource" in statement:
        opens = lambda entry: covers(entry) and (effect == "Deny" or not obscure(entry))
        if not hits("Resource", opens):
            return False
    elif "NotResource" in statement:
        if effect == "Allow" and hits("NotResource", obscure):
            return False
        if hits("NotResource", lambda entry: covers(entry) and not obscure(entry)):
            return False
    elif layer != "trust":
        return False
    return all(
        condition_holds(operator, key, values, context, variables, effect)
        for operator, block in statement.get("Condition", {}).items()
        for key, values in block.items()
    )


def says(documents, request, layer, boundary):
    """Whether anything denies, and every way in which something allows."""
    denies, allows = False, set()
    for document in documents:
        for statement in as_list(document["Statement"]):
            has_principal = "Principal" in statement or "NotPrincipal" in statement
            if layer in {"resource", "trust", "rcp", "vpce"}:
                way = named(statement, request["principal"], layer, boundary)
                if way is None:
                    continue
            else:
                way = "yes"
                if has_principal and statement["Effect"] == "Allow":
                    continue
            if not applies(statement, document.get("Version"), request, layer):
                continue
            if statement["Effect"] == "Deny":
                denies = True
            else:
                allows.add(way)
    return denies, allows


def decide(question):
    request, policies = question["request"], question["policies"]
    caller, owner = request["principal"], request["resource_account"]
    kind = caller["kind"]
    if (
        request["action"].lower() in {"sts:getcalleridentity", "sts:getsessiontoken"}
        and kind != "anonymous"
    ):
        return "Allowed"
    service, arn = request["action"].lower().split(":")[0], request["resource"].split(":", 5)
    on_role = service == "sts" and arn[2:3] == ["iam"] and arn[-1].startswith("role/")
    on_key = service == "kms" and arn[2:3] == ["kms"] and arn[-1].startswith("key/")
    linked = kind == "role-session" and ":role/aws-service-role/" in caller["role_arn"]
    boundary = "boundary" in policies
    look = lambda documents, layer: says(documents, request, layer, boundary)

    identity = look(policies.get("identity", []), "identity")
    caps = [look(policies[name], name) for name in ("boundary", "session") if name in policies]
    scopes = [look([each], "session") for each in policies.get("scope-down", [])]
    resource = look(
        [policies["resource"]] if "resource" in policies else [], "trust" if on_role else "resource"
    )
    scps = (
        []
        if kind in NO_ACCOUNT or linked
        else [look(level, "scp") for level in policies.get("scp", [])]
    )
    is_bitten = service not in WITHOUT_RCPS and request["action"].lower() != "kms:retiregrant"
    rcps = (
        [look(level, "rcp") for level in policies.get("rcp", [])]
        if is_bitten and not linked
        else []
    )
    endpoint = [look(policies["vpce"], "vpce")] if "vpce" in policies else []

    if any(denies for denies, _ in [identity, *caps, *scopes, resource, *scps, *rcps, *endpoint]):
        return "ExplicitlyDenied"
    if not all(allows for _, allows in itertools.chain(scps, endpoint, scopes)):
        return "ImplicitlyDenied"
    grants = resource[1]
    is_roots = kind == "root" or (kind == "federated-user" and caller["user_arn"].endswith(":root"))
    own = is_roots or bool(identity[1])
    capped = all(allows for _, allows in caps) and not (
        kind == "federated-user" and "session" not in policies
    )
    if kind in NO_ACCOUNT:
        yes = "direct" in grants
    elif caller["account"] != owner:
        yes = bool(grants) and own and capped
    else:
        yes = (
            "direct" in grants
            or ("entity" in grants and capped)
            or (own and capped and (not (on_role or on_key) or "account" in grants))
        )
    return "Allowed" if yes else "ImplicitlyDenied"
