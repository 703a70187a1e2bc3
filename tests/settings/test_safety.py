"""What production refuses to start on, and what it only warns of."""

from pathlib import Path

import pytest

from aldaba.settings import SettingsError, load, unsafe

DELIVERED = {"ALDABA__DELIVERY__PROVIDERS_FILE": "providers.toml"}
HTTPS = {"ALDABA__SERVER__PUBLIC_URL": "https://bank.mx"}


def found(tmp_path: Path, **environ: str) -> set[str]:
    settings = load(None, {"ALDABA_DATA": str(tmp_path), **DELIVERED, **environ})
    return {problem.setting for problem in unsafe(settings) if problem.fatal}


def warnings(tmp_path: Path, **environ: str) -> set[str]:
    settings = load(None, {"ALDABA_DATA": str(tmp_path), **environ})
    return {problem.setting for problem in unsafe(settings) if not problem.fatal}


@pytest.mark.parametrize(
    ("environ", "settings"),
    [
        ({}, set()),
        ({"ALDABA__SERVER__HOST": "10.0.0.1"}, {"server.host", "server.public_url"}),
        ({"ALDABA__SERVER__HOST": "10.0.0.1", **HTTPS}, {"server.host"}),
        ({"ALDABA__SERVER__HOST": "10.0.0.1", "ALDABA__SERVER__BEHIND_PROXY": "yes", **HTTPS}, set()),
        (
            {
                "ALDABA__SERVER__HOST": "0.0.0.0",  # noqa: S104 - what the rule is about
                "ALDABA__SERVER__TLS_CERT": "cert",
                "ALDABA__SERVER__TLS_KEY": "key",
            },
            set(),
        ),
        ({"ALDABA__SERVER__PUBLIC_URL": "http://bank.mx"}, {"server.public_url"}),
        ({"ALDABA__ADMIN__HOST": "10.0.0.1"}, {"admin.host"}),
        ({"ALDABA__SERVER__CLIENT_ADDRESS_HEADER": "X-Real-IP"}, {"server.client_address_header"}),
        (
            {"ALDABA__SERVER__CLIENT_ADDRESS_HEADER": "X-Real-IP", "ALDABA__SERVER__BEHIND_PROXY": "1"},
            set(),
        ),
        ({"ALDABA__POLICY__E2E__ROTATION_HOURS": "0"}, {"policy.e2e.rotation_hours"}),
        ({"ALDABA__SERVER__WORKERS": "2"}, {"server.workers"}),
        ({"ALDABA__REDIS__URL": "redis://:word@10.0.0.9:6379"}, {"redis.url"}),
        ({"ALDABA__REDIS__URL": "rediss://:word@10.0.0.9:6379"}, set()),
        ({"ALDABA__REDIS__URL": "redis://127.0.0.1"}, set()),
        ({"ALDABA__REDIS__URL": "unix:///run/valkey.sock"}, set()),
    ],
)
def test_each_unsafe_setting_is_named(tmp_path: Path, environ: dict[str, str], settings: set[str]) -> None:
    assert found(tmp_path, **environ) == settings


@pytest.mark.parametrize("host", ["localhost", "127.0.0.5", "::1"])
def test_loopback_is_safe(tmp_path: Path, host: str) -> None:
    assert found(tmp_path, ALDABA__SERVER__HOST=host) == set()


def test_a_key_ring_that_others_may_read_is_unsafe(tmp_path: Path) -> None:
    ring = tmp_path / "keyring.json"
    ring.touch(mode=0o600)
    assert found(tmp_path) == set()
    ring.chmod(0o640)
    assert found(tmp_path) == {"keys.file"}


def test_sessions_beside_sqlite_are_a_warning(tmp_path: Path) -> None:
    environ = {"ALDABA_DATA": str(tmp_path), "ALDABA__REDIS__URL": "unix:///run/valkey.sock"}
    warned = [problem for problem in unsafe(load(None, environ)) if problem.setting == "redis.url"]
    assert [(problem.fatal, problem.expected) for problem in warned] == [(False, "PostgreSQL beside it")]


def test_the_portal_profile_is_a_warning(tmp_path: Path) -> None:
    settings = load(
        None, {"ALDABA_DATA": str(tmp_path), "ALDABA__E2E__PROFILES": "bound-1,portal", **DELIVERED}
    )
    (warning,) = unsafe(settings)
    assert (warning.setting, warning.fatal) == ("e2e.profiles", False)


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("postgresql://aldaba@/bank", False),
        ("postgresql://aldaba@/bank?host=/run/postgresql", False),
        ("postgresql://aldaba@127.0.0.1:5432/bank", False),
        ("postgresql://aldaba@db1/bank?sslmode=verify-full", False),
        ("postgresql://aldaba@db1/bank?sslmode=require", True),
        ("postgresql://aldaba@db1,db2/bank", True),
        ("postgresql://aldaba@/bank?host=db1", True),
    ],
)
def test_a_database_across_the_network_has_to_prove_itself(tmp_path: Path, url: str, *, warned: bool) -> None:
    environ = {
        "ALDABA_DATA": str(tmp_path),
        "ALDABA__DATABASE__URL": url,
        "ALDABA__SERVER__WORKERS": "4",
    }
    found = [(problem.setting, problem.fatal) for problem in unsafe(load(None, environ))]
    assert [each for each in found if each[0] in {"database.url", "server.workers"}] == (
        [("database.url", False)] if warned else []
    )


def test_fewer_acts_by_two_people_than_usual_are_a_warning(tmp_path: Path) -> None:
    fewer = {"ALDABA__POLICY__OPERATORS__FOUR_EYES": "key.rotate"}
    found = unsafe(load(None, {"ALDABA_DATA": str(tmp_path), **fewer}))
    (warning,) = (thing for thing in found if thing.setting.startswith("policy."))
    assert (warning.setting, warning.fatal) == ("policy.operators.four_eyes", False)
    assert "operator.invite" in warning.found
    assert "key.rotate" not in warning.found


def test_an_act_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"policy\.operators\.four_eyes"):
        load(None, {"ALDABA_DATA": str(tmp_path), "ALDABA__POLICY__OPERATORS__FOUR_EYES": "key.turn"})


@pytest.mark.parametrize(
    ("environ", "settings"),
    [
        ({}, set()),
        ({"ALDABA__SERVER__HOST": "10.0.0.1"}, {"server.host", "server.public_url"}),
        ({"ALDABA__SERVER__HOST": "10.0.0.1", "ALDABA__SANDBOX__ALLOW_FROM": "10.0.0.0/8"}, set()),
        (HTTPS, {"server.public_url"}),
        ({"ALDABA__SERVER__BEHIND_PROXY": "yes"}, {"server.behind_proxy"}),
        ({"ALDABA__DELIVERY__PROVIDERS_FILE": "providers.toml"}, {"delivery.providers_file"}),
        ({"ALDABA__VENDOR__JWKS_FILE": "vendor.json"}, {"vendor.jwks_file"}),
        ({"ALDABA__VENDOR__JWKS_URL": "https://vendor.mx/jwks"}, {"vendor.jwks_url"}),
        ({"ALDABA__EMAIL__HOST": "mail.bank.mx", "ALDABA__EMAIL__SENDER": "a@bank.mx"}, {"email.host"}),
        ({"ALDABA__EMAIL__HOST": "127.0.0.1", "ALDABA__EMAIL__SENDER": "a@bank.mx"}, set()),
        *(
            (
                {f"ALDABA__{part}__{chooser}": kind, f"ALDABA__{part}__BASE_URL": f"{address}"},
                set() if "127" in address else {f"{part.lower()}.base_url"},
            )
            for part, chooser, kind in (
                ("DIRECTORY", "KIND", "core"),
                ("CARDS", "KIND", "core"),
                ("RISK", "ENGINE", "http"),
            )
            for address in ("https://core.bank.mx", "http://127.0.0.1:9000")
        ),
    ],
)
def test_a_sandbox_takes_no_setting_of_production(
    tmp_path: Path, environ: dict[str, str], settings: set[str]
) -> None:
    given = load(None, {"ALDABA_DATA": str(tmp_path), "ALDABA__MODE": "sandbox", **environ})
    assert {problem.setting for problem in unsafe(given)} == settings


@pytest.mark.parametrize(
    ("memory_kib", "passes", "warned"),
    [
        ("19456", "2", False),
        ("19456", "1", True),
        ("17920", "2", False),
        ("17919", "2", True),
        ("7168", "5", False),
        ("7167", "9", True),
    ],
)
def test_a_cheap_hash_is_a_warning(tmp_path: Path, memory_kib: str, passes: str, *, warned: bool) -> None:
    given = {"ALDABA__POLICY__HASH__MEMORY_KIB": memory_kib, "ALDABA__POLICY__HASH__PASSES": passes}
    assert ("policy.hash.memory_kib" in warnings(tmp_path, **given)) is warned


@pytest.mark.parametrize(("bits", "warned"), [("3071", True), ("3072", False)])
def test_a_short_rsa_key_is_a_warning(tmp_path: Path, bits: str, *, warned: bool) -> None:
    assert ("policy.e2e.rsa_bits" in warnings(tmp_path, ALDABA__POLICY__E2E__RSA_BITS=bits)) is warned
