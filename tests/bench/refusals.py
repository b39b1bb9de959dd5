"""What a refusal costs beside a permission, and whether its cost tells which roles exist: ratios
of one run.

A call is everything between the bytes of a request and the bytes of its answer, in this process:
medians of the CPU time of one thread, in interleaved rounds.
"""

import contextlib

from tests.bench.decisions import read_only
from tests.bench.figures import Figure, at_most, readable
from tests.bench.in_process import ACCOUNT, InProcess
from tests.documents import policy

from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.managed_policy import ManagedPolicy, PolicyVersion
from daypass.core.domain.record import Tag
from daypass.core.quotas import TRUST_POLICY_CHARACTERS_MAX

CALLER = "444455556666"
PAIRS = 10_000
ROUNDS = 1_500


def sixty(number, last):
    """One policy of sixty statements about other things, near the action and far from it, and a
    last one.
    """
    listed = [
        {
            "Sid": f"s{n}",
            "Effect": "Allow",
            "Action": ["iam:Get*" if n % 2 else f"service{number}:*", f"s3:Put{n}*"],
            "Resource": f"arn:aws:iam::{ACCOUNT}:user/other{n}",
            "Condition": {"StringLike": {"aws:UserAgent": f"agent{n}*"}},
        }
        for n in range(59)
    ]
    return policy(*listed, last)


LOOK = {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}
NO = {"Sid": "No", "Effect": "Deny", "Action": "iam:GetUser", "Resource": "*"}


def policies(last):
    """Records of ten policies of sixty statements: the first allows, the tenth ends as is said."""
    return [
        ManagedPolicy(
            account=ACCOUNT,
            name=f"{last['Effect']}{number}",
            unique_id=f"ANPA{last['Effect']}{number}",
            created=1,
            updated=1,
            default="v1",
            versions=(PolicyVersion("v1", sixty(number, LOOK if number < 9 else last), 1),),
        )
        for number in range(10)
    ]


def filled(statement):
    """A trust policy as long as one may be, of as many statements as that takes."""
    statements = []
    for number in range(TRUST_POLICY_CHARACTERS_MAX):
        more = [*statements, statement(number)]
        if len(policy(*more).replace(" ", "")) > TRUST_POLICY_CHARACTERS_MAX:
            return policy(*statements)
        statements = more
    raise AssertionError


def _trusting(**more):
    return lambda number: {
        "Effect": "Allow",
        "Principal": {"AWS": f"AROA{number}"},
        "Action": "sts:AssumeRole",
        **{name: value(number) for name, value in more.items()},
    }


TRUSTS = {
    "that names others": filled(_trusting()),
    "that denies others": filled(_trusting(Effect=lambda _: "Deny")),
    "that wants an external id": filled(_trusting(Principal=lambda _: "*", Condition=lambda n: {"StringEquals": {"sts:ExternalId": f"{n}"}})),
    "of patterns": filled(_trusting(Principal=lambda _: "*", Condition=lambda n: {"StringLike": {"aws:PrincipalArn": f"*a*b{n}*"}})),
    "of 150 patterns": policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"StringLike": {"aws:PrincipalArn": [f"*a*b{n}*" for n in range(150)]}}}),
    "of ARN patterns": policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"ArnLike": {"aws:PrincipalArn": [f"arn:aws:iam::{ACCOUNT}:role/r{n:02}*" for n in range(42)]}}}),
    "of ranges": policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"IpAddress": {"aws:SourceIp": [f"10.{n}.0.0/16" for n in range(110)]}}}),
    "of patterns with variables": policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"StringLike": {"aws:PrincipalArn": [f"*${{aws:userid}}{n}*" for n in range(80)]}}}),
    "of one long list": policy({"Effect": "Allow", "Principal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:user/{n}" for n in range(50)]}, "Action": "sts:AssumeRole"}),
}  # fmt: skip


class World(InProcess):
    """Users whose policies differ, and roles that trust none of them."""

    def __init__(self, folder):
        super().__init__(folder / "refusals")
        home = self.data.committer.directory.account(ACCOUNT).record
        self.put(type(home)(account=CALLER, name="caller", created=1, canonical_user="c" * 64))
        self.put(*policies(LOOK), *policies(NO))
        self.user("nobody")
        self.user("looker", inline=(InlinePolicy("look", policy(LOOK)),))
        for effect in ("Allow", "Deny"):
            arns = tuple(f"arn:aws:iam::{ACCOUNT}:policy/{effect}{n}" for n in range(10))
            self.user(effect.lower(), attached=arns)
        large = read_only()
        if large is not None:
            self.user("reader", inline=(InlinePolicy("ReadOnlyAccess", large),))
        everything = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
        self.user("stranger", account=CALLER, inline=(InlinePolicy("all", everything),))
        for name, trust in TRUSTS.items():
            self.role(role_name(name), trust)
        tags = tuple(Tag(f"key{n}" * 20, f"value{n}" * 30) for n in range(50))
        self.role(role_name("with tags"), TRUSTS["that names others"], tags=tags)
        self.open()

    def assuming(self, role, account=ACCOUNT):
        """Return a stranger's request for a role."""
        arn = f"arn:aws:iam::{account}:role/{role_name(role)}"
        return self.request(
            "sts", "stranger", Action="AssumeRole", RoleArn=arn, RoleSessionName="me"
        )


def role_name(text):
    """Return a name of forty characters, so that no request is longer than another."""
    return text.replace(" ", "-").ljust(40, "-")


NO_MORE = at_most(1.1)
"""How much more a refusal may cost where the role is there: its cost must not tell that."""


def figures(run):
    """Yield the rows of this group."""
    world = World(run.folder)
    rounds, pairs = (ROUNDS // 5, PAIRS // 10) if run.is_quick else (ROUNDS, PAIRS)
    with contextlib.closing(world.data):
        yield from _beside_permission(world, run, rounds)
        cases = [
            (f"role {name} : missing role", (name, ACCOUNT)) for name in (*TRUSTS, "with tags")
        ]
        cases.append(("missing account : missing role", ("missing", "555566667777")))
        for row, role in cases:
            if run.wants(row):
                requests = (world.assuming("missing"), world.assuming(*role))
                yield _ratio(row, world, requests, pairs, NO_MORE)


def _beside_permission(world, run, rounds):
    look = lambda who: world.request("iam", who, Action="GetUser", UserName="nobody")
    cases = [
        ("without a policy", (look("looker"), look("nobody")), at_most(3, 1.5)),
        ("explicit Deny, ten policies of 60 statements", (look("allow"), look("deny")), at_most(10, 3)),
    ]  # fmt: skip
    if "reader" in world.keys:
        make = world.request("iam", "reader", Action="CreateUser", UserName="new")
        cases.append(("ReadOnlyAccess", (look("reader"), make), at_most(3, 1.5)))
    for name, pair, goal in cases:
        if run.wants(row := f"refused : allowed, {name}"):
            yield _ratio(row, world, pair, rounds, goal, (200, 403))


def _ratio(row, world, pair, rounds, goal, statuses=(403, 403)):
    first, second = world.cost(pair, rounds, statuses=statuses)
    told = f"{readable(second / 1000)} µs against {readable(first / 1000)}"
    return Figure(row, second / first, "×", goal, told)
