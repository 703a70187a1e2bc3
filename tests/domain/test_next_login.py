"""What a prelogin says comes next, and what a login says must be done after it: every row of the pages."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.domain.samples import DAY, INDIVIDUAL, NOW, credential, guarded, lock, profile, temporary_pin

from aldaba.domain.customer import Customer, ElectronicBanking
from aldaba.domain.lockout import Guard, LockKind
from aldaba.domain.policy import CLASSIC, PasswordPolicy
from aldaba.domain.profile import (
    AccessProfile,
    Credential,
    Expiry,
    LoginAction,
    credential_status,
    next_action,
    with_guard,
    with_temporary_pin,
)
from aldaba.domain.session import CredentialStatus, Factor

AGEING = replace(CLASSIC, password=PasswordPolicy(max_age_days=90))
PIN, PASSWORD = credential("p"), credential("w")
UNLOCKED = replace(PASSWORD, expired=Expiry.UNLOCK)
OLD = replace(PASSWORD, activated_at=NOW - 91 * DAY)
BOTH = profile(PIN, PASSWORD)
FRESH = with_temporary_pin(profile(), "t", NOW, CLASSIC)
RESTARTED = with_temporary_pin(BOTH, "t", NOW, CLASSIC)

BLACK_LISTED = replace(INDIVIDUAL, black_listed=True)
NO_BANKING = replace(INDIVIDUAL, electronic_banking=ElectronicBanking.NONE)
CANCELLED = replace(INDIVIDUAL, electronic_banking=ElectronicBanking.CANCELLED)
PREVENTIVE = replace(BOTH, lock=lock(LockKind.PREVENTIVE))
DAY_LOCKED = with_guard(BOTH, Factor.PASSWORD, guarded(LockKind.DAY))


def holding(pin: Guard = Guard(), password: Guard = Guard()) -> AccessProfile:  # noqa: B008 - a frozen value
    return profile(credential("p", pin), credential("w", password))


@pytest.mark.parametrize(
    ("customer", "held", "action"),
    [
        # 0: no electronic banking yet
        (NO_BANKING, None, LoginAction.ONBOARD),
        (NO_BANKING, BOTH, LoginAction.ONBOARD),
        (CANCELLED, BOTH, LoginAction.ONBOARD),
        (NO_BANKING, PREVENTIVE, LoginAction.ONBOARD),
        (INDIVIDUAL, None, LoginAction.ONBOARD),
        (None, None, LoginAction.ONBOARD),
        # 1: password
        (INDIVIDUAL, BOTH, LoginAction.PASSWORD),
        (INDIVIDUAL, profile(None, PASSWORD), LoginAction.PASSWORD),
        (INDIVIDUAL, profile(PIN, UNLOCKED), LoginAction.PASSWORD),
        # 2: PIN
        (INDIVIDUAL, profile(PIN), LoginAction.PIN),
        (INDIVIDUAL, profile(PIN, OLD), LoginAction.PIN),
        # 3: temporary PIN
        (INDIVIDUAL, FRESH, LoginAction.TEMPORARY_PIN),
        (INDIVIDUAL, RESTARTED, LoginAction.TEMPORARY_PIN),
        (INDIVIDUAL, profile(), LoginAction.TEMPORARY_PIN),
        (INDIVIDUAL, replace(RESTARTED, temporary_pin=None), LoginAction.TEMPORARY_PIN),
        # 4: locked
        (INDIVIDUAL, PREVENTIVE, LoginAction.UNLOCK),
        (INDIVIDUAL, DAY_LOCKED, LoginAction.UNLOCK),
        (INDIVIDUAL, holding(password=guarded(LockKind.INDEFINITE)), LoginAction.UNLOCK),
        (INDIVIDUAL, profile(credential("p", guarded(LockKind.DAY))), LoginAction.UNLOCK),
        (INDIVIDUAL, replace(FRESH, pin=Credential(guard=guarded(LockKind.DAY))), LoginAction.UNLOCK),
        (INDIVIDUAL, replace(BOTH, failures=100), LoginAction.UNLOCK),
        (INDIVIDUAL, replace(BOTH, active_at=NOW - 366 * DAY), LoginAction.UNLOCK),
        (INDIVIDUAL, holding(pin=guarded(LockKind.DAY)), LoginAction.PASSWORD),
        (INDIVIDUAL, with_guard(BOTH, Factor.BIOMETRIC, guarded(LockKind.DAY)), LoginAction.PASSWORD),
        # 5: black list, before everything else
        (BLACK_LISTED, BOTH, LoginAction.VISIT_BRANCH),
        (BLACK_LISTED, PREVENTIVE, LoginAction.VISIT_BRANCH),
        (BLACK_LISTED, None, LoginAction.VISIT_BRANCH),
        (replace(NO_BANKING, black_listed=True), None, LoginAction.VISIT_BRANCH),
        # nobody the directory knows
        (None, BOTH, LoginAction.PASSWORD),
        (None, profile(PIN), LoginAction.PIN),
    ],
)
def test_the_next_login_is_the_one_of_the_pages(
    customer: Customer | None, held: AccessProfile | None, action: LoginAction
) -> None:
    assert next_action(customer, held, NOW, AGEING) is action


@pytest.mark.parametrize(
    ("after", "action"),
    [
        (timedelta(hours=1), LoginAction.UNLOCK),
        (DAY - timedelta(seconds=1), LoginAction.UNLOCK),
        (DAY, LoginAction.PASSWORD),
    ],
)
def test_a_day_lock_shows_until_it_ends(after: timedelta, action: LoginAction) -> None:
    assert next_action(INDIVIDUAL, DAY_LOCKED, NOW + after, CLASSIC) is action


@pytest.mark.parametrize("when", [NOW + timedelta(hours=72), NOW + 30 * DAY])
def test_a_temporary_pin_that_ran_out_lets_nothing_older_in(when: datetime) -> None:
    assert next_action(INDIVIDUAL, RESTARTED, when, CLASSIC) is LoginAction.TEMPORARY_PIN


def test_the_codes_are_the_contracts() -> None:
    assert [action.value for action in LoginAction] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("held", "factor", "status"),
    [
        (BOTH, Factor.PIN, CredentialStatus.NONE),
        (BOTH, Factor.PASSWORD, CredentialStatus.NONE),
        (BOTH, Factor.BIOMETRIC, CredentialStatus.NONE),
        (profile(None, PASSWORD), Factor.PASSWORD, CredentialStatus.NONE),
        (FRESH, Factor.PIN, CredentialStatus.NEW),
        (RESTARTED, Factor.PIN, CredentialStatus.RPIN),
        (replace(profile(PIN), temporary_pin=temporary_pin()), Factor.PIN, CredentialStatus.RPIN),
        (replace(profile(None, PASSWORD), temporary_pin=temporary_pin()), Factor.PIN, CredentialStatus.RPIN),
        (profile(PIN), Factor.PIN, CredentialStatus.ACPWD),
        (profile(PIN), Factor.BIOMETRIC, CredentialStatus.ACPWD),
        (profile(PIN, OLD), Factor.PIN, CredentialStatus.ACPWD),
        (profile(PIN, OLD), Factor.PASSWORD, CredentialStatus.ACPWD),
        (profile(PIN, UNLOCKED), Factor.PASSWORD, CredentialStatus.CHPWD),
        (profile(PIN, UNLOCKED), Factor.BIOMETRIC, CredentialStatus.CHPWD),
        (profile(PIN, UNLOCKED), Factor.PIN, CredentialStatus.ACPWD),
        (replace(RESTARTED, temporary_pin=None), Factor.BIOMETRIC, CredentialStatus.ACPWD),
    ],
)
def test_the_credential_status_tells_what_must_be_set(
    held: AccessProfile, factor: Factor, status: CredentialStatus
) -> None:
    assert credential_status(held, factor, NOW, AGEING) is status
