"""What an organization of 1,000 accounts in 200 units with 50 policies costs: a decision, a
change at the root, a start.
"""

import statistics
import time
import timeit

from tests.bench.figures import Figure, at_most, median_ratio
from tests.documents import policy

from daypass.core import arn
from daypass.core.domain.account import Account
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.iam.user import User
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.organizations.organizational_unit import OrganizationalUnit
from daypass.core.policy.decision.decide import decide
from daypass.core.policy.language.principal import Principal, PrincipalKind
from daypass.services.kit import authorization
from daypass.services.kit.authorization_question import AuthorizationQuestion, Circumstances
from daypass.services.kit.caller import Caller
from daypass.services.kit.effective_policies import effective_policies
from daypass.state.changes import Changes, Put
from daypass.state.committer import Committer
from daypass.state.database.sqlite_store import open_sqlite
from daypass.state.snapshot.directory import Directory

ACCOUNTS, UNITS, POLICIES, DEPTH = 1_000, 200, 50, 5
FULL = ("p-FullAWSAccess", "p-RCPFullAWSAccess")
TYPES = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
ID, ROOT = "o-bench00001", "r-bnch"
NOW = 1_767_225_600
CIRCUMSTANCES = Circumstances(NOW, "192.0.2.1", secure=True, region="eu-west-1", user_agent="aws")
ALLOWED = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"arn:aws:s3:::reports/*"}]}'


def account(number):
    return f"{100_000_000_000 + number:012d}"


def _policy(number):
    kind = TYPES[number % 2]
    statement = {
        "Effect": "Deny",
        "Action": [f"ec2:Run{number}*", "s3:DeleteBucket", "iam:CreateAccessKey"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": ID}},
    }
    if kind == TYPES[1]:
        statement["Principal"] = "*"
    content = policy(statement)
    return OrganizationPolicy(
        account=ID,
        id=f"p-{number:010d}",
        type=kind,
        name=f"policy {number}",
        content=content,
        serial=number,
        updated=NOW,
    )


def records():
    """Give the records: units five deep, the last account in the deepest, a policy or two in
    every place.
    """
    policies = [_policy(number) for number in range(POLICIES)]
    yield from policies
    hanging = lambda number: (
        *FULL,
        policies[number % POLICIES].id,
        policies[(number * 7 + 1) % POLICIES].id,
    )
    yield Organization(
        account=ID,
        management=account(0),
        root_id=ROOT,
        created=NOW,
        attached=hanging(0),
        policy_types=TYPES,
    )
    above = [ROOT] * DEPTH
    for number in range(UNITS):
        depth = number % DEPTH
        unit = f"ou-bnch-{number:08d}"
        parent = ROOT if depth == 0 else above[depth - 1]
        above[depth] = unit
        yield OrganizationalUnit(
            account=ID, id=unit, name=unit, parent=parent, serial=number, attached=hanging(number)
        )
    for number in range(ACCOUNTS):
        unit = f"ou-bnch-{number % UNITS:08d}"
        yield Member(
            account=ID,
            id=account(number),
            parent=unit,
            serial=number,
            joined=NOW,
            attached=hanging(number),
        )
        yield Account(
            account=account(number),
            name=f"account {number}",
            created=NOW,
            canonical_user="",
            organization=ID,
        )
        yield _user(account(number))
    yield Account(account="999999999999", name="alone", created=NOW, canonical_user="")
    yield _user("999999999999")


def _user(owner):
    return User(
        account=owner,
        name="u",
        unique_id=f"AIDA{owner}",
        created=NOW,
        inline=(InlinePolicy("own", ALLOWED),),
    )


def _microseconds(directory, owner, count=3_000):
    record = directory.account(owner).of(User).find("u")
    principal = Principal(
        PrincipalKind.USER, arn.iam(owner, "user", "/", "u"), owner, unique_id=record.unique_id
    )
    caller = Caller(principal, "AKIA", record)
    question = AuthorizationQuestion("s3:GetObject", "arn:aws:s3:::reports/may.csv", owner, {})
    found = authorization.decide_question(question, caller, directory, CIRCUMSTANCES)
    request, decision = found.request, found.decision
    assert decision.allowed
    policies = effective_policies(question, caller, directory)
    ask = lambda: authorization.decide_question(question, caller, directory, CIRCUMSTANCES)
    whole = timeit.timeit(ask, timer=time.thread_time, number=count)
    alone = timeit.timeit(lambda: decide(request, policies), timer=time.thread_time, number=count)
    return whole / count * 1e6, alone / count * 1e6


def figures(run):
    """Yield the rows of this group."""
    path = run.folder / "organization.db"
    store = open_sqlite(path)
    store.commit(store.load(()), [Changes([Put(record) for record in records()])], now=NOW)
    store.close()
    started = time.process_time()
    store = open_sqlite(path)
    directory = store.load(())
    loaded = time.process_time() - started

    deepest = next(number for number in range(ACCOUNTS) if number % UNITS % DEPTH == DEPTH - 1)
    rounds = [
        (*_microseconds(directory, account(deepest)), *_microseconds(directory, "999999999999"))
        for _ in range(7)
    ]
    whole, decision, whole_alone, decision_alone = zip(*rounds, strict=True)
    yield Figure(
        "S3 question asked and decided, no organization", statistics.median(whole_alone), "µs"
    )
    deepest = "S3 question in the deepest of 1,000 accounts : no organization"
    yield Figure(deepest, median_ratio(whole, whole_alone), "×", at_most(1.5))
    alone = "the decisions alone, deepest account : no organization"
    yield Figure(alone, median_ratio(decision, decision_alone), "×", at_most(1.5))
    until = _attaching(store, directory)
    yield Figure("until a policy at the root is effective", until, "ms", at_most(100))
    yield Figure("to load 1,000 accounts in 200 units", loaded, "s", at_most(3))


def _attaching(store, directory):
    """Return the milliseconds from handing a changed root to the store until the next snapshot
    decides by it.
    """
    committer = Committer(store, directory, now=lambda: NOW)
    taken = []
    for number in range(5):
        view = committer.directory.organization(ID)
        root = view.record
        attached = (*root.attached[:3], f"p-{(number * 2 + 10):010d}")
        changed = Organization(
            account=ID,
            management=root.management,
            root_id=ROOT,
            created=NOW,
            attached=attached,
            policy_types=TYPES,
        )
        started = time.perf_counter()
        after = committer.submit(Changes([Put(changed)], read={ID: view.revision}), b"").result()
        assert isinstance(after, Directory)
        assert attached[-1] in after.organization(ID).record.attached
        taken.append((time.perf_counter() - started) * 1e3)
    committer.close()
    return statistics.median(taken)
