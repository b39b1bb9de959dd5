"""An authority that keeps nothing, and ones that keep too much: deliberate faults.

Each is a context in which the product's classes are patched; it has no switch for it.
"""

from contextlib import contextmanager

import pytest
from tests.kept.world import WORKER

from daypass.core.policy.decision import known_decisions
from daypass.core.policy.decision.decide import decide
from daypass.core.policy.decision.known_decisions import KnownDecisions
from daypass.core.sigv4 import known_claims
from daypass.core.sigv4.known_claims import KnownClaims
from daypass.server.authority.schemes import sigv4
from daypass.server.authority.schemes.sigv4 import SigV4Scheme
from daypass.services.kit import authorization, caller
from daypass.state.snapshot import organization_view
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.organization_view import OrganizationView
from daypass.state.snapshot.view import View
from daypass.wire import known_calls
from daypass.wire.known_calls import KnownCalls


class _Forgetful(dict):
    """A cache in which nothing is ever found."""

    def __setitem__(self, _key, _value):
        pass

    def setdefault(self, _key, value=None):
        return value


class _JustDecides:
    decide = staticmethod(decide)


def _drop(*_):
    """Keep nothing."""


@contextmanager
def everything_kept():
    """Keep what the product keeps, beginning with nothing."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(authorization, "_known_decisions", KnownDecisions())
        yield patched


@contextmanager
def nothing_kept():
    """Work everything out anew for each request."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(View, "cache", property(lambda _view: _Forgetful(), _drop))
        patched.setattr(authorization, "_known_decisions", _JustDecides())
        patched.setattr(KnownClaims, "keep", _drop)
        patched.setattr(KnownCalls, "keep", _drop)
        patched.setattr(SigV4Scheme, "cache_key", _drop)
        everything = organization_view._CONTROL_POLICY_RECORDS
        patched.setattr(organization_view, "_CONTROL_POLICY_RECORDS", _Everything(everything))
        yield patched


class _Everything(frozenset):
    """Classes of records of which one is always among those that changed."""

    def isdisjoint(self, _others):
        return False


# Deliberate faults: each keeps more than it may.


def _view_cache_survives(patched):
    """The cache of an account's view goes over to the view after a change."""
    changed = View.changed

    def surviving(view, *args):
        after = changed(view, *args)
        if isinstance(view, AccountView):
            after.cache = view.cache
        return after

    patched.setattr(View, "changed", surviving)


def _credential_of_another_view(patched):
    """A credential is kept by its key's id alone, beside the snapshots."""
    known, find = {}, caller.find_credential

    def finding(directory, keyring, *, access_key_id, token, steady):
        if token or access_key_id not in known:
            known[access_key_id] = find(
                directory, keyring, access_key_id=access_key_id, token=token, steady=steady
            )
        return known[access_key_id]

    patched.setattr(sigv4, "find_credential", finding)


def _role_tags_of_another_view(patched):
    """The condition keys of a role's tags are kept for good."""
    from daypass.services.kit import context_keys

    compute, known = context_keys._compute_role_tag_keys, {}
    patched.setattr(
        context_keys,
        "_compute_role_tag_keys",
        lambda tags: known.setdefault(WORKER.name, compute(tags)),
    )


def _cache_outlives_policies_of_aws(patched):
    """What was compiled of AWS's policies stays when AWS changes one."""
    patched.setattr(AccountView, "refreshed", lambda view: view)


class _Comparing(KnownDecisions):
    """Compares less than it should: `part` says of a question what is compared."""

    def __init__(self, part):
        super().__init__()
        self._part, self._first = part, {}

    def decide(self, request, policies):
        known = self._first.setdefault(self._part(request, policies), policies)
        return super().decide(request, known)


def _decisions_by(part):
    def fault(patched):
        patched.setattr(authorization, "_known_decisions", _Comparing(part))

    return fault


class _WithoutValues(KnownDecisions):
    """Compares no values of condition keys."""

    def decide(self, request, policies):
        question = (request.principal, request.action, request.resource, request.resource_account)
        known = self._known.get((*question, policies))
        return known[0].decision if known else super().decide(request, policies)


def _decisions_without_values(patched):
    """Decisions are kept without the values of the condition keys that were asked for."""
    patched.setattr(authorization, "_known_decisions", _WithoutValues())


def _decisions_without_absent_values(patched):
    """Only values of condition keys that are there are compared."""
    noted = known_decisions._NotedContext

    class Noted(noted):
        def get(self, key, default=None):
            value = super().get(key, default)
            if self.asked[key] is None:
                del self.asked[key]
            return value

    patched.setattr(known_decisions, "_NotedContext", Noted)


class _AnyNames(tuple):
    """Names of headers that are those of every request."""

    __slots__ = ()

    def __eq__(self, _other):
        return True

    __hash__ = tuple.__hash__


def _claims_without_names(patched):
    """A claim is kept without the names of its request's headers."""
    known = known_claims._KnownClaim
    patched.setattr(
        known_claims, "_KnownClaim", lambda names, claim: known(_AnyNames(names), claim)
    )


def _claims_with_their_date(patched):
    """A claim is kept with the date of its first request."""
    made = known_claims._with_signature

    def dated(claim, signature, *, amz_date, token):
        return made(claim, signature, amz_date=claim.amz_date or amz_date, token=token)

    keep = KnownClaims.keep

    def keeping(claims, request, claim):
        patched.setattr(
            known_claims,
            "_with_signature",
            lambda known, signature, *, amz_date, token: made(
                known, signature, amz_date=claim.amz_date, token=token
            ),
        )
        keep(claims, request, claim)
        patched.setattr(known_claims, "_with_signature", dated)

    patched.setattr(KnownClaims, "keep", keeping)


def _claims_with_their_token(patched):
    """A claim is kept with the session token of its first request."""
    made = known_claims._with_signature
    tokens = {}

    def with_token(claim, signature, *, amz_date, token):
        known = tokens.setdefault(claim.access_key_id[:4], token)
        return made(claim, signature, amz_date=amz_date, token=known)

    patched.setattr(known_claims, "_with_signature", with_token)


def _keys_without_secret(patched):
    """A signing key is kept by day, region and service alone."""
    signing_key, known = sigv4.signing_key, {}

    def deriving(secret, **scope):
        return known.setdefault(tuple(scope.values()), signing_key(secret, **scope))

    patched.setattr(sigv4, "signing_key", deriving)


def _keys_without_date(patched):
    """A signing key is kept by its secret alone."""
    signing_key, known = sigv4.signing_key, {}
    patched.setattr(
        sigv4,
        "signing_key",
        lambda secret, **scope: known.setdefault(secret, signing_key(secret, **scope)),
    )


def _forms_without_service(patched):
    """A form is kept without the service that its request was signed for."""
    find, keep = KnownCalls.find, KnownCalls.keep
    patched.setattr(KnownCalls, "find", lambda calls, request, _: find(calls, request, None))
    patched.setattr(
        KnownCalls, "keep", lambda calls, request, _, known: keep(calls, request, None, known)
    )


def _forms_alone(patched):
    """A form is kept without what else its request consists of."""
    patched.setattr(known_calls, "is_plain_form", lambda _request: True)


def _parameters_changed(patched):
    """Parameters that are kept are changed by those who get them."""
    find = KnownCalls.find

    def changing(calls, request, signed_for):
        known = find(calls, request, signed_for)
        if known is not None:
            known.params.pop("UserName", None)
        return known

    patched.setattr(KnownCalls, "find", changing)


def _control_policies_survive(patched):
    """The control policies of an organization stay when a policy changes."""
    from daypass.core.domain.organizations.organization_policy import OrganizationPolicy

    known = organization_view._CONTROL_POLICY_RECORDS - {OrganizationPolicy}
    patched.setattr(organization_view, "_CONTROL_POLICY_RECORDS", known)


def _effective_policies_survive(patched):
    """The merged policies of an organization stay when a policy changes."""
    derive = OrganizationView.derive

    def deriving(view, before, touched):
        derive(view, before, touched)
        view.cache["effective"] = before.cache.setdefault("effective", {})

    patched.setattr(OrganizationView, "derive", deriving)


def _by_revision(patched):
    """What is kept of a view goes by its revision: one that was supposed has that of another."""
    caches = {}
    changed = View.changed

    def sharing(view, changes, revision):
        after = changed(view, changes, revision)
        if isinstance(view, AccountView):
            after.cache = caches.setdefault((view.id, revision), {})
        return after

    patched.setattr(View, "changed", sharing)


def _question(request):
    return request.principal, request.action, request.resource, request.resource_account


FAULTS = {
    "a view's cache survives a change": _view_cache_survives,
    "a view's cache goes by its revision": _by_revision,
    "a credential goes by its key's id": _credential_of_another_view,
    "policies of AWS stay": _cache_outlives_policies_of_aws,
    "a role's tags stay": _role_tags_of_another_view,
    "decisions are compared without policies": _decisions_by(lambda request, _: _question(request)),
    "no session policy is an empty one": _decisions_by(
        lambda request, policies: (*_question(request), policies._replace(session=None))
    ),
    "decisions are compared without SCPs": _decisions_by(
        lambda request, policies: (*_question(request), policies._replace(scps=None))
    ),
    "decisions are compared without trust": _decisions_by(
        lambda request, policies: (*_question(request), policies._replace(resource=None))
    ),
    "decisions are compared without values": _decisions_without_values,
    "decisions are compared without absent values": _decisions_without_absent_values,
    "claims are kept without names of headers": _claims_without_names,
    "claims are kept with their date": _claims_with_their_date,
    "claims are kept with their token": _claims_with_their_token,
    "signing keys are kept without the secret": _keys_without_secret,
    "signing keys are kept without the day": _keys_without_date,
    "forms are kept without their service": _forms_without_service,
    "forms are kept without content type and query": _forms_alone,
    "parameters are changed by those who get them": _parameters_changed,
    "control policies stay": _control_policies_survive,
    "merged policies stay": _effective_policies_survive,
}
"""Deliberate faults, by what is wrong."""
