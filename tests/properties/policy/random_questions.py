"""Questions drawn at random: every kind of caller, policy, element and operator.

There are few values of each, so that they often match. `dice` is anything with the methods
`choice`, `random`, `randint` and `sample` of `random.Random`.
"""

A, B = "111122223333", "444455556666"
USER = f"arn:aws:iam::{A}:user/team/u"
ROLE, SESSION = f"arn:aws:iam::{A}:role/p/r", f"arn:aws:sts::{A}:assumed-role/r/s"
FEDERATED = f"arn:aws:sts::{A}:federated-user/f"
ROOT = f"arn:aws:iam::{A}:root"
LINKED = f"arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
IDP, SAML = f"arn:aws:iam::{A}:oidc-provider/idp.example", f"arn:aws:iam::{A}:saml-provider/corp"
CALLERS = [
    {"kind": "user", "arn": USER, "account": A, "unique_id": "AIDAU", "canonical_user": "c" * 64},
    {"kind": "role-session", "arn": SESSION, "account": A, "role_arn": ROLE, "unique_id": "AROAR"},
    {
        "kind": "role-session",
        "arn": f"arn:aws:sts::{A}:assumed-role/AWSServiceRoleForX/s",
        "account": A,
        "role_arn": LINKED,
        "unique_id": "AROAX",
    },
    {
        "kind": "federated-user",
        "arn": FEDERATED,
        "account": A,
        "user_arn": USER,
        "unique_id": "AIDAU",
    },
    {"kind": "federated-user", "arn": FEDERATED, "account": A, "user_arn": ROOT},
    {"kind": "root", "arn": ROOT, "account": A},
    {"kind": "service", "arn": "ec2.amazonaws.com"},
    {"kind": "web-identity", "arn": IDP},
    {"kind": "saml", "arn": SAML},
    {"kind": "anonymous"},
]
OBSCURE = [
    *(
        ("AWS", entry)
        for entry in (
            f"arn:aws:iam::{A}:user/*",
            f"arn:aws:sts::{A}:assumed-role/r/*",
            f"arn:aws:iam::{B}:role/?",
            "arn:aws:iam::*:root",
            "AIDA*",
            "1111*",
            "alice",
            "",
            f"arn:aws:iam::{A}:user/${{k}}",
        )
    ),
    ("Service", "*"),
    ("Service", "*.amazonaws.com"),
    ("Federated", "*"),
    ("Federated", f"arn:aws:iam::{A}:oidc-provider/*"),
    ("CanonicalUser", "*"),
]
"""Principals that cannot be read."""
ENTRIES = [
    ("AWS", entry)
    for entry in (
        "*",
        A,
        B,
        ROOT,
        USER,
        ROLE,
        SESSION,
        FEDERATED,
        LINKED,
        "AIDAU",
        "AROAR",
        f"arn:aws:iam::{A}:role/r",
    )
] + [
    ("Service", "ec2.amazonaws.com"),
    ("Service", "s3.amazonaws.com"),
    ("Federated", IDP),
    ("Federated", SAML),
    ("CanonicalUser", "c" * 64),
]
ACTIONS = [
    "s3:GetObject",
    "S3:getobject",
    "s3:PutObject",
    "sts:AssumeRole",
    "kms:Decrypt",
    "ec2:Run",
    "sts:GetCallerIdentity",
    "iam:GetUser",
    "kms:RetireGrant",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithSAML",
]
ACTION_ENTRIES = [
    "*",
    "s3:*",
    "s3:Get*",
    "s3:?etObject",
    "S3:GETOBJECT",
    "s3:*Obj*",
    "s*:GetObject",
    "s3:",
    "sts:*",
    "sts:AssumeRole*",
    "kms:De*t",
    "ec2:Run",
    "s3:Get Object",
    "s3",
]
RESOURCES = [
    "*",
    "arn:aws:s3:::a",
    "arn:aws:s3:::a/x/u",
    "arn:aws:s3:::b",
    f"arn:aws:iam::{A}:role/p/r",
    f"arn:aws:kms:eu:{A}:key/1",
    "arn:aws:logs:eu:1:log-group:g:s",
]
RESOURCE_ENTRIES = [
    "*",
    "**",
    "arn:aws:s3:::a",
    "arn:aws:s3:::a*",
    "arn:aws:s3:::*/x/?",
    "arn:aws:s3:::a/x/${k}",
    "arn:aws:s3:::a/x/${none, 'u'}",
    "arn:aws:s3:::${none}*",
    "arn:aws:s3",
    "arn:aws:s*",
    "arn:aws:s?:*:*:a*",
    "arn:*:role/*",
    "arn:aws:iam::*:role/p/*",
    f"arn:aws:iam::{A}:role/p/r",
    "arn:aws:*:eu:*",
    "arn:aws:logs:eu:1:log-group:*",
    "arn:aws:iam::${aws:x}:role/*",
    "arn:aws:k*s:eu:1*3:key/1",
    "b",
]
KEYS = ["k", "K", "l", "aws:Many", "t", "none"]
TEXTS = [
    "a",
    "b",
    "A",
    "ab",
    "a*",
    "*",
    "?",
    "",
    "u",
    "${k}",
    "${*}",
    "${none, 'a'}",
    "${none}",
    "${aws:many}",
    "x${k}y",
]
NUMBERS = ["1", "2", "10", "1.0", "-3", "12abc", "x", ""]
DATES = [
    "2026-01-01T00:00:00Z",
    "2026-01-01",
    "1767225600",
    "2026-01-01T02:00:00+02:00",
    "2025-12",
    "2026-01-01T00:00:00.5Z",
    "nonsense",
]
ARNS = [
    "arn:aws:iam::1:role/x",
    "arn:aws:iam::*:role/x",
    "arn:aws:iam::1:role/*",
    "arn:aws:*:role/x",
    "*",
    "arn:aws:iam::1:role/${k}",
    "${k}",
    "arn:aws:iam::${l}:role/x",
    "arn:*:*:*:*:*",
    "arn:aws:iam::1:role/x:y",
]
ADDRESSES = [
    "10.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:10.0.0.9/104",
    "::ffff:10.0.0.9/8",
    "10.0.0.9/8",
    "0.0.0.0/0",
    "::/0",
    "2001:db8::1",
    "2001:DB8:0::/32",
    "10.0.0.0/33",
    "nonsense",
]
BINARY = ["aGk=", "aGo=", "!", ""]
BOOLS = ["true", "false", "TRUE", "yes"]
UNKNOWN = [
    "StringMatches",
    "NullIfExists",
    "ForSomeValues:StringEquals",
    "NotNumericEquals",
    "ForAllValues:IPAddr",
]
"""Operators that there are not."""
FAMILIES = {
    "StringEquals": TEXTS,
    "StringNotEquals": TEXTS,
    "StringEqualsIgnoreCase": TEXTS,
    "StringNotEqualsIgnoreCase": TEXTS,
    "StringLike": TEXTS,
    "StringNotLike": TEXTS,
    "Bool": BOOLS,
    "BinaryEquals": BINARY,
    "IpAddress": ADDRESSES,
    "NotIpAddress": ADDRESSES,
    "ArnEquals": ARNS,
    "ArnLike": ARNS,
    "ArnNotEquals": ARNS,
    "ArnNotLike": ARNS,
    **{
        f"Numeric{name}": NUMBERS
        for name in (
            "Equals",
            "NotEquals",
            "LessThan",
            "LessThanEquals",
            "GreaterThan",
            "GreaterThanEquals",
        )
    },
    **{
        f"Date{name}": DATES
        for name in (
            "Equals",
            "NotEquals",
            "LessThan",
            "LessThanEquals",
            "GreaterThan",
            "GreaterThanEquals",
        )
    },
}
EVERY_VALUE = sorted({v for values in FAMILIES.values() for v in values if "$" not in v})


def some(dice, values, most=2):
    found = [dice.choice(values) for _ in range(dice.randint(1, most))]
    return found[0] if len(found) == 1 and dice.random() < 0.5 else found


def condition(dice):
    if dice.random() < 0.05:
        return dice.choice(UNKNOWN), some(dice, ["a", "true", "1"])
    if dice.random() < 0.1:
        return dice.choice(["Null", "Null", "ForAllValues:Null", "ForAnyValue:Null"]), some(
            dice, ["true", "false", "true", "false", "yes"]
        )
    name = dice.choice(list(FAMILIES))
    values = some(dice, FAMILIES[name]) if dice.random() < 0.96 else []
    qualifier = dice.choice(["", "", "", "ForAllValues:", "ForAnyValue:"])
    return qualifier + name + dice.choice(["", "", "IfExists"]), values


def conditions(dice):
    found = {}
    for _ in range(dice.choice([0, 0, 1, 1, 2])):
        operator, values = condition(dice)
        block = found.setdefault(operator, {})
        key = dice.choice(KEYS)
        if key.lower() not in {name.lower() for name in block}:
            block[key] = values
    return found


def element(dice):
    if dice.random() < 0.3:
        return "*"
    found = {}
    drawn = dice.sample(ENTRIES, dice.randint(1, 4))
    if dice.random() < 0.25:
        drawn = [*drawn[1:], dice.choice(OBSCURE)]
    for kind, entry in drawn:
        found.setdefault(kind, []).append(entry)
    return found


def perimeter(dice):
    """A Deny of everything, for everybody or for somebody unreadable, as in data perimeters."""
    kind, entry = dice.choice(OBSCURE)
    found = {
        "Effect": "Deny",
        "Principal": dice.choice(["*", {"AWS": "*"}, {kind: entry}, {kind: [entry]}]),
        "Action": "*",
    }
    more = dice.choice(
        [
            {"Resource": "*"},
            {"Resource": ["arn:aws:s3", "arn:aws:iam"]},
            {"NotResource": "arn:aws:s3"},
        ]
    )
    block = conditions(dice)
    return {**found, **more, **({"Condition": block} if block else {})}


def statement(dice, layer):
    if layer in {"resource", "rcp", "vpce"} and dice.random() < 0.07:
        return perimeter(dice)
    found = {"Effect": dice.choice(["Allow", "Allow", "Allow", "Deny"])}
    found["Action" if dice.random() < 0.85 else "NotAction"] = some(dice, ACTION_ENTRIES, 3)
    names = layer in {"resource", "rcp", "vpce"}
    if layer != "resource" or dice.random() < 0.6:
        found["Resource" if dice.random() < 0.85 else "NotResource"] = some(dice, RESOURCE_ENTRIES)
    if names or dice.random() < 0.03:
        found["NotPrincipal" if dice.random() < 0.15 else "Principal"] = element(dice)
    block = conditions(dice)
    return {**found, "Condition": block} if block else found


def document(dice, layer):
    listed = [statement(dice, layer) for _ in range(dice.randint(1, 3))]
    found = {"Statement": listed[0] if len(listed) == 1 and dice.random() < 0.3 else listed}
    version = dice.choice(["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17", None])
    return {"Version": version, **found} if version else found


def documents(dice, layer, most=2):
    return [document(dice, layer) for _ in range(dice.randint(0, most))]


def asked_values(given):
    """Every value that conditions somewhere in some policies compare with."""
    if isinstance(given, list):
        return [value for each in given for value in asked_values(each)]
    if not isinstance(given, dict):
        return []
    blocks = given.get("Condition", {}).values()
    found = [
        each
        for block in blocks
        for values in block.values()
        for each in (values if isinstance(values, list) else [values])
    ]
    return [*found, *asked_values([value for name, value in given.items() if name != "Condition"])]


def context(dice, wanted):
    """Condition keys, half of whose values are such as policies ask for."""

    def value():
        return dice.choice(wanted if wanted and dice.random() < 0.5 else EVERY_VALUE)

    found = {}
    for key in ("k", "l", "t"):
        if dice.random() < 0.7:
            found[dice.choice([key, key.upper()])] = value()
    if dice.random() < 0.7:
        found["aws:many"] = [value() for _ in range(dice.randint(0, 2))]
    return found


OPEN = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
OPEN_TO_ACCOUNT = {
    "Version": "2012-10-17",
    "Statement": {**OPEN["Statement"], "Principal": {"AWS": A}},
}
OPEN_TO_ALL = {"Version": "2012-10-17", "Statement": {**OPEN["Statement"], "Principal": "*"}}


def policies(dice):
    found = {"identity": documents(dice, "identity")}
    if dice.random() < 0.4:
        found["identity"].append(OPEN)
    if dice.random() < 0.25:
        found["boundary"] = [dice.choice([OPEN, document(dice, "boundary")])]
    if dice.random() < 0.25:
        found["session"] = [*documents(dice, "session", 1), *dice.choice([[], [OPEN]])]
    if dice.random() < 0.6:
        found["resource"] = document(dice, "resource")
    if dice.random() < 0.2:
        found["scp"] = [
            [OPEN],
            *([[*documents(dice, "scp", 1), *dice.choice([[], [OPEN], [OPEN]])]]),
        ]
    if dice.random() < 0.2:
        found["rcp"] = [documents(dice, "rcp", 1), documents(dice, "rcp", 1)]
    if dice.random() < 0.2:
        found["vpce"] = [dice.choice([OPEN_TO_ALL, OPEN_TO_ACCOUNT, document(dice, "vpce")])]
    if dice.random() < 0.2:
        found["scope-down"] = [
            dice.choice([OPEN, document(dice, "session")]) for _ in range(dice.randint(1, 3))
        ]
    return found


def narrow(dice):
    """Policies in which one statement decides: a condition, a NotPrincipal or a NotResource."""
    effect = dice.choice(["Allow", "Deny"])
    layer = dice.choice(["identity", "resource"])
    found = {"Effect": effect, "Action": "*", "Resource": "*"}
    if layer == "resource":
        found["NotPrincipal" if dice.random() < 0.4 else "Principal"] = (
            element(dice) if dice.random() < 0.6 else "*"
        )
        if dice.random() < 0.3:
            del found["Resource"]
            found["NotResource"] = some(dice, RESOURCE_ENTRIES)
    if dice.random() < 0.7:
        found["Condition"] = {}
        while not found["Condition"]:
            found["Condition"] = conditions(dice)
    document = {"Version": "2012-10-17", "Statement": found}
    if layer == "identity":
        return {"identity": [document, *([OPEN] if effect == "Deny" else [])]}
    return {"identity": [OPEN] if effect == "Deny" else [], "resource": document}


def question(dice):
    """One question in the versioned format."""
    action = dice.choice(ACTIONS)
    resource = dice.choice(RESOURCES)
    caller = dice.choice(CALLERS)
    if caller["kind"] in {"web-identity", "saml"} and dice.random() < 0.5:
        action = (
            "sts:AssumeRoleWithSAML"
            if caller["kind"] == "saml"
            else "sts:AssumeRoleWithWebIdentity"
        )
    if action.startswith("sts:AssumeRole") and dice.random() < 0.7:
        resource = RESOURCES[4]
    given = narrow(dice) if dice.random() < 0.3 else policies(dice)
    wanted = asked_values(list(given.values()))
    return {
        "v": 1,
        "request": {
            "principal": caller,
            "action": action,
            "resource": resource,
            "resource_account": dice.choice([A, A, B]),
            "context": context(dice, wanted),
        },
        "policies": given,
    }
