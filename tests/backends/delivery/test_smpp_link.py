"""The SMPP client beside an SMSC that misbehaves: binding, window, life, receipts, coming back, leaving."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from tests.backends.delivery.kinds import smpp_config
from tests.backends.delivery.samples import CODE, PHONE, SECRET, USER, Machine, message
from tests.backends.delivery.serving import closed_port, serving, until
from tests.backends.delivery.stub_smsc import (
    ANSWER,
    BIND,
    DELIVER,
    ENQUIRE,
    NACK,
    SUBMIT,
    UNBIND,
    Connection,
    Smsc,
    Submitted,
    deliver_body,
    receipt_text,
    smsc,
)

from aldaba.backends.delivery.provider import Accepted, Fate, ProviderFailed, Receipt, Rejected
from aldaba.backends.delivery.smpp import SmppConfig, SmppProvider
from aldaba.crypto.digests import Secret

NUMBER = PHONE[1:]


async def accepting(connection: Connection, submitted: Submitted) -> None:
    connection.accept(submitted, f"{submitted.sequence:x}")


async def silent(connection: Connection, submitted: Submitted) -> None:
    """Takes the message and says nothing."""


def answering(status: int) -> Callable[[Connection, Submitted], Awaitable[None]]:
    async def behave(connection: Connection, submitted: Submitted) -> None:
        connection.refuse(submitted, status)

    return behave


class Scene:
    """A provider, its machine and its SMSC."""

    def __init__(self, opened: Smsc, **settings: object) -> None:
        self.smsc = opened
        self.machine = Machine()
        self.config: SmppConfig = replace(smpp_config(opened.port), **settings)  # type: ignore[arg-type]  # a case names the fields it changes
        self.provider = SmppProvider(self.config, None, self.machine.tools())

    async def bound(self) -> Connection:
        """Waits for the next bind and answers the SMSC's side of it."""
        count = self.machine.link.count("bound")
        await self.provider.open()
        await until(lambda: self.machine.link.count("bound") > count)
        return self.smsc.connections[-1]

    async def quiet(self) -> None:
        """Lets a time pass without a word: the one with the bind in it, and another."""
        for count in (1, 2):
            await until(lambda count=count: self.machine.waits.asked.count(30) == count)  # type: ignore[misc]  # no type is inferred for a lambda with a default
            self.machine.waits.release(30)

    async def told(self, what: str) -> None:
        await until(lambda: what in self.machine.link)


def play(
    story: Callable[[Scene], Awaitable[None]],
    behave: Callable[[Connection, Submitted], Awaitable[None]] = accepting,
    *,
    bind_status: int = 0,
    silent: bool = False,
    **settings: object,
) -> Scene:
    async def played() -> Scene:
        async with smsc(behave, bind_status=bind_status, silent=silent) as opened:
            scene = Scene(opened, **settings)
            try:
                await story(scene)
            finally:
                await scene.provider.close()
            return scene

    return asyncio.run(played())


async def failure(awaited: Awaitable[Accepted]) -> str:
    with pytest.raises(ProviderFailed) as caught:
        await awaited
    return caught.value.why


class TestBinding:
    def test_it_binds_once_as_a_transceiver_of_version_3_4(self) -> None:
        async def story(scene: Scene) -> None:
            await asyncio.gather(*(scene.provider.deliver(message()) for _ in range(5)))

        assert play(story).smsc.binds == [(USER, SECRET, 0x34)]

    def test_opening_binds_before_the_first_message(self) -> None:
        async def story(scene: Scene) -> None:
            await scene.bound()
            await scene.provider.open()

        assert len(play(story).smsc.binds) == 1

    @pytest.mark.parametrize("status", [0x0E, 0x05])
    def test_a_refused_bind_is_a_failure_with_its_status(self, status: int) -> None:
        async def story(scene: Scene) -> None:
            assert await failure(scene.provider.deliver(message())) == f"bind refused with status {status:#x}"
            assert await failure(scene.provider.deliver(message())) == f"bind refused with status {status:#x}"
            assert len(scene.smsc.binds) == 1

        play(story, bind_status=status)

    def test_a_server_that_never_answers_the_bind_is_given_up(self) -> None:
        async def story() -> list[str]:
            async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
                while await reader.read(1000):
                    pass

            async with serving(talk) as port:
                machine = Machine()
                config = replace(smpp_config(port), connect_seconds=0.1, timeout_seconds=0.05)
                provider = SmppProvider(config, None, machine.tools())
                assert await failure(provider.deliver(message())) == "slow"
                await until(lambda: bool(machine.link))
                assert await failure(provider.deliver(message())) == "slow"
                await provider.close()
                return machine.link

        assert asyncio.run(story()) == ["slow", "closed"]

    @pytest.mark.parametrize(
        ("settings", "complaint"),
        [
            ({"window": 0}, "carrier: window"),
            ({"timeout_seconds": 0.0}, "carrier: window"),
            ({"longest_wait_seconds": 0.1}, "carrier: window"),
            ({"validity_seconds": 86_400}, "carrier: validity"),
            ({"validity_seconds": 0}, "carrier: validity"),
            ({"system_id": "é"}, "carrier: SMPP"),
            ({"password": Secret("a\0b")}, "carrier: SMPP"),
        ],
    )
    def test_settings_that_make_no_sense_are_refused(
        self, settings: dict[str, object], complaint: str
    ) -> None:
        with pytest.raises(ValueError, match=complaint):
            replace(smpp_config(1), **settings)  # type: ignore[arg-type]  # a case names the fields it changes


class TestSubmitting:
    def test_a_message_says_how_long_it_is_good_for_and_wants_a_receipt(self) -> None:
        async def story(scene: Scene) -> None:
            await scene.provider.deliver(message("Code 48151623"))

        (submitted,) = play(story).smsc.submitted
        assert (submitted.source, submitted.to) == ((1, 1, "525500001111"), NUMBER)
        assert (submitted.coding, submitted.octets) == (0, b"Code 48151623")
        assert (submitted.registered, submitted.validity) == (1, "000000000500000R")

    def test_how_long_may_be_left_to_the_smsc(self) -> None:
        async def story(scene: Scene) -> None:
            await scene.provider.deliver(message())

        assert play(story, validity_seconds=None).smsc.submitted[0].validity == ""

    def test_a_text_too_long_is_refused_before_anything_is_sent(self) -> None:
        async def story(scene: Scene) -> None:
            with pytest.raises(Rejected, match="carrier: text does not fit one segment"):
                await scene.provider.deliver(message("á" * 71))

        assert play(story).smsc.binds == []

    @pytest.mark.parametrize("status", [0x01, 0x0B, 0x50, 0x51])
    def test_what_is_about_the_number_or_the_text_is_a_refusal(self, status: int) -> None:
        async def story(scene: Scene) -> None:
            with pytest.raises(Rejected, match=f"{status:#x}"):
                await scene.provider.deliver(message())

        play(story, answering(status))

    @pytest.mark.parametrize(
        ("status", "why"),
        [
            (0x58, "throttled"),
            (0x14, "throttled"),
            (0x08, "status 0x8"),
            (0x45, "status 0x45"),
            (0x400, "status 0x400"),
        ],
    )
    def test_any_other_status_is_a_failure(self, status: int, why: str) -> None:
        async def story(scene: Scene) -> None:
            assert await failure(scene.provider.deliver(message())) == why

        play(story, answering(status))

    def test_a_generic_nack_is_a_failure(self) -> None:
        async def behave(connection: Connection, submitted: Submitted) -> None:
            connection.send(NACK, status=3, sequence=submitted.sequence)

        async def story(scene: Scene) -> None:
            assert await failure(scene.provider.deliver(message())) == "status 0x3"

        play(story, behave)

    @pytest.mark.parametrize("message_id", ["", "x" * 200, "a\x07b"])
    def test_an_answer_without_a_proper_id_is_garbage(self, message_id: str) -> None:
        async def behave(connection: Connection, submitted: Submitted) -> None:
            connection.accept(submitted, message_id)

        async def story(scene: Scene) -> None:
            assert await failure(scene.provider.deliver(message())) == "garbage: no message id"

        play(story, behave)

    def test_no_more_than_the_window_is_under_way(self) -> None:
        async def story(scene: Scene) -> None:
            sending = [asyncio.create_task(scene.provider.deliver(message())) for _ in range(7)]
            connection = await scene.bound()
            await until(lambda: len(scene.smsc.submitted) == 3)
            # Out of order: an answer belongs to its sequence number, not to its turn.
            for submitted in reversed(scene.smsc.submitted[:3]):
                connection.accept(submitted, "id")
            await until(lambda: len(scene.smsc.submitted) == 6)
            for submitted in scene.smsc.submitted[3:6]:
                connection.accept(submitted, "id")
            await until(lambda: len(scene.smsc.submitted) == 7)
            connection.accept(scene.smsc.submitted[6], "id")
            await asyncio.gather(*sending)

        play(story, silent, window=3)

    def test_a_late_answer_and_one_to_no_request_are_passed_over(self) -> None:
        async def story(scene: Scene) -> None:
            assert await failure(scene.provider.deliver(message())) == "slow"
            scene.smsc.connections[0].accept(scene.smsc.submitted[0], "late")
            scene.smsc.connections[0].send(SUBMIT | ANSWER, b"never\0", sequence=4_000)
            scene.smsc.behave = accepting
            assert (await scene.provider.deliver(message())).message_id == "3"

        play(story, silent, timeout_seconds=0.1)


class TestLife:
    def test_a_quiet_link_is_asked_for_a_sign_of_life(self) -> None:
        async def story(scene: Scene) -> None:
            await scene.bound()
            await scene.quiet()
            await until(lambda: scene.machine.waits.asked == [30, 30, 30])
            assert scene.smsc.others == [(ENQUIRE, 0, b"")]

        play(story)

    def test_a_busy_link_is_not_asked(self) -> None:
        async def story(scene: Scene) -> None:
            await scene.bound()
            scene.machine.waits.release(30)
            await until(lambda: scene.machine.waits.asked == [30, 30])
            await scene.provider.deliver(message())
            scene.machine.waits.release(30)
            await until(lambda: scene.machine.waits.asked == [30, 30, 30])
            assert scene.smsc.others == []

        play(story)

    def test_no_sign_of_life_ends_the_link_and_makes_another(self) -> None:
        async def story(scene: Scene) -> None:
            await scene.bound()
            await scene.quiet()
            await scene.told("silent")
            await until(lambda: 0.5 in scene.machine.waits.asked)
            scene.machine.waits.release(0.5)
            await scene.bound()

        assert len(play(story, silent=True, timeout_seconds=0.1).smsc.binds) == 2

    def test_the_other_side_may_ask_too(self) -> None:
        async def story(scene: Scene) -> None:
            (await scene.bound()).send(ENQUIRE, sequence=77)
            await until(lambda: bool(scene.smsc.others))
            assert scene.smsc.others == [(ENQUIRE | ANSWER, 0, b"")]

        play(story)

    def test_a_request_nobody_knows_is_answered_with_a_generic_nack(self) -> None:
        async def story(scene: Scene) -> None:
            (await scene.bound()).send(0x102)
            await until(lambda: bool(scene.smsc.others))
            assert scene.smsc.others == [(NACK, 3, b"")]
            await scene.provider.deliver(message())

        play(story)

    @pytest.mark.parametrize("length", [0, 15, 70_001, 0xFFFFFFFF])
    def test_an_impossible_length_ends_the_link(self, length: int) -> None:
        async def story(scene: Scene) -> None:
            (await scene.bound()).writer.write(length.to_bytes(4, "big") + bytes(12))
            await scene.told("garbage")
            assert await failure(scene.provider.deliver(message())) == "garbage"

        play(story)

    def test_an_smsc_that_sends_without_reading_fills_no_memory_and_holds_nobody_up(self) -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            bind = await reader.readexactly(16)
            smsc_side = Connection(writer)
            smsc_side.send(BIND | ANSWER, b"SMSC\0", sequence=int.from_bytes(bind[12:], "big"))
            # Small, so that it is full soon.
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            while True:
                for _ in range(1_000):
                    smsc_side.send(ENQUIRE)
                await writer.drain()

        async def story() -> None:
            async with serving(talk) as port:
                config = replace(smpp_config(port), timeout_seconds=0.1, connect_seconds=10.0)
                machine = Machine()
                provider = SmppProvider(config, None, machine.tools())
                await provider.open()
                await until(lambda: machine.link == ["bound"])
                assert provider._link is not None
                transport = provider._link._writer.transport
                await until(lambda: transport.get_write_buffer_size() > 65_536, 15)
                await asyncio.sleep(0.2)
                assert transport.get_write_buffer_size() < 100_000
                assert await failure(provider.deliver(message())) == "slow"
                async with asyncio.timeout(2):
                    await provider.close()
                assert transport.get_write_buffer_size() == 0

        asyncio.run(story())


class TestComingBack:
    def test_waits_double_up_to_the_longest_and_are_jittered(self) -> None:
        async def story(chance: float) -> list[float]:
            machine = Machine()
            config = replace(smpp_config(closed_port()), longest_wait_seconds=3.0)
            provider = SmppProvider(config, None, machine.tools(chance))
            await provider.open()
            for count in range(1, 6):
                await until(lambda count=count: len(machine.waits.asked) == count)  # type: ignore[misc]  # no type is inferred for a lambda with a default
                machine.waits.release()
            await provider.close()
            return machine.waits.asked[:5]

        assert asyncio.run(story(1.0)) == [0.5, 1.0, 2.0, 3.0, 3.0]
        assert asyncio.run(story(0.0)) == [0.25, 0.5, 1.0, 1.5, 1.5]

    def test_while_it_waits_messages_fail_at_once(self) -> None:
        async def story() -> None:
            machine = Machine()
            provider = SmppProvider(smpp_config(closed_port()), None, machine.tools())
            assert await failure(provider.deliver(message())) == "down"
            async with asyncio.timeout(0.5):
                assert await failure(provider.deliver(message())) == "down"
            await provider.close()

        asyncio.run(story())

    def test_after_a_long_life_it_comes_back_at_once(self) -> None:
        async def story(scene: Scene) -> None:
            scene.machine.now = 0.0
            connection = await scene.bound()
            scene.machine.now = 60.0
            connection.writer.transport.abort()
            await until(lambda: scene.machine.link == ["bound", "connection lost", "bound"])
            assert scene.machine.waits.asked == [30, 30]
            await scene.provider.deliver(message())

        play(story)

    def test_a_message_waits_for_a_link_that_is_being_made(self) -> None:
        async def story(scene: Scene) -> None:
            scene.machine.now = 0.0
            connection = await scene.bound()
            scene.machine.now = 60.0
            scene.smsc.held = asyncio.Event()
            connection.writer.transport.abort()
            await until(lambda: len(scene.smsc.binds) == 2)
            waiting = asyncio.create_task(scene.provider.deliver(message()))
            await asyncio.sleep(0.02)
            assert not waiting.done()
            scene.smsc.held.set()
            await waiting

        play(story)

    def test_after_a_short_life_it_waits(self) -> None:
        async def story(scene: Scene) -> None:
            (await scene.bound()).writer.transport.abort()
            await until(lambda: 0.5 in scene.machine.waits.asked)
            assert await failure(scene.provider.deliver(message())) == "connection lost"
            scene.machine.waits.release(0.5)
            await scene.bound()
            await scene.provider.deliver(message())

        play(story)

    def test_what_was_under_way_fails_with_the_link(self) -> None:
        async def story(scene: Scene) -> None:
            sending = [asyncio.create_task(scene.provider.deliver(message())) for _ in range(4)]
            await until(lambda: len(scene.smsc.submitted) == 2)
            scene.smsc.connections[0].writer.transport.abort()
            assert [await failure(task) for task in sending] == ["connection lost"] * 4

        play(story, silent, window=2)

    def test_the_other_side_may_take_leave(self) -> None:
        async def story(scene: Scene) -> None:
            (await scene.bound()).send(UNBIND, sequence=9)
            await scene.told("unbound by the other side")
            await until(lambda: scene.smsc.others == [(UNBIND | ANSWER, 0, b"")])

        play(story)


class TestLeaving:
    def test_it_unbinds(self) -> None:
        async def story(scene: Scene) -> None:
            await scene.bound()

        scene = play(story)
        assert scene.smsc.others == [(UNBIND, 0, b"")]
        assert scene.machine.link == ["bound", "closed"]

    def test_it_leaves_without_an_answer_too(self) -> None:
        async def story(scene: Scene) -> None:
            await scene.bound()

        assert play(story, silent=True, timeout_seconds=0.1).smsc.others == [(UNBIND, 0, b"")]

    def test_a_closed_provider_takes_nothing(self) -> None:
        async def story(scene: Scene) -> None:
            await scene.bound()
            await scene.provider.close()
            assert await failure(scene.provider.deliver(message())) == "closed"

        play(story)

    def test_one_never_opened_is_closed_as_easily(self) -> None:
        async def story(scene: Scene) -> None:
            await scene.provider.close()
            await scene.provider.open()
            assert await failure(scene.provider.deliver(message())) == "not bound"

        assert play(story).smsc.connections == []

    def test_a_message_waiting_for_the_bind_fails_when_it_closes(self) -> None:
        async def story() -> None:
            async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
                while await reader.read(1000):
                    pass

            async with serving(talk) as port:
                provider = SmppProvider(smpp_config(port), None, Machine().tools())
                waiting = asyncio.create_task(provider.deliver(message()))
                await asyncio.sleep(0.02)
                await provider.close()
                assert await failure(waiting) == "closed"

        asyncio.run(story())


class TestReceipts:
    @staticmethod
    def story_of(tell: Callable[[Connection, str], None], expected: list[Fate]) -> None:
        async def story(scene: Scene) -> None:
            accepted = await scene.provider.deliver(message())
            tell(scene.smsc.connections[0], accepted.message_id)
            scene.smsc.connections[0].send(ENQUIRE)
            await until(lambda: (ENQUIRE | ANSWER, 0, b"") in scene.smsc.others)
            assert scene.machine.receipts == [Receipt("carrier", "2", fate) for fate in expected]

        play(story)

    def test_a_late_receipt_is_told_under_the_id_of_the_answer(self) -> None:
        self.story_of(
            lambda smsc, message_id: smsc.receipt(receipt_text(message_id.zfill(10)), NUMBER),
            [Fate.DELIVERED],
        )

    def test_a_state_under_way_is_told_and_the_last_one_too(self) -> None:
        def tell(connection: Connection, message_id: str) -> None:
            connection.receipt(receipt_text(message_id, "ENROUTE"), NUMBER, esm_class=0x20)
            connection.receipt(receipt_text(message_id, "UNDELIV"), NUMBER)
            connection.receipt(receipt_text(message_id, "DELIVRD"), NUMBER)

        self.story_of(tell, [Fate.EN_ROUTE, Fate.UNDELIVERABLE])

    def test_one_for_an_unknown_message_and_a_persons_reply_are_passed_over(self) -> None:
        def tell(connection: Connection, message_id: str) -> None:
            connection.receipt(receipt_text("404"), NUMBER)
            connection.receipt(receipt_text(message_id), NUMBER, esm_class=0)
            connection.receipt("gracias", NUMBER, esm_class=0)

        self.story_of(tell, [])

    def test_one_before_the_answer_is_told_once_the_answer_is_here(self) -> None:
        async def behave(connection: Connection, submitted: Submitted) -> None:
            connection.receipt(receipt_text("255"), NUMBER)
            connection.accept(submitted, "ff")

        async def story(scene: Scene) -> None:
            assert (await scene.provider.deliver(message())).message_id == "ff"
            assert scene.machine.receipts == [Receipt("carrier", "ff", Fate.DELIVERED)]

        play(story, behave)

    def test_every_receipt_is_acknowledged_and_a_broken_one_refused_for_good(self) -> None:
        async def story(scene: Scene) -> None:
            connection = await scene.bound()
            connection.receipt(receipt_text("1"), NUMBER)
            connection.send(DELIVER, deliver_body(b"id:1", NUMBER)[:-3])
            await until(lambda: len(scene.smsc.others) == 2)
            assert scene.smsc.others == [(DELIVER | ANSWER, 0, b"\0"), (DELIVER | ANSWER, 0x66, b"\0")]

        play(story)

    def test_receipts_are_told_on_the_next_link_too(self) -> None:
        async def story(scene: Scene) -> None:
            accepted = await scene.provider.deliver(message())
            scene.smsc.connections[0].writer.transport.abort()
            await until(lambda: 0.5 in scene.machine.waits.asked)
            scene.machine.waits.release(0.5)
            (await scene.bound()).receipt(receipt_text(accepted.message_id, quoted=CODE), NUMBER)
            await until(lambda: bool(scene.machine.receipts))

        play(story)
