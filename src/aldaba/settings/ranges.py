"""What a value must be beyond its type: sane ranges of every number, and the form of texts."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from aldaba.domain.operators import Act
from aldaba.domain.policy import VENDOR_ALGORITHMS
from aldaba.service.token_suites import serviceable_suite

PROFILES = frozenset({"bound-1", "portal"})

RANGES: Mapping[str, tuple[int, int]] = {
    "server.port": (0, 65_535),
    "server.workers": (1, 64),
    "server.drain_seconds": (0, 60),
    "server.connections_per_address": (1, 1_024),
    "admin.port": (0, 65_535),
    "database.connections": (1, 200),
    "delivery.budget_seconds": (1, 8),
    "email.port": (1, 65_535),
    "directory.connect_seconds": (0, 30),
    "directory.read_seconds": (0, 30),
    "directory.budget_seconds": (0, 30),
    "cards.connect_seconds": (0, 30),
    "cards.read_seconds": (0, 30),
    "cards.budget_seconds": (0, 30),
    "risk.connect_seconds": (0, 30),
    "risk.read_seconds": (0, 30),
    "risk.budget_seconds": (0, 30),
    "policy.pin.length": (6, 12),
    "policy.pin.history": (0, 24),
    "policy.password.min_length": (8, 64),
    "policy.password.max_length": (8, 128),
    "policy.password.history": (0, 24),
    "policy.password.max_age_days": (1, 3_650),
    "policy.secret.equal_neighbours": (1, 20),
    "policy.secret.looks_per_day": (1, 1_000),
    "policy.secret.sequence": (2, 20),
    "policy.temporary_pin.life_hours": (1, 720),
    "policy.lockout.failures": (1, 100),  # NIST SP 800-63B-4 section 3.2.2
    "policy.lockout.day_locks": (1, 100),
    "policy.lockout.day_lock_window_days": (1, 366),
    "policy.lockout.ceiling": (1, 100),  # NIST SP 800-63B-4 section 3.2.2
    "policy.lockout.unused_days": (1, 365),  # CNBV 316 Bis 3
    "policy.lockout.reservation_seconds": (1, 120),
    "policy.lockout.wait_seconds": (0, 10),
    "policy.lockout.address_failures": (1, 1_000_000),
    "policy.lockout.address_window_seconds": (1, 86_400),
    "policy.otp.digits": (6, 10),
    "policy.otp.life_seconds": (1, 600),
    "policy.otp.tries": (1, 10),
    "policy.otp.tries_per_customer_and_day": (1, 100),
    "policy.otp.resend_seconds": (0, 600),
    "policy.otp.sends_per_session": (1, 100),
    "policy.otp.sends_per_customer_and_day": (1, 1_000),
    "policy.otp.sends_per_phone_and_day": (1, 1_000),
    "policy.phone.tries_per_session": (1, 100),
    "policy.phone.tries_per_day": (1, 1_000),
    "policy.phone.hold_hours": (0, 720),
    "policy.card.tries": (1, 10),
    "policy.card.tries_per_customer_and_day": (1, 100),
    "policy.certification.sends_per_session": (1, 100),
    "policy.certification.sends_per_phone_and_day": (1, 1_000),
    "policy.certification.sends_per_application_and_hour": (1, 10_000_000),
    "policy.certification.certified_minutes": (1, 1_440),
    "policy.challenge.digits": (6, 10),
    "policy.challenge.life_seconds": (1, 600),
    "policy.challenge.tries": (1, 10),
    "policy.challenge.token_failures": (1, 100),
    "policy.challenge.look_ahead": (0, 100),
    "policy.challenge.drift_steps": (0, 10),
    "policy.challenge.resync_steps": (0, 1_000),
    "policy.vendor.max_age_seconds": (1, 3_600),
    "policy.vendor.skew_seconds": (0, 300),
    "policy.vendor.keys_fresh_seconds": (1, 86_400),
    "policy.vendor.keys_kept_seconds": (0, 604_800),
    "policy.vendor.unlock_tries_per_application_and_minute": (1, 1_000_000),
    "policy.risk.compromised": (0, 1_000),
    "policy.risk.emulator": (0, 1_000),
    "policy.risk.new_device": (0, 1_000),
    "policy.risk.changed_sim": (0, 1_000),
    "policy.risk.step_up_at": (1, 10_000),
    "policy.risk.deny_at": (1, 10_000),
    "policy.session.idle_seconds": (1, 1_200),  # CNBV 316 Bis 2
    "policy.session.absolute_seconds": (1, 86_400),
    "policy.session.tombstone_seconds": (0, 600),
    "policy.session.opened_per_application_and_hour": (1, 1_000_000_000),
    "policy.session.strong_seconds": (1, 3_600),
    "policy.throttle.in_flight": (1, 10_000),
    "policy.throttle.in_flight_per_application": (1, 10_000),
    "policy.e2e.rotation_hours": (0, 8_760),
    "policy.e2e.rsa_bits": (2_048, 8_192),
    "policy.e2e.registered_key_days": (1, 730),
    "policy.e2e.sessionless_skew_seconds": (1, 900),
    "policy.access_token.life_seconds": (1, 86_400),
    "policy.access_token.assertion_max_age_seconds": (1, 3_600),
    "policy.access_token.leeway_seconds": (0, 300),
    "policy.hash.memory_kib": (8, 1_048_576),
    "policy.hash.passes": (1, 16),
    "policy.hash.import_memory_kib": (8, 1_048_576),
    "policy.hash.import_passes": (1, 16),
    "policy.hash.import_lanes": (1, 16),
    "policy.biometric.max_life_seconds": (1, 600),
    "policy.biometric.leeway_seconds": (0, 300),
    "policy.decoy.pin_action_percent": (0, 100),
    "policy.decoy.registered_percent": (0, 100),
    "policy.decoy.per_application_and_day": (0, 100_000_000),
    "policy.decoy.shared_buckets": (1, 1_000_000),
    "policy.audit.kept_days": (180, 36_500),  # CNBV 316 Bis 15
    "policy.audit.checkpoint_events": (1, 1_000_000),
    "policy.operators.password_min_length": (12, 64),
    "policy.operators.failures": (1, 100),  # NIST SP 800-63B-4 section 3.2.2
    "policy.operators.lock_minutes": (1, 1_440),
    "policy.operators.address_failures": (1, 1_000),
    "policy.operators.requests_per_minute": (1, 1_000_000),
    "policy.operators.idle_seconds": (1, 3_600),
    "policy.operators.absolute_seconds": (1, 86_400),
    "policy.operators.invitation_hours": (1, 168),
    "policy.operators.request_minutes": (1, 10_080),
    "policy.operators.grant_minutes": (1, 1_440),
}


def is_address(url: str) -> bool:
    """An http or https address of a host, without query or closing slash."""
    parts = urlsplit(url)
    bare = not (parts.query or parts.fragment or parts.username or url.endswith("/"))
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and bare


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _are_audiences(entries: tuple[str, ...]) -> bool:
    """An audience of its own for each id: one for two would let a token for one purpose serve the other."""
    found = [re.fullmatch(r"([1-7])=([!-~]{1,256})", entry) for entry in entries]
    pairs = [match.groups() for match in found if match]
    grants, audiences = {grant for grant, _ in pairs}, {audience for _, audience in pairs}
    return len(entries) == len(grants) == len(audiences)


FORMS: Mapping[str, tuple[Callable[[Any], object], str]] = {
    "database.url": (
        lambda url: re.match(r"(sqlite:///|postgresql://).", url),
        "sqlite:///FILE or postgresql://USER@HOST/DATABASE",
    ),
    "database.owner_url": (
        lambda url: re.match(r"postgresql://.", url),
        "postgresql://OWNER@HOST/DATABASE",
    ),
    "redis.url": (
        # A password in the query would be shown with the settings.
        lambda url: re.match(r"(?:rediss?://[^/]|unix://(?:[^/]*@)?/)", url) and "password=" not in url,
        "redis://HOST[:PORT][/DB], rediss://… for TLS, or unix:///SOCKET; its password before the @",
    ),
    "server.host": (lambda host: host.strip() == host != "", "a host name or address"),
    "server.public_url": (is_address, "http(s)://host[:port][/path] without a closing slash"),
    "server.client_address_header": (
        lambda name: re.fullmatch(r"[A-Za-z0-9-]+", name),
        "the name of one header",
    ),
    "admin.client_address_header": (
        lambda name: re.fullmatch(r"[A-Za-z0-9-]+", name),
        "the name of one header",
    ),
    "admin.public_url": (is_address, "http(s)://host[:port] without a closing slash"),
    "oauth.issuer": (is_address, "http(s)://host[:port][/path] without a closing slash"),
    "e2e.profiles": (lambda names: names and PROFILES.issuperset(names), "one or both of bound-1, portal"),
    "sandbox.allow_from": (lambda all_of: all(map(_is_network, all_of)), "addresses or networks"),
    "audit.webhook.secret": (
        lambda text: re.fullmatch(r"whsec_[A-Za-z0-9+/]{32,88}={0,2}", text),
        "whsec_ and the Base64 of 24 to 64 random bytes",
    ),
    "policy.time_zone": (lambda name: name in available_timezones(), "a name of the tz database"),
    "policy.decoy.enumeration": (
        lambda name: name in {"uniform", "documented"},
        "uniform or documented",
    ),
    "policy.secret.bank_names": (lambda names: all(map(str.strip, names)), "a list of names"),
    "vendor.audiences": (
        _are_audiences,
        "a list of ID=AUDIENCE, ids from 1 to 7, each id once and with an audience of its own",
    ),
    "policy.challenge.suite": (serviceable_suite, "an OCRA suite (RFC 6287) that answers eight digits alone"),
    "policy.vendor.algorithms": (
        lambda names: names and set(VENDOR_ALGORITHMS).issuperset(names),
        f"one or more of {', '.join(VENDOR_ALGORITHMS)}",
    ),
    "policy.vendor.unlock_grants": (
        lambda all_of: all(re.fullmatch(r"[1-7]", entry) for entry in all_of),
        "functional ids from 1 to 7",
    ),
    "policy.operators.four_eyes": (
        frozenset(act.value for act in Act).issuperset,
        "names of acts, as docs/operators.md lists them",
    ),
    "policy.channels.closed": (
        lambda all_of: all(re.fullmatch(r"[A-Za-z0-9_-]+:(1506|1521|1551)", entry) for entry in all_of),
        "a list of CHANNEL:TYPE with type 1506, 1521 or 1551",
    ),
}
"""Form of a value that is no plain number: a check of anything but None, and what it asks for."""
