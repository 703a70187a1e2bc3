"""The page of settings says of each what the server really does by default."""

import re
from pathlib import Path

import pytest
from tests.examples.served_bank import ROOT

from aldaba.settings import load, unsafe

ROWS = {
    name: (default, meaning)
    for name, default, meaning in re.findall(
        r"^\| `([a-z_0-9.]+)` \| (.+?) \| (.+?) \|",
        (ROOT / "docs" / "configuration.md").read_text("utf-8"),
        re.MULTILINE,
    )
}
SETTINGS = {name: value for name, (value, _) in load(None, {}).entries().items()}


def written(value: object) -> str:
    if value is None or value == []:
        return "–"
    if isinstance(value, list):
        return ", ".join(f"`{entry}`" for entry in value)
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


@pytest.mark.parametrize("name", SETTINGS)
def test_the_default_is_the_real_one(name: str) -> None:
    assert name in ROWS, f"Write a row for {name} into docs/configuration.md."
    default, meaning = ROWS[name]
    assert default == written(SETTINGS[name])
    assert meaning.strip()


def test_no_row_is_about_nothing() -> None:
    assert set(ROWS) <= set(SETTINGS)


def test_the_example_is_a_configuration(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    example = tmp_path / "aldaba.toml"
    example.write_text(re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[0], "utf-8")
    settings = load(example, {})
    assert settings.policy.password.max_length == 8
    assert not unsafe(settings)
