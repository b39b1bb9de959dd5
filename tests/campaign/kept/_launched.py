"""A server that works out again what it keeps, now and then, and writes down what differs.

Run as a module with `EVERY FILE FAULT up …`: one kept answer in `EVERY` is compared, and FILE gets
a line with all counts every second, and one for each difference at once. FAULT names a deliberate
fault of `tests.kept.keeping`; empty for none. The product has no setting for this: its classes are
patched before its command begins.
"""

import atexit
import json
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.kept.keeping import FAULTS

from daypass.cli import entry
from daypass.core.audit_records.recorded_parameters import redacted_parameters
from daypass.core.policy.decision.decide import decide
from daypass.core.policy.decision.known_decisions import KnownDecisions
from daypass.core.sessions.keyids import account_of
from daypass.core.sigv4 import claim as claims
from daypass.core.sigv4.known_claims import KnownClaims
from daypass.core.sigv4.verify import signing_key
from daypass.core.slices import at_once
from daypass.server.authority.schemes import sigv4
from daypass.server.authority.schemes.sigv4 import SigV4Scheme
from daypass.server.http.api import _AwsCodec
from daypass.services.kit import caller, context_keys, effective_policies
from daypass.services.sts import assume_role
from daypass.state.snapshot.organization_view import OrganizationView

WRITE_SECONDS = 1.0


class Comparison:
    """Counts what was kept and what was compared, and writes down what differs."""

    def __init__(self, every, path):
        self._every, self._path = every, path
        self._kept, self._compared = Counter(), Counter()
        self._written = 0.0

    def is_due(self, kind):
        """Count a kept answer; say whether it is to be compared."""
        self._kept[kind] += 1
        if self._kept[kind] % self._every:
            return False
        self._compared[kind] += 1
        if time.monotonic() - self._written > WRITE_SECONDS:
            self.write()
        return True

    def compare(self, kind, kept, anew):
        """Write a line if the two are not the same; no value, since it may be a secret."""
        if kept != anew:
            self._append({"difference": kind})

    def write(self):
        """Write how much was kept and compared until now."""
        self._written = time.monotonic()
        self._append({"kept": self._kept, "compared": self._compared})

    def _append(self, line):
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")


def watch_decisions(seen):
    """Compare decisions that were made before."""
    known, keep = KnownDecisions.decide, KnownDecisions._decide_and_keep
    made = []

    def keeping(decisions, *args):
        made.append(True)
        return keep(decisions, *args)

    def deciding(decisions, request, policies):
        made.clear()
        found = known(decisions, request, policies)
        if not made and seen.is_due("decisions"):
            seen.compare("decisions", _shown(found), _shown(decide(request, policies)))
        return found

    KnownDecisions._decide_and_keep = keeping
    KnownDecisions.decide = deciding


def _shown(decision):
    """Return what a decision says, with its rule as the policy's name and the statement."""
    rule = decision.rule
    shown = (rule.policy.name, rule.policy.arn, rule.statement.syntax) if rule else None
    return decision.outcome, decision.layer, shown


def watch_policies(seen):
    """Compare compiled policies of principals, and the keys of roles' tags."""
    principal_policies = effective_policies.principal_policies

    def compiled(record, directory):
        is_kept = record.unique_id in directory.account(record.account).cache
        found = principal_policies(record, directory)
        if is_kept and seen.is_due("policies of principals"):
            anew = effective_policies._compile_principal_policies(record, directory)
            seen.compare("policies of principals", _texts(*found), _texts(*anew[:2]))
        return found

    effective_policies.principal_policies = compiled
    role_tag_keys = context_keys.role_tag_keys

    def tagged(role, account):
        found = role_tag_keys(role, account)
        if role is not None and role.tags and seen.is_due("keys of roles' tags"):
            current = context_keys._compute_role_tag_keys(role.tags)
            seen.compare("keys of roles' tags", found, current)
        return found

    context_keys.role_tag_keys = assume_role.role_tag_keys = tagged


def _texts(*sets):
    """Return the policies of compiled sets by name, ARN and digest."""
    return [
        kind and [(each.name, each.arn, each.document.digest) for each in kind.policies]
        for kind in sets
    ]


def watch_organizations(seen):
    """Compare the policies above accounts, and merged ones."""
    control_policies_of = OrganizationView.control_policies_of

    def controlled(view, account):
        found = control_policies_of(view, account)
        if found is not None and seen.is_due("control policies"):
            anew = view._compile_control_policies()[account]
            seen.compare("control policies", _levels(found), _levels(anew))
        return found

    OrganizationView.control_policies_of = controlled
    effective_policy = OrganizationView.effective_policy_in_steps

    def merged(view, account, kind):
        found = yield from effective_policy(view, account, kind)
        if seen.is_due("merged policies"):
            kept, view.cache = view.cache, {}
            anew = at_once(effective_policy(view, account, kind))
            view.cache = kept
            seen.compare("merged policies", found, anew)
        return found

    OrganizationView.effective_policy_in_steps = merged


def _levels(found):
    return (
        found.organization,
        found.management,
        found.path,
        *(_texts(*levels) if levels else None for levels in (found.scps, found.rcps)),
    )


def watch_proofs(seen):
    """Compare credentials, signing keys and claims."""
    find_credential = caller.find_credential

    def finding(directory, keyring, *, access_key_id, token, steady):
        account = directory.account(account_of(access_key_id) or "")
        is_kept = f"credential {access_key_id}" in account.cache
        found = find_credential(
            directory, keyring, access_key_id=access_key_id, token=token, steady=steady
        )
        if is_kept and seen.is_due("credentials"):
            current, key = caller._caller_of_key(account, access_key_id)
            secret = caller.open_secret(key.secret, keyring, owner=key.id)
            seen.compare("credentials", (found.caller, found.secret), (current, secret))
        return found

    sigv4.find_credential = finding
    derive = SigV4Scheme.signing_key

    def deriving(scheme, claim, directory, moment):
        found = derive(scheme, claim, directory, moment)
        if found.derived_from in scheme._key_cache and seen.is_due("signing keys"):
            secret, *_ = found.derived_from
            anew = signing_key(secret, date=claim.date, region=claim.region, service=claim.service)
            seen.compare("signing keys", found.key.raw, anew)
        return found

    SigV4Scheme.signing_key = deriving
    read = KnownClaims.read

    def reading(known, request):
        found = read(known, request)
        names = {id(each.claim.signed_headers) for each in known._known.values()}
        # What was parsed of the header is the kept claim's own object.
        if found is not None and id(found.signed_headers) in names and seen.is_due("claims"):
            seen.compare("claims", found, claims.read_claim(request))
        return found

    KnownClaims.read = reading


def watch_forms(seen):
    """Compare operations and parameters of forms that were read before, and their records."""
    find_known = _AwsCodec.find_known

    def finding(codec, signed_for):
        operation = find_known(codec, signed_for)
        if operation is not None and seen.is_due("forms"):
            anew = at_once(codec._catalog.identify(codec._request, signed_for))
            params = anew.parse()
            anew.operation.validate(params)
            known, model = codec._known, anew.operation
            recorded = redacted_parameters(params, model.secret_parameters)
            seen.compare(
                "forms",
                (operation.service.name, operation.name, known.params, known.recorded),
                (model.service.name, model.name, params, recorded),
            )
        return operation

    _AwsCodec.find_known = finding


if __name__ == "__main__":
    comparison = Comparison(int(sys.argv.pop(1)), Path(sys.argv.pop(1)))
    if fault := sys.argv.pop(1):
        FAULTS[fault](pytest.MonkeyPatch())
    for watch in (watch_decisions, watch_policies, watch_organizations, watch_proofs, watch_forms):
        watch(comparison)
    atexit.register(comparison.write)
    entry.main()
