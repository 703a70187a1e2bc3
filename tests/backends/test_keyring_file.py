"""The key ring file: made once and privately, read again when it changes, refused when others may read it."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aldaba.backends.keyring_file import ExposedKeyring, KeyringFile
from aldaba.crypto.keyring import Key, KeyName
from aldaba.domain.refusals import HouseUnavailable

NOW = datetime(2026, 3, 10, tzinfo=UTC)


def made(folder: Path) -> Path:
    path = folder / "keys" / "keyring.json"
    assert KeyringFile(path).create_if_missing(os.urandom, NOW)
    return path


def test_a_fresh_ring_has_every_name_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = made(tmp_path)
    assert set(KeyringFile(path).keyring().keys) == {name.value for name in KeyName}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["keyring.json"]


def test_making_it_again_keeps_what_is_there(tmp_path: Path) -> None:
    path = made(tmp_path)
    before = path.read_bytes()
    assert not KeyringFile(path).create_if_missing(os.urandom, NOW)
    assert path.read_bytes() == before


def test_of_many_who_make_it_at_once_one_does(tmp_path: Path) -> None:
    path = tmp_path / "keyring.json"
    with ThreadPoolExecutor(8) as pool:
        makers = [pool.submit(KeyringFile(path).create_if_missing, os.urandom, NOW) for _ in range(32)]
        assert sum(maker.result() for maker in makers) == 1
    assert KeyringFile(path).keyring()


def test_an_unchanged_file_is_read_once(tmp_path: Path) -> None:
    vault = KeyringFile(made(tmp_path))
    assert vault.keyring() is vault.keyring()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = made(tmp_path)
    vault = KeyringFile(path)
    rotated = vault.keyring().rotated(KeyName.STORAGE, Key("newer", bytes(32)))
    beside = tmp_path / "beside"
    beside.touch(mode=0o600)
    beside.write_bytes(rotated.to_json())
    beside.replace(path)
    assert vault.keyring().current(KeyName.STORAGE).id == "newer"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_may_read_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    path = made(tmp_path)
    vault = KeyringFile(path)
    vault.keyring()
    path.chmod(mode)
    with pytest.raises(ExposedKeyring) as caught:
        vault.keyring()
    assert caught.value.part == "keys"
    assert f"chmod 600 {path}" in str(caught.value)


def test_a_file_taken_away_takes_the_keys_away(tmp_path: Path) -> None:
    path = made(tmp_path)
    vault = KeyringFile(path)
    vault.keyring()
    path.unlink()
    with pytest.raises(HouseUnavailable, match="keys"):
        vault.keyring()


def test_a_file_that_is_no_ring_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path)
    path.write_text("{}")
    with pytest.raises(HouseUnavailable, match="keys"):
        KeyringFile(path).keyring()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HouseUnavailable, match="keys"):
        KeyringFile(tmp_path / "file" / "keyring.json").create_if_missing(os.urandom, NOW)
