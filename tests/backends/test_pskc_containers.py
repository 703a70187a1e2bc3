"""Key containers: what is taken from them, and what is refused, key by key or as a whole."""

from base64 import b64encode
from io import BytesIO
from typing import Any

import pytest
from tests.backends.pskc_files import (
    AES,
    FIGURE_6,
    FIGURE_6_KEY,
    FIGURE_7,
    HMAC_SHA256,
    OCRA,
    PRE_SHARED,
    RFC_SECRET,
    SUITE,
    Maker,
    container,
    derived_key,
    encrypted,
    mac_method,
    number,
    package,
    pbkdf2,
    plain,
)

from aldaba.backends.pskc import BadFile, Passphrase, PreSharedKey, Unlocking, read_pskc
from aldaba.domain.token import BadToken, TokenRecord

TIMED = "OCRA-1:HOTP-SHA256-8:QN08-T1M"
NAMESPACE = "urn:ietf:params:xml:ns:keyprov:pskc"
MAKER = Maker(bytes(range(16)), b"m" * 20)


def read(data: bytes, unlocking: Unlocking = None, **more: Any) -> list[TokenRecord | BadToken]:
    return list(read_pskc(BytesIO(data), unlocking, **more))


def refused(data: bytes, unlocking: Unlocking = None) -> str:
    with pytest.raises(BadFile) as bad:
        read(data, unlocking)
    return bad.value.reason


class TestTokens:
    def test_counter_and_kind(self) -> None:
        data = container(package("HT-1", plain(), number("Counter", 12_345)))
        assert read(data) == [TokenRecord("HT-1", "hard", SUITE, RFC_SECRET, 12_345)]
        assert read(data, kind="soft") == [TokenRecord("HT-1", "soft", SUITE, RFC_SECRET, 12_345)]

    def test_time_drift(self) -> None:
        data = [number("Time", 0), number("TimeInterval", 60), number("TimeDrift", -4)]
        algorithm = f"{NAMESPACE}#{TIMED}"
        assert read(container(package("HT-1", plain(), *data, algorithm=algorithm))) == [
            TokenRecord("HT-1", "hard", TIMED, RFC_SECRET, 0, -4)
        ]

    def test_what_the_suite_does_not_have_is_left_out(self) -> None:
        data = container(package("HT-1", plain(), number("TimeDrift", 3)))
        assert read(data) == [TokenRecord("HT-1", "hard", SUITE, RFC_SECRET)]

    @pytest.mark.parametrize(
        ("algorithm", "suite"),
        [
            (OCRA, ""),
            (OCRA, SUITE),
            (OCRA.replace("#", ":"), ""),
            (f"{NAMESPACE}:ocra", SUITE),
            (f"{NAMESPACE}#OCRA-1", SUITE),
        ],
    )
    def test_the_suite_stands_in_the_algorithm_or_beside_it(self, algorithm: str, suite: str) -> None:
        parameters = f"<Suite>{suite}</Suite>" if suite else ""
        found = read(container(package("HT-1", plain(), algorithm=algorithm, parameters=parameters)))
        assert found == [TokenRecord("HT-1", "hard", SUITE, RFC_SECRET)]

    def test_a_policy_that_allows_challenges(self) -> None:
        policy = "<Policy><KeyUsage>CR</KeyUsage><KeyUsage>Encrypt</KeyUsage></Policy>"
        assert isinstance(read(container(package("HT-1", plain(), policy=policy)))[0], TokenRecord)

    @pytest.mark.parametrize(("name", "size"), [("sha1", 16), ("sha256", 24), ("sha512", 32)])
    def test_longer_keys_and_hashes(self, name: str, size: int) -> None:
        maker = Maker(bytes(range(size)), b"m" * 32, name)
        algorithm = HMAC_SHA256.replace("sha256", name)
        if name == "sha1":
            algorithm = "http://www.w3.org/2000/09/xmldsig#hmac-sha1"
        data = container(
            maker.head(algorithm),
            package("HT-1", maker.value(RFC_SECRET), maker.value((300).to_bytes(8, "big"), "Counter")),
        )
        assert read(data, PreSharedKey(maker.key)) == [TokenRecord("HT-1", "hard", SUITE, RFC_SECRET, 300)]

    def test_without_a_mac_key_the_encryption_key_serves(self) -> None:
        maker = Maker(MAKER.key, MAKER.key)
        data = container(PRE_SHARED, mac_method(None), package("HT-1", maker.value(RFC_SECRET)))
        assert read(data, PreSharedKey(maker.key)) == [TokenRecord("HT-1", "hard", SUITE, RFC_SECRET)]

    def test_another_hash_under_the_passphrase(self) -> None:
        maker = Maker(pbkdf2("contraseña", "sha256", b"salt", 2000, 32), b"m" * 20)
        key = derived_key(b64encode(b"salt").decode(), "2000", "32", f'<PRF Algorithm="{HMAC_SHA256}"/>')
        data = container(maker.head().replace(PRE_SHARED, key), package("HT-1", maker.value(RFC_SECRET)))
        assert read(data, Passphrase("contraseña")) == [TokenRecord("HT-1", "hard", SUITE, RFC_SECRET)]

    def test_other_parts_of_a_container_are_passed_over(self) -> None:
        data = container(package("HT-1", plain()), "<ds:Signature/>", "<Extensions/>")
        assert read(data) == [TokenRecord("HT-1", "hard", SUITE, RFC_SECRET)]

    def test_many_keys_are_given_one_by_one(self) -> None:
        packages = [package(f"HT-{index}", plain(b"%020d" % index)) for index in range(5000)]
        found = read_pskc(BytesIO(container(*packages)))
        first = next(found)
        assert first == TokenRecord("HT-0", "hard", SUITE, b"%020d" % 0)
        assert len(list(found)) == 4999

    def test_nothing_printed_holds_a_secret(self) -> None:
        shown = repr([*read(container(package("HT-1", plain()))), PreSharedKey(b"kkkk"), Passphrase("open")])
        assert not [secret for secret in ("1234567890", "kkkk", "open") if secret in shown]


class TestRefusedKeys:
    @pytest.mark.parametrize(
        ("key", "reason"),
        [
            (package("HT-1"), "no secret"),
            (package("HT-1", "<Secret/>"), "no value"),
            (package("HT-1", "<Secret><PlainValue>*</PlainValue></Secret>"), "not Base64"),
            (package("HT-1", plain(b"k" * 15)), "secret has not 16 to 64 bytes"),
            (package("HT-1", plain(b"k" * 65)), "secret has not 16 to 64 bytes"),
            (package("HT-1", plain(), number("Counter", "x")), "a counter or time is no number"),
            (package("HT-1", plain(), number("Counter", -1)), "counter out of range"),
            (package("HT-1", plain(), number("Counter", 2**63)), "counter out of range"),
            (package("HT-1", plain(), number("TimeDrift", 100_001)), "time drift out of range"),
            (package("HT-1", plain(), number("TimeInterval", 30)), "time interval is not the suite's"),
            (
                package("HT-1", plain(), number("TimeInterval", 30), algorithm=f"{NAMESPACE}#{TIMED}"),
                "time interval is not the suite's",
            ),
            (package("HT-1", plain(), algorithm=f"{NAMESPACE}:hotp"), "algorithm is not OCRA"),
            (package("HT-1", plain(), algorithm=f"{NAMESPACE}:ocra"), "no OCRA suite (RFC 6287)"),
            (package("HT-1", plain(), algorithm=f"{OCRA}-X"), "no OCRA suite (RFC 6287)"),
            (package("HT-1", plain(), parameters=f"<Suite>{TIMED}</Suite>"), "names two suites"),
            (
                package("HT-1", plain(), policy="<Policy><PINPolicy/></Policy>"),
                "has a policy that is not kept here",
            ),
            (
                package("HT-1", plain(), policy="<Policy><KeyUsage>Encrypt</KeyUsage></Policy>"),
                "is not for challenges",
            ),
            (package("HT-1", encrypted("AAAA", "AAAA")), "encrypted, and no key was given"),
            (
                "<KeyPackage><DeviceInfo><SerialNo>HT-1</SerialNo></DeviceInfo></KeyPackage>",
                "not exactly one key",
            ),
        ],
    )
    def test_one_key_is_refused_and_the_next_is_read(self, key: str, reason: str) -> None:
        found = read(container(key, package("HT-2", plain())))
        assert found == [BadToken("HT-1", reason), TokenRecord("HT-2", "hard", SUITE, RFC_SECRET)]

    @pytest.mark.parametrize("serial", [None, "", "a b", "-1", "x" * 129, "ñ"])
    def test_a_key_without_a_sound_serial_number_is_named_by_its_place(self, serial: str | None) -> None:
        found = read(container(package("HT-0", plain()), package(serial, plain())))
        assert found[1] == BadToken("key 2", "serial number of odd form")

    def test_a_repeated_serial_number_is_refused(self) -> None:
        keys = [package("HT-1", plain()), package("HT-2"), package("HT-1", plain()), package("HT-2", plain())]
        assert read(container(*keys)) == [
            TokenRecord("HT-1", "hard", SUITE, RFC_SECRET),
            BadToken("HT-2", "no secret"),
            BadToken("HT-1", "serial number appears twice"),
            BadToken("HT-2", "serial number appears twice"),
        ]

    @pytest.mark.parametrize("kind", ["", "card", "HARD"])
    def test_of_no_other_kind(self, kind: str) -> None:
        assert read(container(package("HT-1", plain())), kind=kind) == [
            BadToken("HT-1", "kind is not hard or soft")
        ]

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            (plain(), "secret in clear in an encrypted file"),
            (MAKER.value(RFC_SECRET).replace("ValueMAC", "Other"), "encrypted without a MAC"),
            (
                MAKER.value(RFC_SECRET).replace("aes128-cbc", "tripledes-cbc"),
                "encryption algorithm not served",
            ),
            (MAKER.value(RFC_SECRET).replace("aes128-cbc", "aes256-cbc"), "the key has not 32 bytes"),
            (encrypted("A" * 40 + "==", "AAAA"), "not Base64"),
            (encrypted(b64encode(bytes(16)).decode(), "AAAA"), "ciphertext of odd length"),
            (encrypted(b64encode(bytes(33)).decode(), "AAAA"), "ciphertext of odd length"),
            (
                encrypted(b64encode(bytes(32)).decode(), "AAAA"),
                "MAC differs: another key, or changed on the way",
            ),
            (
                encrypted(b64encode(bytes(32)).decode(), MAKER.mac(bytes(32))),
                "does not open: another key?",
            ),
        ],
    )
    def test_an_encrypted_secret_is_taken_only_whole(self, value: str, reason: str) -> None:
        data = container(MAKER.head(), package("HT-1", value))
        assert read(data, PreSharedKey(MAKER.key)) == [BadToken("HT-1", reason)]

    def test_nothing_is_decrypted_in_a_file_without_macs(self) -> None:
        data = container(PRE_SHARED, package("HT-1", MAKER.value(RFC_SECRET)))
        assert read(data, PreSharedKey(MAKER.key)) == [BadToken("HT-1", "encrypted without a MAC")]


class TestRefusedFiles:
    @pytest.mark.parametrize(
        ("data", "unlocking", "reason"),
        [
            (FIGURE_6, None, "encrypted under a pre-shared key: give it"),
            (FIGURE_6, Passphrase("x"), "encrypted under a pre-shared key: give it"),
            (FIGURE_7, None, "encrypted under a passphrase: give it"),
            (FIGURE_7, PreSharedKey(FIGURE_6_KEY), "encrypted under a passphrase: give it"),
            (
                container(package("HT-1", plain())),
                PreSharedKey(FIGURE_6_KEY),
                "not encrypted, though a key or passphrase was given",
            ),
            (FIGURE_6, PreSharedKey(bytes(32)), "MAC key: the key has not 16 bytes"),
            (FIGURE_6, PreSharedKey(b""), "MAC key: the key has not 16 bytes"),
            (
                container(PRE_SHARED, mac_method(None, "md5"), package("HT-1")),
                PreSharedKey(b""),
                "MAC algorithm not served",
            ),
            (
                container(PRE_SHARED, mac_method(b64encode(MAKER.ciphertext(b"")).decode()), package("HT-1")),
                PreSharedKey(MAKER.key),
                "MAC key: empty",
            ),
            (container(package("HT-1", plain()), PRE_SHARED), None, "EncryptionKey is out of place"),
            (container(PRE_SHARED, PRE_SHARED), None, "EncryptionKey is out of place"),
            (container(), None, "holds no key"),
            (
                b'<KeyContainer Version="1.0"><KeyPackage/></KeyContainer>',
                None,
                "no key container of RFC 6030",
            ),
            (FIGURE_6.replace(b'Version="1.0"', b'Version="2.0"'), None, "version is not 1"),
            (FIGURE_6.replace(b' Version="1.0"', b""), None, "version is not 1"),
        ],
    )
    def test_a_file_is_refused_as_a_whole(self, data: bytes, unlocking: Unlocking, reason: str) -> None:
        assert refused(data, unlocking) == reason

    @pytest.mark.parametrize(
        ("key", "reason"),
        [
            (derived_key(algorithm="scrypt"), "key derivation not served"),
            (derived_key(prf='<PRF Algorithm="hmac-md5"/>'), "key derivation not served"),
            (derived_key(length="20"), "key derivation not served"),
            (derived_key(length=""), "key derivation not served"),
            (derived_key(iterations="0"), "iteration count not between 1 and 10000000"),
            (derived_key(iterations="10000001"), "iteration count not between 1 and 10000000"),
            (derived_key(iterations="1" * 20), "iteration count not between 1 and 10000000"),
            (derived_key(iterations="many"), "iteration count not between 1 and 10000000"),
            (derived_key(salt="*"), "salt of odd form"),
            ("<EncryptionKey><DerivedKey/></EncryptionKey>", "key derivation not served"),
            (
                "<EncryptionKey><DerivedKey><KeyDerivationMethod/></DerivedKey></EncryptionKey>",
                "key derivation not served",
            ),
        ],
    )
    def test_a_derivation_we_do_not_serve(self, key: str, reason: str) -> None:
        assert (
            refused(container(key, mac_method("AAAA", cipher=AES), package("HT-1")), Passphrase("x"))
            == reason
        )
