"""Operators' work on applications: secrets shown once, kept as digests; keys in two generations."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.service.importing import House

from aldaba.crypto.digests import handle_digest
from aldaba.crypto.jwk import generate_signing_key, thumbprint
from aldaba.crypto.session_keys import Profile
from aldaba.domain.application import Application, Enumeration, Right
from aldaba.domain.refusals import Reason, Refused
from aldaba.service.audit import ApplicationChanged
from aldaba.service.records import open_registered_keys
from aldaba.service.registration import Grant, Registration

ACTOR = "cli:ana"
JWK = generate_signing_key().public_jwk()


async def found(house: House) -> Application:
    (application,) = await house.administration.registration.list()
    return application


async def refused(act: Awaitable[object]) -> Refused:
    with pytest.raises(Refused) as caught:
        await act
    return caught.value


def test_a_new_application_may_do_everything_in_mexico_and_its_secret_is_kept_as_a_digest() -> None:
    async def story() -> None:
        house = House()
        made = await house.administration.registration.create("app", Grant(), ACTOR)
        application = await found(house)
        assert application == made.application
        assert (application.channels, application.operations) == (None, None)
        assert (application.countries, application.businesses) == (frozenset({"MX"}), frozenset({"GCB"}))
        assert application.secret_digest == handle_digest(made.secret.reveal())
        assert len(made.secret.reveal()) == 43
        assert made.secret.reveal() not in repr(made)
        (event,) = house.store.events
        assert (event.payload, event.application_id, event.actor) == (
            ApplicationChanged("create"),
            "app",
            ACTOR,
        )

    asyncio.run(story())


def test_every_part_of_a_grant_is_kept_and_may_be_replaced() -> None:
    grant = Grant(
        channels=frozenset({"MBK"}),
        countries=frozenset({"MX", "US"}),
        businesses=frozenset({"GCB", "ICG"}),
        operations=frozenset({"login"}),
        rights=frozenset({Right.IVR}),
        enumeration=Enumeration.DOCUMENTED,
        cors_origins=frozenset({"https://bank.mx", "http://localhost:3000"}),
        faces_customers=True,
    )

    async def story() -> None:
        house = House()
        registration = house.administration.registration
        await registration.create("app", Grant(), ACTOR)
        changed = await registration.regrant("app", grant, ACTOR)
        assert changed == await found(house)
        assert (changed.channels, changed.operations) == (grant.channels, grant.operations)
        assert (changed.rights, changed.enumeration) == (grant.rights, grant.enumeration)
        assert changed.cors_origins == grant.cors_origins
        assert changed.faces_customers

    asyncio.run(story())


@pytest.mark.parametrize("client_id", ["", "two words", "-app", "x" * 65, "ñ"])
def test_an_odd_client_id_is_refused(client_id: str) -> None:
    told = asyncio.run(refused(House().administration.registration.create(client_id, Grant(), ACTOR)))
    assert (told.reason, told.location) == (Reason.INVALID_REQUEST, "client_id")


@pytest.mark.parametrize(
    ("grant", "location"),
    [
        (Grant(countries=frozenset({"Mexico"})), "country"),
        (Grant(businesses=frozenset({"G B"})), "business"),
        (Grant(channels=frozenset({""})), "channel"),
        (Grant(cors_origins=frozenset({"https://bank.mx/"})), "cors_origin"),
        (Grant(cors_origins=frozenset({"*"})), "cors_origin"),
        (Grant(cors_origins=frozenset({"https://"})), "cors_origin"),
    ],
)
def test_an_odd_grant_is_refused_and_nothing_is_made(grant: Grant, location: str) -> None:
    async def story() -> None:
        house = House()
        told = await refused(house.administration.registration.create("app", grant, ACTOR))
        assert told.location == location
        assert await house.administration.registration.list() == ()

    asyncio.run(story())


def test_an_id_is_given_once() -> None:
    async def story() -> None:
        house = House()
        registration = house.administration.registration
        first = await registration.create("app", Grant(), ACTOR)
        told = await refused(registration.create("app", Grant(), ACTOR))
        assert told.reason is Reason.RULE_BROKEN
        assert await found(house) == first.application

    asyncio.run(story())


@pytest.mark.parametrize(
    "act",
    [
        lambda desk: desk.regrant("gone", Grant(), ACTOR),
        lambda desk: desk.rotate_secret("gone", ACTOR),
        lambda desk: desk.disable("gone", ACTOR),
        lambda desk: desk.set_public_key("gone", JWK, ACTOR),
        lambda desk: desk.register_keys("gone", ACTOR),
    ],
)
def test_what_is_not_there_cannot_be_changed(act: Callable[[Registration], Awaitable[object]]) -> None:
    async def story() -> None:
        house = House()
        assert (await refused(act(house.administration.registration))).reason is Reason.NOT_FOUND
        assert house.store.events == []

    asyncio.run(story())


def test_a_rotated_secret_replaces_the_earlier_one() -> None:
    async def story() -> None:
        house = House()
        registration = house.administration.registration
        first = await registration.create("app", Grant(), ACTOR)
        second = await registration.rotate_secret("app", ACTOR)
        assert first.secret != second.secret
        assert (await found(house)).secret_digest == handle_digest(second.secret.reveal())

    asyncio.run(story())


def test_a_disabled_application_stays_disabled_since_the_first_time() -> None:
    async def story() -> None:
        house = House()
        registration = house.administration.registration
        await registration.create("app", Grant(), ACTOR)
        first = await registration.disable("app", ACTOR)
        house.later(days=1)
        assert (await registration.disable("app", ACTOR)).disabled_at == first.disabled_at
        assert not (await found(house)).enabled

    asyncio.run(story())


class TestKeys:
    def test_a_public_key_without_id_is_called_by_its_thumbprint(self) -> None:
        async def story() -> None:
            house = House()
            bare = {name: JWK[name] for name in ("kty", "crv", "x", "y")}
            await house.administration.registration.create("app", Grant(), ACTOR, bare)
            (jwk,) = (await found(house)).public_jwks
            assert jwk == {**bare, "kid": thumbprint(bare)}
            await house.administration.registration.set_public_key("app", {**bare, "kid": "k2"}, ACTOR)
            assert [jwk["kid"] for jwk in (await found(house)).public_jwks] == ["k2"]

        asyncio.run(story())

    @pytest.mark.parametrize("jwk", [{"kty": "oct", "k": "AAAA"}, {**JWK, "d": "AAAA"}, {}])
    def test_what_is_no_public_key_is_refused(self, jwk: dict[str, object]) -> None:
        async def story() -> None:
            registration = House().administration.registration
            told = await refused(registration.create("app", Grant(), ACTOR, jwk))
            assert told.location == "public_key"

        asyncio.run(story())

    def test_two_generations_of_registered_keys_overlap(self) -> None:
        async def story() -> None:
            house = House()
            registration = house.administration.registration
            await registration.create("app", Grant(), ACTOR)
            given = []
            for _ in range(3):
                given.append(await registration.register_keys("app", ACTOR))
                house.later(days=1)
            kept = (await found(house)).registered_keys
            assert [keys.key_id for keys in kept] == [given[2].key_id, given[1].key_id]
            opened = open_registered_keys(house.vault.ring, kept[0], "app")
            assert opened.ek.hex().upper() == given[2].ek.reveal()
            assert opened.hk.hex().upper() == given[2].hk.reveal()
            assert opened.profile is Profile.BOUND
            assert given[2].ek.reveal() not in repr(given)

        asyncio.run(story())

    def test_an_expired_generation_is_not_kept(self) -> None:
        async def story() -> None:
            house = House()
            registration = house.administration.registration
            await registration.create("app", Grant(), ACTOR)
            await registration.register_keys("app", ACTOR)
            house.later(days=91)
            fresh = await registration.register_keys("app", ACTOR)
            assert [keys.key_id for keys in (await found(house)).registered_keys] == [fresh.key_id]

        asyncio.run(story())
