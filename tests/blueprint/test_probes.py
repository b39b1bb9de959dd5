"""Probes are made from documents as they mean, not as they are spelt."""

import json

from daypass.blueprint.plan.probe_requests import _document_under_condition


def test_a_document_that_names_somebody_still_does_without_its_statements() -> None:
    text = '{"Statement":[{"Effect":"Deny","Princip\\u0061l":"*","Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"true"}}}]}'

    [statement] = json.loads(_document_under_condition(text, "another"))["Statement"]

    assert statement["Principal"] == "*"


def test_a_text_about_principals_names_nobody() -> None:
    text = '{"Statement":[{"Sid":"\\"Principal\\"","Effect":"Deny","Action":"\\"Principal\\"","Resource":"*","Condition":{"Bool":{"a:b":"true"}}}]}'

    [statement] = json.loads(_document_under_condition(text, "another"))["Statement"]

    assert "Principal" not in statement
