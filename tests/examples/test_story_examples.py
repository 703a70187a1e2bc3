"""Every example tells its story to the end, as it stands, against one real server."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.examples.served_bank import ROOT, Served, served_bank

STORIES = {
    "forgotten_password": [
        "401 credentialValidtionFailed",
        "400 Credential Invalid",
        "it is set",
        "401 6666",
        "credentialStatus NONE",
    ],
    "forgotten_password_by_token": ["it is set", "401 credentialValidtionFailed", "credentialStatus NONE"],
    "confirmed_transfer": ["aal 1, strong until never", "401 authenticationFailed", "aal 2, strong until 2"],
    "soft_token": ["with the vendor: False", "with the vendor: True", "it is good", "401 5002"],
    "account_opening": ["404 ", "422 ", "the phone is certified", "+52 5512345678"],
    "unlocked_access": ["401 8006", "unlocked", "credentialStatus CHPWD", "credentialStatus NONE"],
    "telephone_desk": ["of 15000010: status ", "lock none", "lock D", "404 "],
    "company_representative": ["401 8007", "representative 1 of", "representative 2 of", "401 8008"],
    "fingerprint_login": ["422 businessValidationFailed", "enrolled", "aal 2", "401 authenticationFailed"],
}
OWN_TEST = {"first_login", "front_end"}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_bank(tmp_path_factory.mktemp("examples") / "data") as served:
        yield served


@pytest.mark.xdist_group("story examples")
@pytest.mark.parametrize("story", list(STORIES))
def test_the_story_is_told_to_its_end(bank: Served, story: str) -> None:
    played = subprocess.run(
        [sys.executable, "-m", f"examples.{story}"],
        env=bank.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (played.returncode, played.stderr) == (0, ""), played.stdout
    places = [played.stdout.find(line) for line in STORIES[story]]
    assert -1 not in places, played.stdout
    assert places == sorted(places), played.stdout
    assert played.stdout.endswith("Done.\n")


def test_every_example_is_told_here_and_stands_alone() -> None:
    examples = {file.stem: file.read_text("utf-8") for file in (ROOT / "examples").glob("*.py")}
    assert set(examples) == set(STORIES) | OWN_TEST
    for name, text in examples.items():
        assert "import aldaba" not in text, name
        assert "from aldaba" not in text, name
        assert "from tests" not in text, name
        assert len(text.splitlines()) <= (220 if name == "first_login" else 150), name
    for name in STORIES:
        assert f"-m examples.{name}" in examples[name], name
