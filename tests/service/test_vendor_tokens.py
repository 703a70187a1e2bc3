"""The vendor's tokens: what a good one must say, and a table of hostile ones for which nothing is fetched."""

import asyncio
import base64
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from joserfc import jwk as josekey
from tests.service.vendor_house import (
    COMPANY,
    ISSUER,
    NAME,
    NOW,
    NUMBER,
    House,
    RecordingKeys,
    compact,
    encoded,
    refused,
)

from aldaba.domain.identifiers import CustomerName
from aldaba.domain.policy import VendorPolicy
from aldaba.domain.refusals import HouseUnavailable, Reason, Refused
from aldaba.sandbox.vendor import KEY_ID, LIFE_SECONDS
from aldaba.service.vendor_tokens import MAX_ID_LENGTH, VendorClaims, VendorTokens

KEYS: Mapping[str, josekey.Key] = {
    "es256": josekey.ECKey.generate_key("P-256"),
    "es384": josekey.ECKey.generate_key("P-384"),
    "rsa": josekey.RSAKey.generate_key(2048),
    "okp": josekey.OKPKey.generate_key("Ed25519"),
}
OTHER = josekey.ECKey.generate_key("P-256")
PUBLIC: Mapping[str, dict[str, Any]] = {kid: dict(key.as_dict(private=False)) for kid, key in KEYS.items()}
AT = int(NOW.timestamp())
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": NUMBER,
    "aud": "fid:2",
    "iat": AT,
    "exp": AT + 120,
    "jti": "token-1",
}
HEADER: dict[str, Any] = {"alg": "ES256", "typ": "JWT", "kid": "es256"}


def token(
    header: Mapping[str, Any] | None = None, *, without: str = "", alg: str = "ES256", **claims: Any
) -> str:
    """A token with a right signature; header and claims varied."""
    told = {name: value for name, value in (CLAIMS | claims).items() if name != without}
    head = HEADER | dict(header or {})
    return compact(head, told, KEYS["es256"] if alg == "ES256" else KEYS[head["kid"]], alg)


def raw(payload: bytes) -> str:
    return compact(HEADER, payload, KEYS["es256"], "ES256")


def judged(
    text: str, name: CustomerName = NAME, grant: str = "2", tokens: VendorTokens | None = None
) -> VendorClaims:
    house = House()
    tokens = tokens or VendorTokens(RecordingKeys(PUBLIC), VendorPolicy(), ISSUER)
    return asyncio.run(tokens.judge(house.call(), text, name, grant))


def reason_of(text: str, name: CustomerName = NAME, grant: str = "2") -> Reason:
    with pytest.raises(Refused) as caught:
        judged(text, name, grant)
    return caught.value.reason


@pytest.mark.parametrize(
    ("algorithm", "kid"),
    [("ES256", "es256"), ("ES384", "es384"), ("PS256", "rsa"), ("RS256", "rsa"), ("Ed25519", "okp")],
)
def test_every_pinned_algorithm_verifies(algorithm: str, kid: str) -> None:
    claims = judged(token({"alg": algorithm, "kid": kid}, alg=algorithm))
    assert claims == VendorClaims("token-1", None, NOW + timedelta(seconds=120 + 30 + 1))


# The library calls the name old (RFC 9864); vendors still use it, and the keys allow Ed25519 alone.
def test_ed25519_verifies_under_its_older_name_too() -> None:
    assert judged(token({"alg": "EdDSA", "kid": "okp"}, alg="EdDSA")).token_id == "token-1"


@pytest.mark.parametrize(
    ("algorithm", "kid"), [("ES384", "es384"), ("PS256", "rsa"), ("RS256", "rsa"), ("Ed25519", "okp")]
)
def test_an_algorithm_left_out_by_the_policy_asks_for_no_key(algorithm: str, kid: str) -> None:
    keys = RecordingKeys(PUBLIC)
    tokens = VendorTokens(keys, VendorPolicy(algorithms=("ES256", "EdDSA")), ISSUER)
    with pytest.raises(Refused) as caught:
        judged(token({"alg": algorithm, "kid": kid}, alg=algorithm), tokens=tokens)
    assert (caught.value.reason, keys.asked) == (Reason.TOKEN_INVALID, [])
    assert judged(token(), tokens=tokens).token_id == "token-1"


@pytest.mark.parametrize("audience", ["fid:2", ["fid:2"], ["other", "fid:2"]])
def test_the_audience_is_the_functional_ids_alone_or_in_a_list(audience: object) -> None:
    assert judged(token(aud=audience)).token_id == "token-1"


def test_an_audience_may_be_configured_and_then_no_other_functional_id_is() -> None:
    tokens = VendorTokens(RecordingKeys(PUBLIC), VendorPolicy(), ISSUER, {"2": "bank-binding"})
    assert judged(token(aud="bank-binding"), tokens=tokens).token_id == "token-1"
    for text, grant, reason in (
        (token(), "2", Reason.TOKEN_INVALID),
        (token(aud="fid:3"), "3", Reason.NOT_FOUND),
    ):
        with pytest.raises(Refused) as caught:
            judged(text, grant=grant, tokens=tokens)
        assert caught.value.reason is reason


@pytest.mark.parametrize("grant", ["1", "2", "3", "4", "5", "6", "7"])
def test_the_seven_documented_functional_ids_are_known(grant: str) -> None:
    assert judged(token(aud=f"fid:{grant}"), grant=grant).token_id == "token-1"


@pytest.mark.parametrize("grant", ["0", "8", "02", "99", ""])
def test_any_other_functional_id_is_not_found_before_the_token_is_looked_at(grant: str) -> None:
    keys = RecordingKeys(PUBLIC)
    with pytest.raises(Refused) as caught:
        judged("nonsense", grant=grant, tokens=VendorTokens(keys, VendorPolicy(), ISSUER))
    assert (caught.value.reason, caught.value.location) == (Reason.NOT_FOUND, "grantType")
    assert keys.asked == []


@pytest.mark.parametrize(
    "moments",
    [
        {"iat": AT + 30, "exp": AT + 60},
        {"iat": AT - 330, "exp": AT + 60},
        {"iat": AT - 100, "exp": AT - 29},
        {"iat": AT - 0.5, "exp": AT + 0.5},
        {"nbf": AT + 30},
        {"exp": AT + 86_400},
    ],
)
def test_times_hold_to_the_second_with_thirty_seconds_of_skew(moments: dict[str, Any]) -> None:
    assert judged(token(**moments)).token_id == "token-1"


def test_a_representative_is_the_requests_whatever_zeros_it_is_written_with() -> None:
    company = CustomerName(COMPANY, "2")
    assert judged(token(sub=COMPANY, lrid="02"), company).representative == "2"
    assert judged(token(sub=COMPANY, lrid="2"), CustomerName(COMPANY)).representative == "2"
    assert judged(token(sub=COMPANY), company).representative is None


def maced(secret: bytes) -> str:
    message = f"{encoded(HEADER | {'alg': 'HS256'})}.{encoded(CLAIMS)}".encode()
    mac = base64.urlsafe_b64encode(hmac.digest(secret, message, "sha256")).rstrip(b"=")
    return f"{message.decode()}.{mac.decode()}"


def pem_of(kid: str) -> bytes:
    key = KEYS[kid]
    assert isinstance(key, josekey.ECKey | josekey.RSAKey)
    return key.public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


GOOD = token()
HEAD, BODY, SIGNATURE = GOOD.split(".")
TWICE = b'{"alg":"ES256","alg":"none","kid":"es256"}'
OWN_KEY = dict(OTHER.as_dict(private=False))

HEADER_FLAWS: Mapping[str, str] = {
    "alg none": f"{encoded(HEADER | {'alg': 'none'})}.{BODY}.",
    "alg nOnE": f"{encoded(HEADER | {'alg': 'nOnE'})}.{BODY}.{SIGNATURE}",
    "alg missing": f"{encoded({'kid': 'es256'})}.{BODY}.{SIGNATURE}",
    "alg null": token({"alg": None}),
    "alg a list": token({"alg": ["ES256"]}),
    "alg a number": token({"alg": 256}),
    "alg in small letters": token({"alg": "es256"}),
    "alg HS256 under the public PEM": maced(pem_of("es256")),
    "alg HS256 under the RSA key's PEM": maced(pem_of("rsa")),
    "alg HS256 under the JWK": maced(json.dumps(PUBLIC["es256"]).encode()),
    "alg HS256 under nothing": maced(b""),
    "alg HS512": token({"alg": "HS512"}),
    "alg ES512": token({"alg": "ES512"}),
    "alg RS1": token({"alg": "RS1"}),
    "alg ES256K": token({"alg": "ES256K"}),
    "its own key": compact(HEADER | {"jwk": OWN_KEY}, CLAIMS, OTHER, "ES256"),
    "jku": token({"jku": "https://evil.example/keys"}),
    "jku to this machine": token({"jku": "http://127.0.0.1/keys"}),
    "x5u": token({"x5u": "https://evil.example/cert"}),
    "x5c": token({"x5c": ["MIIB"]}),
    "crit with an unknown name": token({"crit": ["exp2"], "exp2": 1}),
    "crit with a known name": token({"crit": ["alg"]}),
    "crit empty": token({"crit": []}),
    "b64 false": token({"b64": False, "crit": ["b64"]}),
    "zip": token({"zip": "DEF"}),
    "kid missing": compact({"alg": "ES256"}, CLAIMS, KEYS["es256"], "ES256"),
    "kid a number": token({"kid": 1}),
    "kid a list": token({"kid": ["es256"]}),
    "kid null": token({"kid": None}),
    "longer than 8 KiB": token(padding="x" * 8192),
    "empty": "",
    "one part": HEAD,
    "two parts": f"{HEAD}.{BODY}",
    "four parts": f"{GOOD}.{SIGNATURE}",
    "five parts, as an encrypted one": f"{HEAD}.{BODY}.{BODY}.{BODY}.{BODY}",
    "a header that is no JSON": f"{encoded(b'{alg}')}.{BODY}.{SIGNATURE}",
    "a header that is a list": f"{encoded(['ES256'])}.{BODY}.{SIGNATURE}",
    "a header with alg twice": f"{encoded(TWICE)}.{BODY}.{SIGNATURE}",
    "a header with padding": f"{HEAD}=.{BODY}.{SIGNATURE}",
    "a header with a space": f" {HEAD}.{BODY}.{SIGNATURE}",
    "a header of other letters": f"ñ{HEAD}.{BODY}.{SIGNATURE}",
    "a header of half a letter": f"\ud800.{BODY}.{SIGNATURE}",
    "JSON serialization": json.dumps({"protected": HEAD, "payload": BODY, "signature": SIGNATURE}),
}
"""Refused by their header or form alone."""

FLAWS: Mapping[str, str] = {
    "kid unknown": token({"kid": "es257"}),
    "kid a path": token({"kid": "../../../../dev/null"}),
    "kid a query": token({"kid": "' OR 1=1 --"}),
    "kid an address": token({"kid": "https://evil.example/key"}),
    "kid of a key of another kind": token({"kid": "rsa"}),
    "kid of another curve": token({"kid": "es384"}),
    "alg of another key": token({"alg": "PS256"}),
    "alg of another curve": token({"alg": "ES384"}),
    "signed by somebody else": compact(HEADER, CLAIMS, OTHER, "ES256"),
    "no signature": f"{HEAD}.{BODY}.",
    "a signature of zeros": f"{HEAD}.{BODY}.{encoded(bytes(64))}",
    "a signature cut short": f"{HEAD}.{BODY}.{SIGNATURE[:-4]}",
    "a signature too long": f"{HEAD}.{BODY}.{SIGNATURE}AAAA",
    "a signature of other letters": f"{HEAD}.{BODY}.ñ{SIGNATURE[1:]}",
    "another's claims under this signature": f"{HEAD}.{encoded(CLAIMS | {'sub': '15000010'})}.{SIGNATURE}",
    "another header over this signature": f"{encoded(HEADER | {'cty': 'JWT'})}.{BODY}.{SIGNATURE}",
    "claims that are no JSON": raw(b"{"),
    "claims that are a list": raw(b"[]"),
    "claims with sub twice": raw(json.dumps(CLAIMS).encode()[:-1] + b',"sub":"15000010"}'),
    "claims with NaN": raw(json.dumps(CLAIMS).encode()[:-1] + b',"nbf":NaN}'),
    "iss missing": token(without="iss"),
    "iss another's": token(iss="https://evil.example"),
    "iss a list": token(iss=[ISSUER]),
    "sub missing": token(without="sub"),
    "sub another customer's": token(sub="15000010"),
    "sub a number": token(sub=int(NUMBER)),
    "sub with its representative": token(sub=f"{NUMBER}-1"),
    "aud missing": token(without="aud"),
    "aud of another functional id": token(aud="fid:3"),
    "aud a list of others": token(aud=["fid:1", "fid:3"]),
    "aud a list with a number in it": token(aud=["fid:2", 2]),
    "aud an empty list": token(aud=[]),
    "aud an object": token(aud={"fid:2": True}),
    "exp missing": token(without="exp"),
    "exp null": token(exp=None),
    "exp a text": token(exp=str(AT + 120)),
    "exp true": token(exp=True),
    "exp past its skew": token(iat=AT - 100, exp=AT - 30),
    "exp before iat": token(iat=AT + 20, exp=AT + 10),
    "exp in a year": token(exp=AT + 31_536_000),
    "exp beyond any calendar": token(exp=10**400, iat=AT + 0.5),
    "exp beyond any number": raw(json.dumps(CLAIMS).encode().replace(str(AT + 120).encode(), b"1e999")),
    "iat missing": token(without="iat"),
    "iat in the future": token(iat=AT + 31),
    "iat older than five minutes": token(iat=AT - 331),
    "iat a text": token(iat="now"),
    "iat before any calendar": token(iat=-(10**400)),
    "nbf in the future": token(nbf=AT + 31),
    "nbf a text": token(nbf="now"),
    "jti missing": token(without="jti"),
    "jti empty": token(jti=""),
    "jti a number": token(jti=7),
    "jti too long": token(jti="x" * (MAX_ID_LENGTH + 1)),
    "jti with half a letter": token(jti="\ud800"),
    "jti with a line feed": token(jti="a\nb"),
    "lrid a number": token(lrid=1),
    "lrid null": token(lrid=None),
    "lrid a word": token(lrid="a"),
    "lrid in other digits": token(lrid="٢"),
}
"""Refused once keys are known."""


def test_the_table_of_hostile_tokens_is_long() -> None:
    assert len(HEADER_FLAWS) + len(FLAWS) >= 40


@pytest.mark.parametrize("name", HEADER_FLAWS)
def test_a_token_with_a_hostile_header_is_refused_and_no_key_is_asked_for(name: str) -> None:
    keys = RecordingKeys(PUBLIC)
    with pytest.raises(Refused) as caught:
        judged(HEADER_FLAWS[name], tokens=VendorTokens(keys, VendorPolicy(), ISSUER))
    assert caught.value.reason is Reason.TOKEN_INVALID
    assert keys.asked == []


@pytest.mark.parametrize("name", FLAWS)
def test_a_hostile_token_is_refused_and_asks_for_nothing_but_its_kid(name: str) -> None:
    keys = RecordingKeys(PUBLIC)
    with pytest.raises(Refused) as caught:
        judged(FLAWS[name], tokens=VendorTokens(keys, VendorPolicy(), ISSUER))
    assert caught.value.reason is Reason.TOKEN_INVALID
    assert len(keys.asked) == 1


def test_a_token_for_one_representative_is_not_anothers() -> None:
    assert reason_of(token(sub=COMPANY, lrid="1"), CustomerName(COMPANY, "2")) is Reason.TOKEN_INVALID


@pytest.mark.parametrize("changes", [{"use": "enc"}, {"alg": "ES384"}])
def test_a_key_for_something_else_verifies_nothing(changes: dict[str, str]) -> None:
    tokens = VendorTokens(RecordingKeys({"es256": PUBLIC["es256"] | changes}), VendorPolicy(), ISSUER)
    with pytest.raises(Refused):
        judged(GOOD, tokens=tokens)


def test_the_kid_of_the_token_is_what_keys_are_asked_for() -> None:
    keys = RecordingKeys(PUBLIC)
    judged(GOOD, tokens=VendorTokens(keys, VendorPolicy(), ISSUER))
    assert keys.asked == ["es256"]


def test_without_keys_nothing_is_judged() -> None:
    keys = RecordingKeys(PUBLIC)
    keys.down = True
    with pytest.raises(HouseUnavailable):
        judged(GOOD, tokens=VendorTokens(keys, VendorPolicy(), ISSUER))


def test_a_functional_id_looked_at_later_has_its_usual_audience() -> None:
    async def story() -> None:
        house = await House().ready()
        call = house.call()
        claims = await house.tokens.verify(call, house.vendor.mint(NUMBER, "9"), NAME, "9")
        assert claims.representative is None
        refusal = await refused(house.tokens.verify(call, house.vendor.mint(NUMBER, "2"), NAME, "9"))
        assert refusal.reason is Reason.TOKEN_INVALID

    asyncio.run(story())


class TestSpending:
    def test_a_token_is_spent_once_until_it_could_no_longer_be_accepted(self) -> None:
        async def story() -> None:
            house = await House().ready()
            text = house.vendor.mint(NUMBER, "2", jti="one")
            claims = await house.tokens.judge(house.call(), text, NAME, "2")
            assert await spent(house, claims) == [True, False]
            house.later(seconds=LIFE_SECONDS + 29)
            assert (await house.tokens.judge(house.call(), text, NAME, "2")).token_id == "one"
            assert await spent(house, claims) == [False, False]
            house.later(seconds=1)
            assert (await refused(house.tokens.judge(house.call(), text, NAME, "2"))).reason
            assert await spent(house, claims) == [False, False]

        asyncio.run(story())

    def test_asking_whether_it_was_used_does_not_use_it(self) -> None:
        async def story() -> None:
            house = await House().ready()
            claims = await house.tokens.judge(house.call(), house.vendor.mint(NUMBER, "2"), NAME, "2")
            use: Callable[[], Any] = lambda: house.store.run(  # noqa: E731 - used twice, like a value
                lambda act: house.tokens.used(act, claims, house.now)
            )
            assert [await use(), await use()] == [False, False]
            assert await spent(house, claims) == [True, False]
            assert await use()

        asyncio.run(story())

    def test_an_id_is_one_issuers(self) -> None:
        async def story() -> None:
            house = await House().ready()
            claims = await house.tokens.judge(house.call(), house.vendor.mint(NUMBER, "2"), NAME, "2")
            others = VendorTokens(house.keys, VendorPolicy(), "https://other.example")
            assert await spent(house, claims) == [True, False]
            assert await house.store.run(lambda act: others.claim(act, claims, house.now))

        asyncio.run(story())


async def spent(house: House, claims: VendorClaims) -> list[bool]:
    """What two claims answer, one after the other."""
    return [await house.store.run(lambda act: house.tokens.claim(act, claims, house.now)) for _ in range(2)]


class TestTheSandboxsVendor:
    def test_signs_what_its_keys_verify_the_same_after_a_restart(self) -> None:
        async def story() -> None:
            house = await House().ready()
            again = House()
            again.vault.ring = house.vault.ring
            assert await again.vendor.keys(None, again.now) == house.keys.known
            other = House()
            assert await other.vendor.keys(None, other.now) != house.keys.known
            claims = await house.tokens.judge(house.call(), again.vendor.mint(NUMBER, "3"), NAME, "3")
            assert claims.used_until == NOW + timedelta(seconds=LIFE_SECONDS + 31)
            (known,) = house.keys.known.values()
            assert known["kid"] == KEY_ID
            assert "d" not in known

        asyncio.run(story())

    def test_names_a_representative_in_the_number_or_beside_it(self) -> None:
        async def story() -> None:
            house = await House().ready()
            for text in (
                house.vendor.mint(f"{COMPANY}-2", "2"),
                house.vendor.mint(COMPANY, "2", representative="2"),
            ):
                name = CustomerName(COMPANY, "2")
                assert (await house.tokens.judge(house.call(), text, name, "2")).representative == "2"

        asyncio.run(story())

    def test_claims_may_be_changed_or_left_out_and_ids_differ(self) -> None:
        async def story() -> None:
            house = await House().ready()
            mint = house.vendor.mint
            texts = (mint(NUMBER, "2", iss=None), mint(NUMBER, "2", exp=AT), mint("a name", "2"))
            reasons = [
                (await refused(house.tokens.judge(house.call(), text, NAME, "2"))).reason for text in texts
            ]
            assert reasons == [Reason.TOKEN_INVALID, Reason.TOKEN_INVALID, Reason.TOKEN_INVALID]
            ids = {
                (await house.tokens.judge(house.call(), mint(NUMBER, "2"), NAME, "2")).token_id
                for _ in range(3)
            }
            assert len(ids) == 3

        asyncio.run(story())
