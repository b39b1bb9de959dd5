"""Why a request was refused: worked out from the recorded decision, for one reader.

The reasons are of the decision as it was made, whatever the policies say now. Out: who may read
which message (`sts:DecodeAuthorizationMessage`, `daypass log why`).
"""

from dataclasses import replace
from typing import Any

from daypass.core import quotas
from daypass.core.domain.iam.role import Role
from daypass.core.policy.decision.model import (
    AuthorizationRequest,
    Decision,
    DecisionOutcome,
    Layer,
)
from daypass.core.policy.decision.refusal_record import RefusalRecord
from daypass.core.policy.explanation.audience import Audience
from daypass.core.policy.explanation.decoded_message import decoded_message
from daypass.core.policy.explanation.explain import Explanation, explain
from daypass.core.policy.language.principal_element import Grant
from daypass.services.kit.context_keys import role_tag_keys
from daypass.services.kit.recalled_policies import MissingPolicy, recall_policies
from daypass.state.snapshot.directory import Directory

Data = dict[str, Any]
OPERATOR_AUDIENCE = Audience()
"""The operator of the authority, who may read everything."""
_RESOURCE_KEY_PREFIXES = (
    "aws:resourcetag/",
    "iam:resourcetag/",
    "s3:existingobjecttag/",
    "s3:buckettag/",
    "aws:resourceorg",
)
"""Condition keys that tell a resource's tags or its organization."""


def account_audience(refusal: RefusalRecord, viewer: str, directory: Directory) -> Audience:
    """Return what an account may read of a refusal.

    These are its own policies, and its organization's if it is that organization's management
    account.
    """
    _, _, account, *_ = refusal.principal
    organization = directory.organization_of(viewer)
    record = organization.record if organization is not None else None
    managed = record.id if record is not None and record.management == viewer else None
    owners = {
        Layer.SCP: refusal.organization == managed,
        Layer.RCP: refusal.owners_organization == managed,
        Layer.RESOURCE: refusal.policy_owner == viewer,
        Layer.TRUST: refusal.policy_owner == viewer,
        Layer.ENDPOINT: False,
    }
    return Audience(
        may_read_layer=lambda layer: owners.get(layer, account == viewer),
        may_read_key=lambda key: refusal.resource_account == viewer or not is_resource_key(key),
        statements_max=quotas.TRACED_STATEMENTS_MAX,
        characters_max=quotas.TRACED_CHARACTERS_MAX,
    )


def is_resource_key(key: str) -> bool:
    """Return whether a condition key, in lower case, is known to the resource's owner alone."""
    return key.startswith(_RESOURCE_KEY_PREFIXES)


def refusal_reasons(
    refusal: RefusalRecord, directory: Directory, reader: Audience = OPERATOR_AUDIENCE
) -> Data:
    """Return a refusal as AWS decodes one, with the reasons that the reader may see as `because`.

    `because.gone` lists each policy that has changed or been deleted since, by kind, name, ARN and
    hash: its statements are missing. `because.cut` says that the request was too long to be
    recorded: then there are no statements but the deciding one.
    """
    request, has_tags = _recalled_request(refusal, directory)
    recalled = recall_policies(refusal, directory)
    kept_layer = Layer(refusal.layer)
    decision = Decision(
        DecisionOutcome(refusal.outcome),
        kept_layer,
        recalled.rule(kept_layer, refusal.deciding),
        None if refusal.grant is None else Grant(refusal.grant),
        tuple(map(Layer, refusal.lacking)),
    )
    # Without the request's condition keys no condition can be explained.
    explained = (
        Explanation(request, decision) if refusal.is_cut else explain(request, recalled.policies)
    )
    explanation = replace(explained, decision=decision, refused_by=_refused_by(decision, explained))
    message = decoded_message(
        explanation, principal_id=refusal.principal_id, time=refusal.time, audience=reader
    )
    because = message["because"]
    if decision.rule is None:
        because |= _deciding_statement(refusal, reader)
    missing = [
        _missing_policy(each) for each in recalled.missing if reader.may_read_layer(each.layer)
    ]
    if not has_tags and reader.may_read_key(_RESOURCE_KEY_PREFIXES[0]):
        missing.append({"layer": "tags of the resource"})
    if missing:
        because["gone"] = missing
    if refusal.is_cut:
        because["cut"] = True
    return message


def _recalled_request(
    refusal: RefusalRecord, directory: Directory
) -> tuple[AuthorizationRequest, bool]:
    """Return the request that was decided, and whether the resource's tags are as they were."""
    request = refusal.authorization_request()
    if not refusal.tags:
        return request, True
    account = directory.account(refusal.resource_account)
    tags = role_tag_keys(directory.by_arn(Role, refusal.resource), account)
    if tags.digest != refusal.tags:
        return request, False
    return request._replace(context={**request.context, **tags.keys}), True


def _refused_by(decision: Decision, explanation: Explanation) -> tuple[Layer, ...]:
    """Return the kinds of policies that refused: each with a deny, or each that lacks an allow."""
    if decision.outcome is not DecisionOutcome.EXPLICITLY_DENIED:
        return decision.missing_layers
    denying = (each.layer for each in explanation.evaluations if each.verdict.deny is not None)
    return tuple(dict.fromkeys([decision.layer, *denying]))


def _deciding_statement(refusal: RefusalRecord, reader: Audience) -> Data:
    """Return what was recorded of the deciding statement, if its text is gone."""
    deciding = refusal.deciding
    if deciding is None:
        return {}
    data: Data = {"arn": deciding.policy.arn} if deciding.policy.arn else {}
    if reader.may_read_layer(Layer(refusal.layer)):
        data |= {"policy": deciding.policy.name, "statement": deciding.statement}
        data |= {"sid": deciding.sid} if deciding.sid else {}
    return data


def _missing_policy(missing: MissingPolicy) -> Data:
    """Return an entry of `because.gone`."""
    data: Data = {"layer": str(missing.layer)}
    if missing.layer in {Layer.SCP, Layer.RCP}:
        data["level"] = missing.level
    for name in ("name", "arn"):
        text = getattr(missing.reference, name)
        data |= {"policy" if name == "name" else name: text} if text else {}
    return data | {"sha256": missing.reference.digest.hex()}
