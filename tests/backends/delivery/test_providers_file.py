"""The file that names the providers: as the operating guide shows it, and what is wrong in it by name."""

import re
from pathlib import Path

import pytest

from aldaba.backends.delivery.generic_http import HttpProviderConfig
from aldaba.backends.delivery.providers_file import read_providers
from aldaba.backends.delivery.smpp import SmppConfig

GUIDE = Path(__file__).parents[3] / "docs" / "operating.md"


def written(folder: Path, text: str) -> Path:
    for name in ("carrier.secret", "gateway.secret"):
        (folder / name).write_text("s3cret-of-theirs\n", encoding="utf-8")
    file = folder / "providers.toml"
    file.write_text(text, encoding="utf-8")
    return file


def shown() -> str:
    found = re.search(r"```toml\n(\[\[provider\]\].*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def test_the_guides_file_is_read_in_its_order(tmp_path: Path) -> None:
    carrier, gateway, calls = read_providers(written(tmp_path, shown()))
    assert isinstance(carrier, SmppConfig)
    assert isinstance(gateway, HttpProviderConfig)
    assert isinstance(calls, HttpProviderConfig)
    assert [carrier.name, gateway.name, calls.name] == ["carrier", "gateway", "calls"]
    assert carrier.password.reveal() == "s3cret-of-theirs"
    assert calls.coverage.channels == {"voice"}


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ('host = "smsc.example"\n', "", "host is missing"),
        ('kind = "smpp"', 'kind = "pigeon"', "pigeon"),
        ("port = 3550", 'port = "3550"', "port"),
        ("port = 3550", "harbour = 3550", "harbour"),
        ('template = "twilio-sms"', 'template = "owl"', "owl"),
        ('"carrier.secret"', '"nowhere.secret"', "nowhere.secret"),
        ('base_url = "https://gateway.example"', 'base_url = "http://gateway.example"', "https"),
        ("[[provider]]", "[[supplier]]", "provider"),
        ("[[provider]]", "[[provider", "provider"),
    ],
)
def test_a_mistake_is_named_with_the_file(tmp_path: Path, was: str, becomes: str, told: str) -> None:
    file = written(tmp_path, shown().replace(was, becomes, 1))
    with pytest.raises(ValueError, match=re.escape(str(file))) as trouble:
        read_providers(file)
    assert told in str(trouble.value)
    assert "s3cret" not in str(trouble.value)
