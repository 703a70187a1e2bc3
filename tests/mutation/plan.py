"""Which tests stand behind each module whose mutants are tried: the quick ones that name its promises."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"

PLAN = {
    "domain/lockout.py": (
        "tests/domain/test_lockout_rules.py",
        "tests/domain/test_lockout_machine.py",
        "tests/domain/test_access_profile.py",
        "tests/domain/test_token_states.py",
    ),
    "domain/session.py": ("tests/domain/test_session_climb.py", "tests/domain/test_login_rules.py"),
    "domain/otp.py": ("tests/domain/test_one_time_codes.py",),
    "domain/profile.py": (
        "tests/domain/test_access_profile.py",
        "tests/domain/test_attempts_of_the_whole.py",
        "tests/domain/test_login_rules.py",
        "tests/domain/test_next_login.py",
        "tests/domain/test_decoy_answers.py",
        "tests/domain/test_customer_rules.py",
    ),
    "domain/login.py": ("tests/domain/test_login_rules.py", "tests/domain/test_next_login.py"),
    "domain/credentials.py": ("tests/domain/test_secret_rules.py",),
    "domain/decoy.py": ("tests/domain/test_decoy_answers.py",),
    "domain/identifiers.py": ("tests/domain/test_names_and_numbers.py",),
    "domain/quotas.py": ("tests/domain/test_quota_windows.py",),
    "domain/application.py": ("tests/domain/test_application_grants.py",),
    "domain/token.py": (
        "tests/domain/test_token_challenges.py",
        "tests/domain/test_token_responses.py",
        "tests/domain/test_token_states.py",
    ),
    "crypto/envelope.py": ("tests/crypto/test_envelope.py", "tests/crypto/test_envelope_vectors.py"),
    "crypto/ocra.py": ("tests/crypto/test_ocra.py", "tests/crypto/test_ocra_vectors.py"),
    "crypto/passwords.py": ("tests/crypto/test_passwords.py",),
    "crypto/sealing.py": ("tests/crypto/test_keyring_and_sealing.py",),
    "crypto/digests.py": ("tests/crypto/test_digests.py",),
    "crypto/jose.py": ("tests/crypto/test_jose.py",),
    "service/attempts.py": ("tests/service/test_attempts.py",),
}
"""Modules under ``src/aldaba/``, and their tests in the order in which they are run."""


def named(module: str) -> str:
    """``domain/otp.py`` as it is imported."""
    return f"aldaba.{module.removesuffix('.py').replace('/', '.')}"
