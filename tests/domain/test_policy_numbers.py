"""The defaults are the numbers the bank and its regulator published; one that moves is moved here too."""

from datetime import timedelta

import pytest

from aldaba.domain.policy import CLASSIC, MODERN, Policy, RuleSet, SecondLogin
from aldaba.domain.refusals import BackendFailed, HouseUnavailable, Reason, Refused


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (CLASSIC.pin.length, 8),
        (CLASSIC.pin.history, 5),
        (
            (CLASSIC.password.min_length, CLASSIC.password.max_length, CLASSIC.password.composed),
            (8, 20, True),
        ),
        ((MODERN.password.min_length, MODERN.password.max_length, MODERN.password.composed), (8, 64, False)),
        ((CLASSIC.password.max_age_days, MODERN.password.max_age_days), (None, None)),
        ((CLASSIC.password.history, MODERN.password.history), (5, 5)),
        ((CLASSIC.secret.equal_neighbours, CLASSIC.secret.sequence), (2, 3)),
        (CLASSIC.temporary_pin.life_hours, 72),
        (CLASSIC.lockout.failures, 5),
        ((CLASSIC.lockout.day_locks, CLASSIC.lockout.day_lock_window_days), (3, 30)),
        (CLASSIC.lockout.ceiling, 100),
        (CLASSIC.lockout.unused_days, 365),
        ((CLASSIC.lockout.reservation_seconds, CLASSIC.lockout.wait_seconds), (10, 2.0)),
        ((CLASSIC.lockout.address_failures, CLASSIC.lockout.address_window_seconds), (100, 600)),
        ((CLASSIC.session.idle_seconds, CLASSIC.session.absolute_seconds), (300, 3600)),
        (CLASSIC.session.tombstone_seconds, 60),
        (CLASSIC.session.strong_seconds, 300),
        (CLASSIC.session.second_login, SecondLogin.REFUSE),
        ((CLASSIC.e2e.rotation_hours, CLASSIC.e2e.rsa_bits), (24, 3072)),
        ((CLASSIC.e2e.registered_key_days, CLASSIC.e2e.sessionless_skew_seconds), (90, 300)),
        ((CLASSIC.access_token.life_seconds, CLASSIC.access_token.leeway_seconds), (900, 30)),
        (CLASSIC.access_token.assertion_max_age_seconds, 300),
        ((CLASSIC.hash.memory_kib, CLASSIC.hash.passes), (19 * 1024, 2)),
        (
            (CLASSIC.hash.import_memory_kib, CLASSIC.hash.import_passes, CLASSIC.hash.import_lanes),
            (64 * 1024, 4, 4),
        ),
        (CLASSIC.biometric.max_life_seconds, 60),
        (CLASSIC.audit.kept_days, 180),
        (CLASSIC.time_zone, "America/Mexico_City"),
        ((CLASSIC.rules, MODERN.rules), (RuleSet.CLASSIC, RuleSet.MODERN)),
    ],
)
def test_a_default_is_the_published_number(number: object, expected: object) -> None:
    assert number == expected


def test_the_default_policy_is_the_banks_own() -> None:
    assert Policy() == CLASSIC


def test_a_spent_request_id_is_remembered_longer_than_the_session_that_could_replay_it() -> None:
    assert CLASSIC.session_life == timedelta(hours=1)
    assert CLASSIC.replay_memory > CLASSIC.session_life
    assert CLASSIC.replay_memory > timedelta(minutes=10)


def test_a_refusal_carries_facts_and_prints_only_its_reason() -> None:
    refused = Refused(Reason.BAD_CREDENTIALS, "customerCredentials", "more")
    assert (refused.reason, refused.location, refused.more) == (
        Reason.BAD_CREDENTIALS,
        "customerCredentials",
        "more",
    )
    assert str(refused) == "bad credentials"


def test_what_failed_outside_or_inside_is_named() -> None:
    assert (BackendFailed("directory").backend, BackendFailed("directory").communication) == (
        "directory",
        False,
    )
    assert BackendFailed("directory", communication=True).communication
    assert HouseUnavailable("database").part == "database"
