"""An audit record is rebuilt from its parsed form byte by byte, also one of an older version."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daypass.core.audit_records.recorded_parameters import redacted_parameters
from daypass.server.audit.event import Event

OF_BEFORE = [
    b'{"time":1795935401.4757414,"request":"b1959c5e","service":"sts","operation":"AssumeRole","account":"617099091787","principal":"arn:aws:iam::617099091787:user/alice","key":"AKIAY7LPY35FVDBBOQHZ","source":"127.0.0.1","agent":"Boto3","decisions":["Allowed by role trust policy statement 0"],"revision":5}',
    b'{"time":2.0,"request":"","service":"daypass","operation":"root","account":"1","principal":"arn:aws:iam::1:root","key":"ASIA1","detail":{"kind":"root","seconds":"900","by":"root"}}',
    b'{"time":2.0,"request":"r","service":"s3","operation":"GetObject","resource":"/b/k","outcome":"AccessDenied","message":"no","reasons":"sealed"}',
]


def rebuilt(raw):
    return msgspec.json.encode(msgspec.json.decode(raw, type=Event))


@pytest.mark.parametrize("raw", OF_BEFORE)
def test_a_record_of_an_older_version_is_rebuilt_as_it_was_written(raw) -> None:
    assert rebuilt(raw) == raw


@given(
    st.dictionaries(
        st.sampled_from(["UserName", "Tags", "Value", "TokenCode"]) | st.text(),
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text() | st.integers()),
    )
)
def test_a_record_with_any_parameters_is_rebuilt_as_it_was_written(params) -> None:
    event = Event(
        time=0.1, request="r", service="iam", operation="x", parameters=redacted_parameters(params)
    )
    raw = msgspec.json.encode(event)

    assert rebuilt(raw) == raw
