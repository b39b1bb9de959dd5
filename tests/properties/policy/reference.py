"""A second evaluator of policies: short, slow, and written from the rules alone; it shares nothing with the engine.

Covers what the differential run generates: actions, resources and their Not-forms, a few operators, principals, and how identity
policies, boundary, session policies and a resource's policy combine.
"""


def as_list(value):
    return value if isinstance(value, list) else [value]


def like(pattern, text):
    """A star is any run, a question mark one character; found by trying everything."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(like(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in {"?", text[0]} and like(pattern[1:], text[1:])


def action_matches(pattern, action):
    if pattern == "*":
        return True
    service, _, name = pattern.lower().partition(":")
    asked_service, _, asked = action.lower().partition(":")
    return bool(name) and service == asked_service and like(name, asked)


def resource_matches(pattern, resource):
    # Generated patterns have no star in their first five parts, so that the whole is one pattern.
    return pattern == "*" or (resource != "*" and like(pattern, resource))


def condition_holds(operator, key, values, context):
    values = as_list(values)
    exists = key in context
    base, if_exists = operator.removesuffix("IfExists"), operator.endswith("IfExists")
    if base == "Null":
        return str(not exists).lower() in values
    if base.startswith("ForAllValues:"):
        return all(one(base[13:], value, values) for value in as_list(context.get(key, [])))
    if base.startswith("ForAnyValue:"):
        return any(one(base[12:], value, values) for value in as_list(context.get(key, [])))
    if not exists:
        return if_exists or "Not" in base
    return one(base, context[key], values)


def one(base, value, values):
    tests = {
        "StringEquals": lambda wanted: value == wanted,
        "StringLike": lambda wanted: like(wanted, value),
        "NumericLessThan": lambda wanted: (
            value.isdigit() and wanted.isdigit() and int(value) < int(wanted)
        ),
        "Bool": lambda wanted: value in {"true", "false"} and value == wanted,
    }
    if "Not" in base:
        return not any(map(tests[base.replace("Not", "")], values))
    return any(map(tests[base], values))


def applies(statement, action, resource, context, *, attached):
    if "Action" in statement:
        if not any(action_matches(each, action) for each in as_list(statement["Action"])):
            return False
    elif any(action_matches(each, action) for each in as_list(statement["NotAction"])):
        return False
    if "Resource" in statement:
        if not any(resource_matches(each, resource) for each in as_list(statement["Resource"])):
            return False
    elif "NotResource" in statement:
        if any(resource_matches(each, resource) for each in as_list(statement["NotResource"])):
            return False
    elif not attached:
        return False
    return all(
        condition_holds(operator, key, values, context)
        for operator, block in statement.get("Condition", {}).items()
        for key, values in block.items()
    )


def says(documents, action, resource, context):
    """Deny, Allow or nothing, of policies without principals."""
    hits = [
        s["Effect"]
        for d in documents
        for s in d["Statement"]
        if applies(s, action, resource, context, attached=False)
    ]
    return "Deny" if "Deny" in hits else "Allow" if "Allow" in hits else None


def named(principal, caller):
    """How a principal names the caller: every way in which it does."""
    entries = ["*"] if principal == "*" else as_list(principal["AWS"])
    ways = set()
    for entry in entries:
        if (
            entry == "*"
            or entry == caller["arn"]
            or (caller["kind"] == "user" and entry == caller["id"])
        ):
            ways.add("direct")
        if caller["kind"] == "session" and entry in {caller["role"], caller["id"]}:
            ways.add("entity")
        if entry in {caller["account"], f"arn:aws:iam::{caller['account']}:root"}:
            ways.add("account")
    # Within one entry list the strongest way counts for its statement.
    for way in ("direct", "entity", "account"):
        if way in ways:
            return way
    return None


def decide(
    caller, action, resource, owner, context, identity, boundary, session, trust, requires_grant
):
    grants, denied = set(), False
    for statement in trust["Statement"] if trust else []:
        way = named(statement["Principal"], caller)
        if way and applies(statement, action, resource, context, attached=True):
            if statement["Effect"] == "Deny":
                denied = True
            grants.add(way)
    layers = [says(identity, action, resource, context)]
    caps = [says([boundary], action, resource, context)] if boundary else []
    caps += [says(session, action, resource, context)] if session is not None else []
    if denied or "Deny" in [*layers, *caps]:
        return "ExplicitlyDenied"
    if trust and any(s["Effect"] == "Deny" for s in trust["Statement"]):
        grants = {
            way for statement in trust["Statement"] if statement["Effect"] == "Allow"
            and (way := named(statement["Principal"], caller)) and applies(statement, action, resource, context, attached=True)
        }  # fmt: skip
    own, capped = layers[0] == "Allow", all(cap == "Allow" for cap in caps)
    if caller["account"] != owner:
        return "Allowed" if grants and own and capped else "ImplicitlyDenied"
    if "direct" in grants or ("entity" in grants and capped):
        return "Allowed"
    if own and capped and (not requires_grant or "account" in grants):
        return "Allowed"
    return "ImplicitlyDenied"
