"""What the house says of customers nobody knows: stable, plausible, and telling nothing.

Every choice is drawn from a keyed digest of the number asked for, so that the same number gets the
same answer on every call, node and restart, and nobody without the key can tell it from a real one.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from aldaba.domain.lockout import longer
from aldaba.domain.policy import Policy
from aldaba.domain.profile import (
    AccessProfile,
    Credential,
    CredentialState,
    LoginAction,
    guard_of,
    with_guard,
)
from aldaba.domain.quotas import bank_day
from aldaba.domain.session import Factor

_GIVEN = (
    "MARIA JOSE GUADALUPE JUAN LUIS FRANCISCO CARLOS JESUS ANTONIO MIGUEL ALEJANDRO ANA PEDRO JORGE LAURA "
    "ROSA FERNANDO PATRICIA RICARDO VERONICA ROBERTO SILVIA ARTURO GABRIELA DANIEL LETICIA EDUARDO CLAUDIA "
    "RAUL MARTHA SERGIO ELENA ALBERTO SOFIA MANUEL ADRIANA OSCAR TERESA HECTOR MONICA"
).split()
_FAMILY = (
    "HERNANDEZ GARCIA MARTINEZ LOPEZ GONZALEZ PEREZ RODRIGUEZ SANCHEZ RAMIREZ CRUZ FLORES GOMEZ MORALES "
    "VAZQUEZ REYES JIMENEZ TORRES DIAZ GUTIERREZ RUIZ MENDOZA AGUILAR ORTIZ MORENO CASTILLO ROMERO ALVAREZ "
    "MENDEZ CHAVEZ RIVERA JUAREZ RAMOS DOMINGUEZ HERRERA MEDINA CASTRO VARGAS GUZMAN VELAZQUEZ ROJAS"
).split()


def decoy_name(digest: bytes) -> str:
    """A full name in the shapes real customers have: one or two given names, two family names."""
    given = [_GIVEN[digest[0] % len(_GIVEN)]]
    if int.from_bytes(digest[9:11], "big") % 100 < 55:
        given.append(_GIVEN[digest[2] % len(_GIVEN)])
    return " ".join([*given, _FAMILY[digest[3] % len(_FAMILY)], _FAMILY[digest[4] % len(_FAMILY)]])


def decoy_action(digest: bytes, policy: Policy) -> LoginAction:
    """1 or 2, in the real population's mix."""
    drawn = int.from_bytes(digest[5:7], "big") % 100
    return LoginAction.PIN if drawn < policy.decoy.pin_action_percent else LoginAction.PASSWORD


def decoy_registration(digest: bytes, policy: Policy) -> str:
    drawn = int.from_bytes(digest[7:9], "big") % 100
    return "1" if drawn < policy.decoy.registered_percent else "0"


def decoy_profile(ccs_id: str, digest: bytes, now: datetime, policy: Policy) -> AccessProfile:
    """A profile whose credentials nothing matches; it counts and locks like a real one."""
    unmatched = Credential(sealed="", state=CredentialState.ACTIVE, activated_at=now)
    profile = AccessProfile(
        ccs_id=ccs_id,
        customer_id="",
        representative="",
        created_at=now,
        active_at=now,
        decoy=True,
        expires_at=bank_day("decoy", ccs_id, now, policy.zone).ends_at,
        pin=unmatched,
    )
    if decoy_action(digest, policy) is LoginAction.PASSWORD:
        profile = replace(profile, password=unmatched)
    return profile


def outlasting(profile: AccessProfile, now: datetime, policy: Policy) -> AccessProfile:
    """A decoy that was tried is remembered as long as day locks count, from the last try on.

    A customer's failures do not end at midnight: did a decoy's, guesses before it and after would tell.
    """
    if profile.expires_at is None:
        return profile
    remembered = now + timedelta(days=policy.lockout.day_lock_window_days)
    return replace(profile, expires_at=max(profile.expires_at, remembered))


def inheriting(profile: AccessProfile, before: AccessProfile) -> AccessProfile:
    """A profile in the place of a decoy: the attempts made at that one, and its locks, stand here too."""
    for factor in Factor:
        earlier, own = guard_of(before, factor), guard_of(profile, factor).lock
        lock = own if earlier.lock is None else longer(own, earlier.lock)
        profile = with_guard(profile, factor, replace(earlier, lock=lock))
    lock = profile.lock or before.lock
    return replace(profile, failures=before.failures, cards=before.cards, lock=lock)
