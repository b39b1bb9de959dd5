"""A generated organization of three hundred accounts: every decision in it against the second
evaluator.

The test keeps its own picture of the tree, in plain dictionaries, and walks it by itself; the
engine gets records.
"""

import json
import os
import random
from collections import Counter

from msgspec.structs import replace
from tests.properties.policy import random_questions, second_evaluator

from daypass.core import arn, authorization_messages
from daypass.core.domain.account import Account
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.organizations.organizational_unit import OrganizationalUnit
from daypass.core.keyring import KeyRing
from daypass.core.policy.decision.compile import PolicyGrammar
from daypass.core.policy.decision.policy_sets import single_policy_set
from daypass.core.policy.explanation.explain import explain
from daypass.core.policy.explanation.trace import because
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.core.sessions.token import Origin, Session, SessionKind
from daypass.services.kit import authorization
from daypass.services.kit.authorization_question import AuthorizationQuestion, Circumstances
from daypass.services.kit.caller import Caller
from daypass.services.kit.refusal_reasons import refusal_reasons
from daypass.state.changes import Put
from daypass.state.snapshot.directory import Directory

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
FULL = {SCP: "p-FullAWSAccess", RCP: "p-RCPFullAWSAccess"}
ACCOUNTS, UNITS, ROUNDS = 300, 80, 4
ASKED = int(os.environ.get("DAYPASS_DECISIONS", "4000"))
NOW = 1767225600
RING = KeyRing.new(bytes(range(48)), now=1)
CIRCUMSTANCES = Circumstances(NOW, "192.0.2.1", secure=True, region="eu-west-1", user_agent="t")
ACTIONS = [
    "s3:GetObject",
    "s3:PutObject",
    "sts:AssumeRole",
    "kms:Decrypt",
    "iam:GetUser",
    "organizations:ListRoots",
]
WITHOUT_RCPS = {"iam", "organizations"}


ABOUT_ORGANIZATIONS = [
    {},
    {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-generated1"}},
    {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-generated1/r-gen1/ou-*"]}},
    {"ForAllValues:StringNotLike": {"aws:ResourceOrgPaths": "o-generated1/r-gen1/ou-gen1-0000000?/*"}},
    {"StringEquals": {"aws:PrincipalOrgMasterAccountId": "100000000000"}},
]  # fmt: skip


def ceiling(dice, kind):
    """A policy of an organization: any at all, or a deny as people write them."""
    if dice.random() < 0.5:
        return random_questions.document(dice, "scp" if kind == SCP else "rcp")
    statement = {
        "Effect": "Deny",
        "Action": dice.choice(["*", "s3:*", "s3:GetObject", "sts:*", "iam:*"]),
        "Resource": dice.choice(["*", "*", *random_questions.RESOURCE_ENTRIES]),
    }
    if kind == RCP:
        statement["Principal"] = "*"
    about = dice.choice(ABOUT_ORGANIZATIONS)
    return {
        "Version": "2012-10-17",
        "Statement": {**statement, **({"Condition": about} if about else {})},
    }


class World:
    """A tree and its policies: `parent` and `attached` by node, `content` by policy."""

    def __init__(self, dice):
        self.id, self.root = "o-generated1", "r-gen1"
        self.accounts = [f"{100_000_000_000 + number:012d}" for number in range(ACCOUNTS)]
        self.management = self.accounts[0]
        self.types = (SCP, RCP)
        self.parent = {self.root: ""}
        depth = {self.root: 0}
        for number in range(UNITS):
            above = dice.choice([node for node, deep in depth.items() if deep < 5])
            unit = f"ou-gen1-{number:08d}"
            self.parent[unit], depth[unit] = above, depth[above] + 1
        self.places = list(depth)
        for account in self.accounts:
            self.parent[account] = dice.choice(self.places)
        self.content = {}
        for number in range(40):
            kind = dice.choice([SCP, SCP, RCP])
            self.content[f"p-{number:010d}"] = (kind, ceiling(dice, kind))
        self.attached = {node: self._hanging(dice) for node in self.parent}

    def _hanging(self, dice):
        found = [FULL[RCP]]
        if dice.random() < 0.95:
            found.append(FULL[SCP])
        if dice.random() < 0.25:
            found += dice.sample(sorted(self.content), dice.randint(1, 3))
        return found

    def line(self, account):
        found, node = [], account
        while node:
            found.insert(0, node)
            node = self.parent[node]
        return found

    def levels(self, account, kind):
        """The documents of a type on each level above an account, as the reference wants them."""

        def documents(node):
            own = [
                self.content[each][1]
                for each in self.attached[node]
                if each in self.content and self.content[each][0] == kind
            ]
            return own + (
                [random_questions.OPEN] if kind == SCP and FULL[SCP] in self.attached[node] else []
            )

        return [documents(node) for node in self.line(account)]

    def records(self):
        yield Organization(
            account=self.id,
            management=self.management,
            root_id=self.root,
            created=1,
            attached=tuple(self.attached[self.root]),
            policy_types=self.types,
        )
        for at, node in enumerate(self.parent):
            where = {
                "account": self.id,
                "id": node,
                "parent": self.parent[node],
                "serial": at,
                "attached": tuple(self.attached[node]),
            }
            if node.startswith("ou-"):
                yield OrganizationalUnit(**where, name=node)
            elif node != self.root:
                yield Member(**where, joined=1)
        for at, (policy, (kind, document)) in enumerate(self.content.items()):
            yield OrganizationPolicy(
                account=self.id,
                id=policy,
                type=kind,
                name=policy,
                content=json.dumps(document),
                serial=at,
                updated=1,
            )

    def inhabitants(self, dice):
        for account in [*self.accounts, "999999999999"]:
            inside = self.id if account in self.parent else ""
            yield Account(
                account=account, name=account, created=1, canonical_user="", organization=inside
            )
            inline = (InlinePolicy("own", json.dumps(dice.choice([random_questions.OPEN, random_questions.OPEN, random_questions.document(dice, "identity")]))),)  # fmt: skip
            yield User(
                account=account, name="u", unique_id=f"AIDA{account}", created=1, inline=inline
            )
            yield Role(
                account=account,
                name="r",
                unique_id=f"AROA{account}",
                created=1,
                trust="{}",
                inline=inline,
            )
            yield Role(
                account=account,
                name="linked",
                path="/aws-service-role/x.amazonaws.com/",
                unique_id=f"AROAL{account}",
                created=1,
                trust="{}",
                inline=inline,
            )


def caller_in(dice, directory, account):
    """A caller of an account, and the same as the reference wants it."""
    kind = dice.choice(["user", "user", "role-session", "root", "linked"])
    view = directory.account(account)
    if kind == "root":
        principal = Principal(PrincipalKind.ROOT, arn.root(account), account)
        return Caller(principal, "ASIA", None), []
    if kind == "user":
        record = view.of(User).find("u")
        principal = Principal(PrincipalKind.USER, record.arn, account, unique_id=record.unique_id)
        return Caller(principal, "AKIA", record), list(record.inline)
    record = view.of(Role).find("r" if kind == "role-session" else "linked")
    principal = Principal(
        PrincipalKind.ROLE_SESSION,
        arn.assumed_role(account, record.name, "s"),
        account,
        unique_id=record.unique_id,
        role_arn=record.arn,
    )
    session = Session(kind=SessionKind.ROLE, origin=Origin.ASSUME_ROLE, account=account, principal_id=record.unique_id, session_name="s", issued=NOW - 1, expires=NOW + 1, secret="")  # fmt: skip
    return Caller(principal, "ASIA", record, session), list(record.inline)


def told(world, caller, inline, question, context, resource_document):
    """The question for the reference: the tree is walked here, by the test."""
    own, owner, policies = (
        caller.account,
        question.account,
        {"identity": [json.loads(each.document) for each in inline]},
    )
    if own in world.parent and own != world.management and SCP in world.types:
        policies["scp"] = world.levels(own, SCP)
    is_under = question.action.partition(":")[0] not in WITHOUT_RCPS
    if owner in world.parent and owner != world.management and RCP in world.types and is_under:
        policies["rcp"] = world.levels(owner, RCP)
    if resource_document is not None:
        policies["resource"] = resource_document
    principal = {
        "kind": str(caller.principal.kind),
        "arn": caller.principal.arn,
        "account": own,
        "unique_id": caller.principal.unique_id,
        "role_arn": caller.principal.role_arn,
    }
    return {
        "v": 1,
        "request": {
            "principal": {key: value for key, value in principal.items() if value},
            "action": question.action,
            "resource": question.resource,
            "resource_account": owner,
            "context": {
                key: list(value) if isinstance(value, tuple) else value
                for key, value in context.items()
            },
        },
        "policies": policies,
    }


def keys_of(world, account, prefix):
    """What the keys of an account's organization are, walked here."""
    if account not in world.parent:
        return {}
    path = "".join(f"{node}/" for node in [world.id, *world.line(account)[:-1]])
    return {f"aws:{prefix}orgid": world.id, f"aws:{prefix}orgpaths": (path,)}


def one_decision(dice, world, directory, seen):
    accounts = [*world.accounts, "999999999999"]
    own = dice.choice(accounts)
    owner = dice.choice([own, own, dice.choice(accounts)])
    caller, inline = caller_in(dice, directory, own)
    document = None
    if owner != own or dice.random() < 0.3:
        document = dice.choice(
            [
                random_questions.OPEN_TO_ALL,
                random_questions.OPEN_TO_ALL,
                random_questions.document(dice, "resource"),
            ]
        )
    resource = (
        dice.choice([*random_questions.RESOURCES[1:4], "*"])
        if document is None
        else dice.choice(random_questions.RESOURCES[1:4])
    )
    question = AuthorizationQuestion(
        action=dice.choice(ACTIONS),
        resource=resource,
        account=owner,
        keys={"k": dice.choice(random_questions.EVERY_VALUE)},
        resource_policy=single_policy_set(json.dumps(document), PolicyGrammar.RESOURCE, "p")
        if document
        else None,
    )
    found = authorization.decide_question(question, caller, directory, CIRCUMSTANCES)
    request, decision = found.request, found.decision
    wanted = keys_of(world, own, "principal")
    if resource != "*":
        wanted |= keys_of(world, owner, "resource")

    asked = told(world, caller, inline, question, request.context, document)
    assert {
        key: request.context[key] for key in request.context if "org" in key and "master" not in key
    } == wanted
    expected = second_evaluator.decide(asked)
    assert decision.outcome.value == expected, json.dumps(asked)
    seen[expected] += 1
    seen[str(decision.layer)] += 1
    if not decision.allowed and document is None:
        check_reasons(question, caller, directory)


def check_reasons(question, caller, directory):
    """What is kept of a refusal opens into what explaining it at once would have said."""
    answer = authorization.decide_question(question, caller, directory, CIRCUMSTANCES)
    seal = authorization.refusal_sealer(RING, bytes)
    refused = authorization.denied_fault(question, answer, caller, directory, CIRCUMSTANCES, seal)
    told = refusal_reasons(
        authorization_messages.decode_for_operator(refused.reasons, ring=RING), directory
    )
    assert told["because"] == because(explain(answer.request, answer.policies))


def changed(dice, world, directory):
    """Change something of the tree, in the picture and in the records."""
    what = dice.choice(["move", "attach", "detach", "rewrite", "type"])
    if what == "move":
        account = dice.choice(world.accounts)
        world.parent[account] = dice.choice(world.places)
    elif what in {"attach", "detach"}:
        node = dice.choice(list(world.parent))
        policy = dice.choice([*world.content, FULL[SCP]])
        hanging = [each for each in world.attached[node] if each != policy]
        world.attached[node] = [*hanging, policy] if what == "attach" else hanging
    elif what == "rewrite":
        policy = dice.choice(list(world.content))
        kind = world.content[policy][0]
        world.content[policy] = (kind, ceiling(dice, kind))
    else:
        world.types = dice.choice([(SCP, RCP), (SCP, RCP), (SCP,), (RCP,)])
    now = {(record.kind, record.key): record for record in world.records()}
    view = directory.organization(world.id)
    before = {(record.kind, record.key): record for table in view.tables() for record in table}
    puts = [Put(record) for key, record in now.items() if before.get(key) != record]
    return directory.changed(puts, directory.revision + 1)


def test_every_decision_in_a_generated_organization_is_the_references() -> None:
    seen = Counter()
    for seed in range(ROUNDS):
        dice = random.Random(f"organization {seed}")
        world = World(dice)
        records = [*world.records(), *world.inhabitants(dice)]
        directory = Directory().changed([Put(record) for record in records], 1)
        for _ in range(ASKED // ROUNDS):
            if dice.random() < 0.05:
                directory = changed(dice, world, directory)
            one_decision(dice, world, directory, seen)

    # Every outcome and both ceilings decide often, so that agreement means something.
    outcomes = (
        "Allowed",
        "ImplicitlyDenied",
        "ExplicitlyDenied",
        "service control policy",
        "resource control policy",
    )
    assert min(seen[name] for name in outcomes) > ASKED // 100, seen


def test_a_management_account_and_an_account_outside_have_nothing_above_them() -> None:
    dice = random.Random("outside")
    world = World(dice)
    directory = Directory().changed(
        [Put(each) for each in [*world.records(), *world.inhabitants(dice)]], 1
    )
    left = replace(directory.account(world.accounts[5]).record, organization="")
    directory = directory.changed([Put(left)], 2)

    assert directory.control_policies_of("999999999999") is None
    assert directory.control_policies_of(world.accounts[5]) is None
    assert directory.control_policies_of(world.management).management == world.management
