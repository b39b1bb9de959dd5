"""What a refusal costs beside a permission, and whether its cost tells which roles exist: ratios
of one run.

A call is everything between the bytes of a request and the bytes of its answer, in this process:
medians of the CPU time of one thread, in interleaved rounds.
"""

import contextlib

from tests.bench.decisions import read_only
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


def figures(folder):
    """Every figure by its name."""
    world = World(folder)
    found = {}
    with contextlib.closing(world.data):
        look = lambda who: world.request("iam", who, Action="GetUser", UserName="nobody")
        pairs = {
            "without a policy (must 3, aim 1.5)": (look("looker"), look("nobody")),
            "ten policies of 60 statements (must 10, aim 3)": (look("allow"), look("deny")),
        }
        if "reader" in world.keys:
            make = world.request("iam", "reader", Action="CreateUser", UserName="new")
            pairs["ReadOnlyAccess (must 3, aim 1.5)"] = (look("reader"), make)
        for name, pair in pairs.items():
            allowed, refused = world.cost(pair, ROUNDS, statuses=(200, 403))
            found[f"CPU µs refused, {name}"] = round(refused / 1000)
            found[f"refusal : permission, {name}"] = round(refused / allowed, 2)
        for name in (*TRUSTS, "with tags"):
            requests = (world.assuming("missing"), world.assuming(name))
            missing, there = world.cost(requests, PAIRS, statuses=(403, 403))
            found[f"role {name} : missing role (must 1.1)"] = round(there / missing, 3)
        found["CPU µs refused, AssumeRole"] = round(missing / 1000)
        requests = (world.assuming("missing"), world.assuming("missing", "555566667777"))
        missing, nowhere = world.cost(requests, PAIRS, statuses=(403, 403))
        found["missing account : missing role (must 1.1)"] = round(nowhere / missing, 3)
    return found
