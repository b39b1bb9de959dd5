"""Policies as tests write them: statements, and the documents that hold them.

`policy` is the text that an API takes; `document` is the same as data.
"""

import json

VERSION = "2012-10-17"


def allow(action="*", resource="*", **more):
    """Return a statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action="*", resource="*", **more):
    """Return a statement that denies."""
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trust(principal, action="sts:AssumeRole", **more):
    """Return a statement of a trust policy, which lets somebody assume the role.

    The principal is the ARN or account of an AWS principal, a list of them, or a whole element.
    """
    element = principal if isinstance(principal, dict) else {"AWS": principal}
    return {"Effect": "Allow", "Principal": element, "Action": action, **more}


def document(*statements, version=VERSION):
    """Return a policy of these statements as data."""
    return {"Version": version, "Statement": list(statements)}


def policy(*statements, **layout):
    """Return a policy of these statements as text, which is laid out as `json.dumps` is told."""
    return json.dumps(document(*statements), **layout)
