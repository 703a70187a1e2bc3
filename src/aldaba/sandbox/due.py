"""How far the clock has to go for what: the steps ahead that its page offers, by the policy's numbers."""

from dataclasses import dataclass
from datetime import timedelta

from aldaba.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class StepAhead:
    """A duration (ISO 8601), and the sentences of ``texts.yaml`` that say what is due after it."""

    duration: str
    due: str


def steps_ahead(policy: Policy) -> list[StepAhead]:
    """Each one second longer than what it ends, shortest first."""
    ends = [
        (timedelta(seconds=policy.otp.resend_seconds), "due_resend"),
        (timedelta(seconds=policy.otp.life_seconds), "due_code"),
        (timedelta(seconds=policy.challenge.life_seconds), "due_challenge"),
        (timedelta(seconds=policy.session.idle_seconds), "due_idle"),
        (timedelta(seconds=policy.access_token.life_seconds), "due_access_token"),
        (timedelta(seconds=policy.session.absolute_seconds), "due_session"),
        (timedelta(hours=policy.phone.hold_hours), "due_hold"),
        (timedelta(days=1), "due_day"),
        (timedelta(hours=policy.temporary_pin.life_hours), "due_temporary_pin"),
    ]
    if policy.password.max_age_days is not None:
        ends.append((timedelta(days=policy.password.max_age_days), "due_password"))
    return [
        StepAhead(_iso(after + timedelta(seconds=1)), due)
        for after, due in sorted(ends, key=lambda end: end[0])
    ]


def _iso(after: timedelta) -> str:
    days, seconds = f"{after.days}D" if after.days else "", after.seconds
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = [f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if number]
    return f"P{days}" + (f"T{''.join(parts)}" if parts else "")
