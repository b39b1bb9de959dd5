"""Random documents of every kind: good ones, with mistakes that people make when they write them."""

import json

from tests.documents import VERSION
from tests.services.organizations.organized import MEMBER, ORGANIZATION
from tests.services.support import ACCOUNT

from daypass.core.policy.checks.validate import DocumentKind

BUCKET = "reports"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
WORKER = f"arn:aws:iam::{ACCOUNT}:role/worker"
"""The one user and the one role that exist."""
PRINCIPALS = [
    "*",
    {"AWS": "*"},
    {"AWS": ACCOUNT},
    {"AWS": [ALICE, WORKER]},
    {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/session"},
    {"Service": "ec2.amazonaws.com"},
    {"Service": ["states.eu-west-1.amazonaws.com", "ssm.af-south-1.amazonaws.com"]},
    {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example"},
]
MEMBERS = [{"AWS": MEMBER}, {"AWS": [f"arn:aws:iam::{MEMBER}:root", MEMBER]}]
BAD_PRINCIPALS = [
    *({"Service": name} for name in (
        "lambda.amazon.com", "lambda", "*", "10.0.0.1", "lambda.eu-west-1.amazonaws.com",
        "eks.amazonaws.com.cn", "amazonaws.com", "LAMBDA.amazonaws.com", "https://ec2.amazonaws.com",
    )),
    *({"AWS": name} for name in (
        f"{WORKER}-*", "bob", f"arn:aws:iam::{ACCOUNT}:group/g", "11112222333", "", "${aws:userid}",
    )),
    {"Federated": "*"},
    {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.com"},
    {},
    {"AWS": []},
    {"Aws": ACCOUNT},
    {"AWS": 1},
    "nobody",
    None,
]  # fmt: skip
CONDITIONS = [
    {"StringEquals": {"aws:username": "a"}},
    {"Bool": {"aws:SecureTransport": True}},
    {"DateLessThan": {"aws:CurrentTime": "2026-W01"}},
    {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "10.0.0.0/33"]}},
    {"NoSuch": {}},
]
BAD_CONDITIONS = [
    {"StringEqual": {"aws:username": "a"}},
    {"ForEach:StringEquals": {"aws:username": "a"}},
    {"StringEquals": {"aws:username": None}},
    {"StringEquals": {"a:b": "1", "A:B": "2"}},
    {"StringEquals": {"a:b": {}}},
    {"StringEquals": []},
    {"DateEquals": {"aws:CurrentTime": "soon"}},
    [],
]
RESOURCES = {
    DocumentKind.BUCKET: [
        f"arn:aws:s3:::{BUCKET}",
        [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    ],
    DocumentKind.DELEGATION: [
        "*",
        f"arn:aws:organizations::{ACCOUNT}:policy/{ORGANIZATION}/*",
    ],
}
ANY_RESOURCES = ["*", "arn:aws:s3:::b/*", ["arn:aws:sqs:eu-west-1:1:q", None]]
BAD_RESOURCES = [
    "b", "arn:aws:s3", "arn:aws", "arn:aws:s3::x", "arn:x:s3:::b", "arn:aws:iam::1:users/x",
    "arn:aws:s3:eu-west-1::b", [], 1, [[]], f"arn:aws:s3:::{BUCKET}x", "s3:::b",
    [f"arn:aws:s3:::{BUCKET}", "arn:aws:s3:::other/*"],
]  # fmt: skip
ACTIONS = {
    DocumentKind.TRUST: ["sts:AssumeRole", ["sts:AssumeRole", "sts:TagSession"], "STS:assumerole*"],
    DocumentKind.DELEGATION: ["organizations:ListAccounts", ["organizations:Describe*"]],
}
ANY_ACTIONS = ["s3:GetObject", ["s3:Get*", "S3:PutObject"], "s3:*"]
BAD_ACTIONS = [
    "*", "Get", "s*:Get", "a:b:c", "a_b:c", "sts:*", "ec2:Run", [], 1, [{}], "sts:GetCallerIdentity",
    "organizations:CloseAccount", "",
]  # fmt: skip
KINDS_WITH_PRINCIPALS = frozenset(
    {DocumentKind.TRUST, DocumentKind.BUCKET, DocumentKind.RCP, DocumentKind.DELEGATION}
)
TAG_SETTINGS = [
    {"tag_key": {"@@assign": "team"}},
    {"tag_value": {"@@assign": ["a", "b*"]}},
    {"enforced_for": {"@@append": ["iam:role"]}},
    {"tag_key": {"@@assign": 1}},
    {"tag_keys": {"@@assign": "team"}},
    {"tag_value": {"@@asign": ["a"]}},
    {"tag_value": ["a"]},
    {},
]


def written(random, kind):
    """Return the text of a document of a kind, perhaps with some mistakes."""
    if kind is DocumentKind.TAG:
        return _tag_policy(random)
    value = {
        "Version": VERSION,
        "Statement": [_statement(random, kind) for _ in range(random.choice([1, 1, 2]))],
    }
    for _ in range(random.choice([0, 0, 1, 1, 2])):
        _spoil(random, value, kind)
    text = json.dumps(value, ensure_ascii=False)
    return random.choice(TEXT_MISTAKES)(text) if random.random() < 0.2 else text


def _statement(random, kind):
    effect = "Deny" if kind is DocumentKind.RCP else random.choice(["Allow", "Deny"])
    found = {"Effect": effect, "Action": random.choice(ACTIONS.get(kind, ANY_ACTIONS))}
    if kind is not DocumentKind.TRUST:
        found["Resource"] = random.choice(RESOURCES.get(kind, ANY_RESOURCES))
    if kind is DocumentKind.RCP:
        found["Principal"] = "*"
    elif kind is DocumentKind.DELEGATION:
        found["Principal"] = random.choice(MEMBERS)
    elif kind in KINDS_WITH_PRINCIPALS:
        found["Principal"] = random.choice(PRINCIPALS)
    if random.random() < 0.3:
        found["Condition"] = random.choice(CONDITIONS)
    if random.random() < 0.3:
        found["Sid"] = random.choice(["One", "Two", ""])
    return found


def _spoil(random, value, kind):
    """Make one mistake in a document."""
    statement = random.choice(value["Statement"] or [{}]) if "Statement" in value else {}
    if not isinstance(statement, dict):
        return
    random.choice(MISTAKES)(random, value, statement, kind)


def _set(name, values):
    def change(random, _value, statement, _kind):
        statement[name] = random.choice(values)

    return change


def _set_at_top(name, values):
    def change(random, value, _statement, _kind):
        value[name] = random.choice(values)

    return change


def _drop(random, _value, statement, _kind):
    if statement:
        del statement[random.choice(sorted(statement))]


def _misspell(random, _value, statement, _kind):
    if statement:
        name = random.choice(sorted(statement))
        statement[random.choice([name.lower(), name[:-1], f"Not{name}", f"{name}s"])] = (
            statement.pop(name)
        )


def _add_negation(random, _value, statement, _kind):
    name = random.choice(["Action", "Resource", "Principal"])
    if name in statement and random.random() < 0.7:
        statement[f"Not{name}"] = statement.pop(name)
    else:
        statement[f"Not{name}"] = "*"


def _add_principal(random, _value, statement, kind):
    """Name somebody who exists, where that may be a mistake."""
    known = MEMBERS if kind is DocumentKind.DELEGATION else PRINCIPALS
    statement["Principal"] = random.choice(known)


MISTAKES = [
    _set("Effect", ["Alow", "allow", "DENY", "Allow", None, 1]),
    _set("Action", BAD_ACTIONS),
    _set("Resource", BAD_RESOURCES),
    _set("Principal", BAD_PRINCIPALS),
    _add_principal,
    _set("Condition", BAD_CONDITIONS),
    _set("Sid", ["my-id", "my id", "é", "One", 1]),
    _set("Conditon", [{}]),
    _set_at_top("Version", ["2008-10-17", "2012-10-18", 1, None]),
    _set_at_top("Statement", [[], {}, ["x"], "x"]),
    _set_at_top("Id", ["x", 1]),
    _set_at_top("Versions", [VERSION]),
    _drop,
    _misspell,
    _add_negation,
]
TEXT_MISTAKES = [
    lambda text: f" {text}",
    lambda text: f"\n{text}",
    lambda text: f"\t{text}",
    lambda text: f"{text}\n",
    lambda text: text[:-1],
    lambda text: f"[{text}]",
    lambda text: text.replace('"Effect"', '"Effect": "Deny", "Effect"', 1),
    lambda text: text.replace('"Allow"', '"Allow",', 1),
    lambda text: text.replace("2012", "２012"),
    lambda text: text.replace('"Statement"', '"Id": "é", "Statement"', 1),
    lambda text: text.replace(", ", "," + " " * 3_000, 1),
    lambda text: text.replace('"Effect"', f'"Sid": "{"x" * 11_000}", "Effect"', 1),
    lambda text: text.replace('"Effect"', f'"Sid": "{"é" * 6_000}", "Effect"', 1),
    lambda text: json.dumps(json.loads(text), indent=2),
]


def _tag_policy(random):
    setting = random.choice(TAG_SETTINGS)
    value = random.choice([{"tags": {"Team": setting}}, {"tags": {"Team": setting, "team": {}}}])
    if random.random() < 0.2:
        value["more"] = {}
    text = json.dumps(value)
    return random.choice([lambda text: f" {text}", lambda text: text[:-1], str])(text)
