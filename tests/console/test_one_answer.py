"""Whatever a use case refuses, both doors of operators answer it with one status and one kind."""

import json

import pytest

from aldaba.admin.answers import STATUSES, refusal
from aldaba.console.troubles import KEYS, trouble_of
from aldaba.domain.four_eyes import Hindrance
from aldaba.domain.operators import Act
from aldaba.domain.refusals import BackendFailed, HouseUnavailable, Reason, Refused
from aldaba.service.approvals import Hindered
from aldaba.service.operator_desk import Forbidden

RAISED = [
    *(Refused(reason) for reason in Reason),
    *(Hindered(hindrance) for hindrance in Hindrance),
    Forbidden(Act.CUSTOMER_LOCK),
    BackendFailed("core"),
    HouseUnavailable("database"),
]


@pytest.mark.parametrize("raised", RAISED, ids=lambda raised: f"{type(raised).__name__} {raised}")
def test_both_doors_answer_alike(raised: Exception) -> None:
    answered, shown = refusal(raised), trouble_of(raised)
    assert answered is not None
    assert shown is not None
    assert shown.status == answered.status_code
    assert shown.key == json.loads(bytes(answered.body))["error"]["code"]
    assert shown.key in KEYS
    assert shown.status in STATUSES


def test_a_fault_is_nobodys_refusal() -> None:
    assert refusal(ZeroDivisionError()) is None
    assert trouble_of(ZeroDivisionError()) is None


def test_a_link_that_is_no_good_proves_nobody() -> None:
    shown = trouble_of(Refused(Reason.TOKEN_INVALID, "token"))
    assert shown is not None
    assert (shown.status, shown.key) == (401, "invitation_invalid")
