"""Settings: which source wins, what origin is kept, and every mistake named with its cure."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from aldaba.domain.policy import CLASSIC, MODERN, Policy, RuleSet
from aldaba.service.risk_ports import Verdict
from aldaba.settings import Mode, Settings, SettingsError, load
from aldaba.settings.ranges import RANGES
from aldaba.settings.shape import flat


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path, text: str) -> Path:
    file = folder / "bank.toml"
    file.write_text(text, encoding="utf-8")
    return file


def mistake(path: Path | None, environ: Mapping[str, str]) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load(path, environ)
    return caught.value


@pytest.mark.usefixtures("folder")
def test_without_file_and_environment_every_value_is_the_default() -> None:
    settings = load(None, {})
    assert settings.mode is Mode.PRODUCTION
    assert settings.data == Path("var")
    assert settings.database.url == "sqlite:///var/aldaba.sqlite3"
    assert settings.keys.file == Path("var/keyring.json")
    assert (settings.server.host, settings.server.port, settings.admin.port) == ("127.0.0.1", 8080, 8081)
    assert settings.server.public_url == settings.oauth.issuer == "http://127.0.0.1:8080"
    assert settings.e2e.profiles == ("bound-1",)
    assert settings.risk.when_away is Verdict.ALLOW
    assert settings.policy == CLASSIC
    assert set(settings.origins.values()) == {"default"}


def test_the_file_in_the_working_folder_is_read_unasked(folder: Path) -> None:
    (folder / "aldaba.toml").write_text("[server]\nport = 9000\n")
    settings = load(None, {})
    assert settings.server.port == 9000
    assert settings.entries()["server.port"] == (9000, "file aldaba.toml")


def test_environment_wins_over_file_and_command_line_over_both(folder: Path) -> None:
    file = written(folder, "[server]\nport = 9000\nhost = '::1'\n")
    environ = {"ALDABA__SERVER__PORT": "9001", "HOME": "elsewhere"}
    settings = load(file, environ, overrides={"server.host": "127.0.0.2"})
    assert settings.entries()["server.port"] == (9001, "environment ALDABA__SERVER__PORT")
    assert settings.entries()["server.host"] == ("127.0.0.2", "command line")


@pytest.mark.usefixtures("folder")
def test_the_two_short_names_move_port_and_data() -> None:
    settings = load(None, {"ALDABA_PORT": "9100", "ALDABA_DATA": "/srv/bank"})
    assert settings.server.port == 9100
    assert settings.admin.port == 9101
    assert settings.database.url == "sqlite:////srv/bank/aldaba.sqlite3"
    assert settings.keys.file == Path("/srv/bank/keyring.json")
    assert settings.origins["data"] == "environment ALDABA_DATA"


@pytest.mark.usefixtures("folder")
def test_a_long_name_wins_over_a_short_one() -> None:
    assert load(None, {"ALDABA_PORT": "1", "ALDABA__SERVER__PORT": "2"}).server.port == 2


@pytest.mark.usefixtures("folder")
def test_policy_is_reached_by_deeper_names() -> None:
    settings = load(None, {"ALDABA__POLICY__PASSWORD__MAX_LENGTH": "8"})
    assert settings.policy.password.max_length == 8
    assert (
        settings.origins["policy.password.max_length"] == "environment ALDABA__POLICY__PASSWORD__MAX_LENGTH"
    )


@pytest.mark.usefixtures("folder")
def test_modern_rules_are_the_base_that_tunables_change() -> None:
    settings = load(None, {"ALDABA__POLICY__RULES": "modern", "ALDABA__POLICY__PASSWORD__MIN_LENGTH": "12"})
    assert settings.policy.rules is RuleSet.MODERN
    assert settings.policy.password.max_length == MODERN.password.max_length
    assert settings.policy.password.min_length == 12
    assert not settings.policy.password.composed


@pytest.mark.usefixtures("folder")
def test_enumeration_may_be_named_as_the_operations_page_does() -> None:
    settings = load(None, {"ALDABA__POLICY__ENUMERATION": "documented"})
    assert settings.policy.decoy.enumeration == "documented"


def test_the_functional_ids_that_unlock_may_be_named_as_the_operations_page_does(folder: Path) -> None:
    file = written(folder, "[vendor]\nunlock_grants = ['2', '5']\n")
    assert load(file, {}).policy.vendor.unlock_grants == ("2", "5")
    assert load(file, {}).origins["policy.vendor.unlock_grants"] == f"file {file}"


@pytest.mark.parametrize("first", ["POLICY__VENDOR__UNLOCK_GRANTS", "VENDOR__UNLOCK_GRANTS"])
@pytest.mark.parametrize("table", ["vendor", "policy.vendor"])
def test_a_later_source_wins_whichever_name_it_uses(folder: Path, first: str, table: str) -> None:
    file = written(folder, f"[{table}]\nunlock_grants = ['3']\n")
    assert load(file, {f"ALDABA__{first}": "4"}).policy.vendor.unlock_grants == ("4",)


def test_two_names_of_one_setting_in_one_source_are_refused(folder: Path) -> None:
    both = "[vendor]\nunlock_grants = ['3']\n[policy.vendor]\nunlock_grants = ['4']\n"
    told = mistake(written(folder, both), {})
    assert told.setting == "policy.vendor.unlock_grants"
    assert "vendor.unlock_grants" in told.found
    assert "Leave one of them out" in told.cure


def test_a_bad_value_under_a_second_name_is_told_where_it_stands() -> None:
    told = mistake(None, {"ALDABA__VENDOR__UNLOCK_GRANTS": "8"})
    assert "functional ids from 1 to 7" in told.expected
    assert "ALDABA__VENDOR__UNLOCK_GRANTS" in told.cure


@pytest.mark.usefixtures("folder")
def test_a_sandbox_speaks_both_profiles() -> None:
    assert load(None, {}, overrides={"mode": "sandbox"}).e2e.profiles == ("bound-1", "portal")


def test_lists_come_from_a_file_as_lists_and_from_the_environment_with_commas(folder: Path) -> None:
    file = written(folder, "[sandbox]\nallow_from = ['172.16.0.0/12']\n")
    settings = load(file, {"ALDABA__POLICY__CHANNELS__CLOSED": "KIOSK:1506, ATM:1521"})
    assert settings.sandbox.allow_from == ("172.16.0.0/12",)
    assert settings.policy.channels.closed == ("KIOSK:1506", "ATM:1521")


@pytest.mark.usefixtures("folder")
def test_an_empty_text_takes_an_optional_value_away() -> None:
    assert load(None, {"ALDABA__POLICY__PASSWORD__MAX_AGE_DAYS": ""}).policy.password.max_age_days is None


def test_a_secret_may_stand_in_a_file_of_its_own(folder: Path) -> None:
    secret = folder / "password"
    secret.write_text("hunter2\n")
    settings = load(None, {"ALDABA__EMAIL__PASSWORD_FILE": str(secret)})
    assert settings.email.password == "hunter2"
    shown, origin = settings.entries()["email.password"]
    assert shown == "*****"
    assert origin == f"environment ALDABA__EMAIL__PASSWORD_FILE, read from {secret}"


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:8080"), ("::1", "http://[::1]:8080"), ("bank.mx", "http://bank.mx:8080")],  # noqa: S104 - every address is a case
)
@pytest.mark.usefixtures("folder")
def test_the_public_address_follows_the_listener(host: str, url: str) -> None:
    assert load(None, {"ALDABA__SERVER__HOST": host}).server.public_url == url


@pytest.mark.usefixtures("folder")
def test_the_public_address_is_https_where_the_server_ends_tls() -> None:
    environ = {"ALDABA__SERVER__TLS_CERT": "cert.pem", "ALDABA__SERVER__TLS_KEY": "key.pem"}
    assert load(None, environ).server.public_url == "https://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("MODE", "test", "'sandbox' or 'production'"),
        ("SERVER__PORT", "http", "a number from 0 to 65535"),
        ("SERVER__PORT", "70000", "a number from 0 to 65535"),
        ("SERVER__HOST", " ", "a host name or address"),
        ("SERVER__PUBLIC_URL", "https://bank.mx/", "without a closing slash"),
        ("SERVER__CLIENT_ADDRESS_HEADER", "X Forwarded", "the name of one header"),
        ("SERVER__BEHIND_PROXY", "perhaps", "a valid boolean"),
        ("SERVER__TLS_KEY", "key.pem", "server.tls_cert and server.tls_key together"),
        ("ADMIN__PORT", "8080", "another port than server.port"),
        ("DATABASE__URL", "mysql://db/x", "sqlite:///FILE"),
        ("REDIS__URL", "memcached://cache", "rediss://… for TLS"),
        ("REDIS__URL", "redis://cache?password=word", "its password before the @"),
        ("DATABASE__OWNER_URL", "sqlite:///x", "postgresql://OWNER@HOST/DATABASE"),
        ("E2E__PROFILES", "bound-2", "one or both of bound-1, portal"),
        ("SANDBOX__ALLOW_FROM", "the office", "addresses or networks"),
        ("RISK__WHEN_AWAY", "pray", "'allow', 'step-up' or 'deny'"),
        ("POLICY__RULES", "ancient", "'classic' or 'modern'"),
        ("POLICY__SESSION__IDLE_SECONDS", "1201", "a number from 1 to 1200"),
        ("POLICY__E2E__RSA_BITS", "1024", "a number from 2048 to 8192"),
        ("POLICY__PASSWORD__MIN_LENGTH", "30", "at most max_length (20)"),
        ("POLICY__TIME_ZONE", "America/Aztlan", "a name of the tz database"),
        ("POLICY__CHANNELS__CLOSED", "KIOSK", "a list of CHANNEL:TYPE"),
        ("POLICY__DECOY__ENUMERATION", "chatty", "uniform or documented"),
        ("POLICY__SECRET__EQUAL_NEIGHBOURS", "0", "a number from 1 to 20"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_bad_value_is_named_with_what_is_expected_and_where_to_cure_it(
    name: str, value: str, expected: str
) -> None:
    told = mistake(None, {f"ALDABA__{name}": value})
    assert told.setting == name.lower().replace("__", ".")
    assert expected in told.expected
    assert f"ALDABA__{name}" in str(told)
    assert told.setting in str(told)


@pytest.mark.parametrize(
    ("text", "setting", "cure"),
    [
        ("[server]\nprot = 1\n", "server.prot", "Did you mean server.port?"),
        ("[policy.pasword]\nmax_length = 8\n", "policy.pasword.max_length", "policy.password.max_length"),
        ("[frobnicate]\nxyzzy = 1\n", "frobnicate.xyzzy", "aldaba config show"),
        ("database = 'x'\n", "database", "database.url"),
    ],
)
def test_an_unknown_key_is_refused_and_the_nearest_one_suggested(
    folder: Path, text: str, setting: str, cure: str
) -> None:
    told = mistake(written(folder, text), {})
    assert told.setting == setting
    assert cure in told.cure


def test_a_number_is_no_boolean_and_a_boolean_no_number(folder: Path) -> None:
    assert mistake(written(folder, "[server]\nport = true\n"), {}).setting == "server.port"
    both = mistake(written(folder, "[policy.password]\nmax_age_days = true\n"), {})
    assert both.setting == "policy.password.max_age_days"


def test_a_value_of_another_type_is_told_what_its_form_is(folder: Path) -> None:
    assert "sqlite:///" in mistake(written(folder, "[database]\nurl = 5\n"), {}).expected


def test_a_secret_is_never_shown_in_a_mistake(folder: Path) -> None:
    told = mistake(written(folder, "[database]\nurl = 'mysql://bank:hunter2@db/x'\n"), {})
    assert "hunter2" not in str(told)


def test_a_secret_given_twice_is_refused(folder: Path) -> None:
    environ = {"ALDABA__DATABASE__URL": "sqlite:///x", "ALDABA__DATABASE__URL_FILE": str(folder / "url")}
    assert "Leave one of them out" in mistake(None, environ).cure


def test_a_secret_file_that_is_not_there_is_named(folder: Path) -> None:
    told = mistake(None, {"ALDABA__DATABASE__URL_FILE": str(folder / "gone")})
    assert told.setting == "database.url_file"


def test_a_file_that_is_not_there_or_no_toml_is_named(folder: Path) -> None:
    assert "gone.toml" in mistake(folder / "gone.toml", {}).setting
    assert "bank.toml" in mistake(written(folder, "port ="), {}).setting


def test_every_number_of_the_policy_has_a_range_that_its_default_fits() -> None:
    numbers = {name: value for name, value in flat(CLASSIC, "policy.") if _is_number(value)}
    assert set(numbers) <= set(RANGES)
    for name, value in numbers.items():
        low, high = RANGES[name]
        assert low <= value <= high, name


def test_every_range_and_default_belongs_to_a_setting(folder: Path) -> None:
    known = set(load(None, {"ALDABA_DATA": str(folder)}).entries())
    assert set(RANGES) <= known
    assert {f"policy.{field.name}" for field in fields(Policy) if not _is_section(field.name)} <= known


def test_no_default_policy_value_is_lost_on_the_way(folder: Path) -> None:
    settings: Settings = load(None, {"ALDABA__POLICY__RULES": "modern", "ALDABA_DATA": str(folder)})
    assert settings.policy == MODERN


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_section(name: str) -> bool:
    return is_dataclass(getattr(CLASSIC, name))
