"""Which handshakes and transfers are removed: what nobody is told of any more, unless somebody
is still waited for.
"""

import pytest

from daypass.core import quotas
from daypass.core.domain.organizations.handshake import Handshake
from daypass.core.domain.organizations.responsibility_transfer import ResponsibilityTransfer
from daypass.core.organizations.retention import removable_handshakes, removable_transfers

KEPT, DAY = quotas.FINISHED_HANDSHAKE_SECONDS, 24 * 60 * 60
OPENED = 1_000


def handshake(name, state="OPEN", *, expires=OPENED, ended=0, parent="", action="INVITE"):
    return Handshake(account="o-a1b2c3d4e5", id=name, action=action, state=state, target="1" * 12, serial=1, requested=0, expires=expires, ended=ended, parent=parent)  # fmt: skip


def transfer(name, status="REQUESTED", *, expires=OPENED, ended=0, source=""):
    return ResponsibilityTransfer(account="o-a1b2c3d4e5", id=name, type="BILLING", name="n", serial=1, handshake="h", status=status, invited="1" * 12, source=source, requested=0, start=0, expires=expires, ended=ended)  # fmt: skip


@pytest.mark.parametrize(
    ("made", "now", "is_forgotten"),
    [
        pytest.param(handshake("h"), OPENED - 1, False, id="it is open"),
        pytest.param(handshake("h"), OPENED + KEPT - 1, False, id="it expired, and is still told of"),
        pytest.param(handshake("h"), OPENED + KEPT, True, id="it expired thirty days ago"),
        pytest.param(handshake("h", "DECLINED", ended=10), 10 + KEPT - 1, False, id="it was declined"),
        pytest.param(handshake("h", "DECLINED", ended=10), 10 + KEPT, True, id="declined thirty days ago"),
        pytest.param(handshake("h", "ACCEPTED", ended=10), 10 + KEPT, True, id="accepted thirty days ago"),
    ],
)  # fmt: skip
def test_a_handshake_is_removed_thirty_days_after_its_end(made, now, is_forgotten) -> None:
    assert removable_handshakes([made], now) == [made] * is_forgotten


@pytest.mark.parametrize("answer", ["ACCEPTED", "DECLINED", "CANCELED"])
def test_an_accounts_answer_about_all_features_is_kept_while_others_are_waited_for(answer) -> None:
    """Ninety days are waited for all answers. A refusal that is gone after thirty would be none."""
    action, expires = "ENABLE_ALL_FEATURES", 90 * DAY
    first = handshake("h-first", "REQUESTED", action=action, expires=expires)
    part = handshake("h-part", answer, action=action, expires=expires, ended=DAY, parent="h-first")

    assert removable_handshakes([first, part], 89 * DAY) == []
    assert removable_handshakes([first, part], expires) == [part]
    assert removable_handshakes([first, part], expires + KEPT) == [first, part]


def test_an_answer_whose_question_is_gone_is_removed_like_any_other() -> None:
    part = handshake("h-part", "ACCEPTED", ended=10, parent="h-gone")

    assert removable_handshakes([part], 10 + KEPT) == [part]


@pytest.mark.parametrize(
    ("made", "now", "is_forgotten"),
    [
        pytest.param(transfer("rt"), OPENED + KEPT - 1, False, id="it expired, and is still told of"),
        pytest.param(transfer("rt"), OPENED + KEPT, True, id="it expired thirty days ago"),
        pytest.param(transfer("rt", "DECLINED", ended=10), 10 + KEPT, True, id="declined thirty days ago"),
        pytest.param(transfer("rt", "ACCEPTED", ended=10, source="2" * 12), 10 * KEPT, False, id="it was accepted"),
        pytest.param(transfer("rt", "WITHDRAWN", ended=10, source="2" * 12), 10 * KEPT, False, id="it was withdrawn"),
    ],
)  # fmt: skip
def test_an_invitation_to_a_transfer_is_removed_with_its_handshake_and_a_transfer_never(
    made, now, is_forgotten
) -> None:
    assert removable_transfers([made], now) == [made] * is_forgotten
