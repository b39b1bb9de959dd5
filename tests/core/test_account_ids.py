"""The form of an account's id."""

import pytest

from daypass.core.account_ids import is_account_id


@pytest.mark.parametrize("text", ["111122223333", "000000000000"])
def test_twelve_digits_are_an_account_id(text) -> None:
    assert is_account_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "11112222333",
        "1111222233334",
        "11112222333a",
        "111122223333\n",
        " 11112222333",
        "+11112222333",
        "1111_2222333",
        "１１１１２２２２３３３３",
        "¹¹¹¹¹¹¹¹¹¹¹¹",
        "-11112222333",
        "*",
        "aws",
    ],
)
def test_everything_else_is_none(text) -> None:
    assert not is_account_id(text)
