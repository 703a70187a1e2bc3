"""What every provider of the key ring promises; the file in clear and the one wrapped by a token alike."""

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.backends.soft_hsm import wrapping

from aldaba.backends.hsm import HsmUnavailable
from aldaba.backends.keyring_file import KeyringFile
from aldaba.crypto.keyring import Key, KeyName
from aldaba.crypto.sealing import open_text, seal_text
from aldaba.domain.refusals import HouseUnavailable

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)
Opened = Callable[[], KeyringFile]


@pytest.fixture(params=["file", "pkcs11"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Opens the same ring anew, as another process would."""
    path = tmp_path / "keyring.json"
    if request.param == "file":
        return lambda: KeyringFile(path)
    wrapping().create_kek()
    return lambda: KeyringFile(path, wrapping())


@pytest.fixture
def chest(opened: Opened) -> KeyringFile:
    made = opened()
    assert made.create_if_missing(os.urandom, NOW)
    return made


def key(key_id: str) -> Key:
    return Key(key_id, os.urandom(32))


def test_a_fresh_ring_has_every_name(chest: KeyringFile) -> None:
    assert set(chest.keyring().keys) == {name.value for name in KeyName}
    assert not chest.create_if_missing(os.urandom, NOW)


def test_every_process_opens_the_same_keys(chest: KeyringFile, opened: Opened) -> None:
    for name in KeyName:
        assert opened().keyring().current(name) == chest.keyring().current(name)


def test_a_change_is_seen_by_every_process_and_earlier_keys_go_on_opening(
    chest: KeyringFile, opened: Opened
) -> None:
    other = opened()
    sealed = seal_text(other.keyring().current(KeyName.STORAGE), "text", "place", bytes(12))
    chest.change(lambda ring: ring.rotated(KeyName.STORAGE, key("newer")))
    for each in (chest, other, opened()):
        assert each.keyring().current(KeyName.STORAGE).id == "newer"
        assert open_text(each.keyring(), KeyName.STORAGE, sealed, "place") == "text"


def test_a_key_taken_away_is_gone(chest: KeyringFile, opened: Opened) -> None:
    earlier = chest.keyring().current(KeyName.OTP).id
    chest.change(lambda ring: ring.rotated(KeyName.OTP, key("newer")))
    chest.change(lambda ring: ring.without(KeyName.OTP, earlier))
    assert [one.id for one in opened().keyring().all(KeyName.OTP)] == ["newer"]


def test_a_rule_that_fails_changes_nothing(chest: KeyringFile, opened: Opened) -> None:
    before = chest.keyring()
    with pytest.raises(ValueError, match="only key"):
        chest.change(lambda ring: ring.without(KeyName.OTP, ring.current(KeyName.OTP).id))
    assert opened().keyring().keys == before.keys


def test_of_changes_made_at_once_none_is_lost(chest: KeyringFile, opened: Opened) -> None:
    def add(number: int) -> None:
        opened().change(lambda ring: ring.rotated(KeyName.OTP, key(f"k{number}")))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.id for one in chest.keyring().all(KeyName.OTP)} >= {f"k{number}" for number in range(8)}


def test_a_file_that_is_no_ring_is_refused(chest: KeyringFile, tmp_path: Path) -> None:
    assert chest.keyring()
    (tmp_path / "keyring.json").write_bytes(b"{}")
    with pytest.raises(HouseUnavailable):
        chest.keyring()


class TestPkcs11:
    """What only the wrapped ring promises; these run under the mark ``pkcs11`` in their names."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        wrapping().create_kek()
        path = tmp_path / "keyring.json"
        KeyringFile(path, wrapping()).create_if_missing(os.urandom, NOW)
        return path

    def test_pkcs11_the_file_alone_tells_no_key(self, path: Path) -> None:
        ring = KeyringFile(path, wrapping()).keyring()
        kept = path.read_bytes()
        for name in KeyName:
            assert ring.current(name).id.encode() not in kept
        with pytest.raises(HouseUnavailable):
            KeyringFile(path).keyring()

    def test_pkcs11_a_wrong_pin_another_token_another_key_are_told_with_the_cure(self, path: Path) -> None:
        for wrong, told in (
            (wrapping(pin="0000"), "keys.pin"),
            (wrapping(label="another"), "keys.token_label"),
            (wrapping(kek="another"), "keys.kek_label"),
        ):
            with pytest.raises(HsmUnavailable, match=told):
                KeyringFile(path, wrong).keyring()

    def test_pkcs11_a_changed_file_does_not_open(self, path: Path) -> None:
        kept = path.read_bytes()
        at = kept.index(b'"wrapped":"') + 20
        path.write_bytes(kept[:at] + (b"A" if kept[at : at + 1] != b"A" else b"B") + kept[at + 1 :])
        with pytest.raises(HsmUnavailable):
            KeyringFile(path, wrapping()).keyring()

    def test_pkcs11_a_ring_in_clear_is_wrapped_and_holds_the_same_keys(self, tmp_path: Path) -> None:
        path = tmp_path / "keyring.json"
        clear = KeyringFile(path)
        clear.create_if_missing(os.urandom, NOW)
        ring = clear.keyring()
        wrapped = KeyringFile(path, wrapping())
        with pytest.raises(HsmUnavailable, match="aldaba keys wrap"):
            wrapped.keyring()
        wrapping().create_kek()
        wrapped.put(ring)
        assert KeyringFile(path, wrapping()).keyring().keys == ring.keys
        assert path.stat().st_mode & 0o777 == 0o600

    def test_pkcs11_the_wrapping_key_is_made_once(self) -> None:
        wrapping(kek="made once").create_kek()
        assert not wrapping(kek="made once").create_kek()
