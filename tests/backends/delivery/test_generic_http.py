"""What goes over the wire to a gateway, byte for byte, and what is made of its answers."""

import asyncio
import base64
import gzip
import json
import socket
import struct
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from tests.backends.delivery.gateway import Received, Reply, gateway
from tests.backends.delivery.kinds import QUERY, smpp_config
from tests.backends.delivery.samples import CODE, PHONE, SECRET, SENDER, TEXT, USER, Machine, message
from tests.backends.delivery.serving import serving

from aldaba.backends.delivery.catalog import failover_from, provider_from, template_named
from aldaba.backends.delivery.failover import FailoverSettings
from aldaba.backends.delivery.generic_http import MAX_ANSWER_BYTES, HttpProvider, HttpProviderConfig
from aldaba.backends.delivery.http_template import Answer, HttpTemplate, Json, Sign, template_from_json
from aldaba.backends.delivery.provider import Accepted, Channel, Language, Outgoing, ProviderFailed, Rejected
from aldaba.backends.delivery.smpp import SmppProvider
from aldaba.crypto.digests import Secret

JSON = HttpTemplate(
    path="/v1/{user}/{to}",
    method="PUT",
    headers={"X-Key": "{secret}", "Idempotent": "yes"},
    query={"lang": "{language}"},
    body={
        "to": "{to:bare}",
        "parts": [{"text": "{text}", "code": "{otp}", "spelled": "{otp:spelled}"}, 3, True, None],
        "plain": "no { placeholder } here",
    },
    id_at=("result", -1, "id"),
)


def config(template: HttpTemplate, base_url: str = "https://gateway.example") -> HttpProviderConfig:
    return HttpProviderConfig("gateway", base_url, template, USER, Secret(SECRET), SENDER)


def exchange(
    template: HttpTemplate, reply: Reply, outgoing: Outgoing | None = None
) -> tuple[Accepted, Received]:
    async def story() -> tuple[Accepted, Received]:
        async with gateway(lambda _: reply) as opened:
            provider = provider_from(config(template, f"http://127.0.0.1:{opened.port}/"), Machine().tools())
            try:
                accepted = await provider.deliver(outgoing or message())
            finally:
                await provider.close()
            return accepted, opened.received[0]

    return asyncio.run(story())


def failure(template: HttpTemplate, reply: Reply) -> str:
    with pytest.raises(ProviderFailed) as caught:
        exchange(template, reply)
    return caught.value.why


def found(value: Json, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode())


class TestRequests:
    def test_json_is_encoded_and_nothing_in_a_value_is_a_template(self) -> None:
        accepted, received = exchange(JSON, found({"result": [{"id": 1}, {"id": 77}]}))
        assert accepted == Accepted("gateway", "77")
        assert (received.method, received.target) == ("PUT", f"/v1/{USER}/%2B{PHONE[1:]}?lang=es-MX")
        assert received.headers["x-key"] == SECRET
        assert received.headers["accept-encoding"] == "identity"
        assert received.headers["content-type"] == "application/json"
        assert json.loads(received.body) == {
            "to": PHONE[1:],
            "parts": [{"text": TEXT, "code": CODE, "spelled": "4, 8, 1, 5, 1, 6, 2, 3"}, 3, True, None],
            "plain": "no { placeholder } here",
        }

    def test_a_message_without_a_code_has_an_empty_one(self) -> None:
        _, received = exchange(JSON, found({"result": [{"id": "x"}]}), message("Hola", otp=None))
        assert json.loads(received.body)["parts"][0] == {"text": "Hola", "code": "", "spelled": ""}

    def test_the_twilio_like_form_signs_in_by_basic(self) -> None:
        _, received = exchange(template_named("twilio-sms"), found({"sid": "SM1"}, 201))
        assert (received.method, received.target) == ("POST", f"/2010-04-01/Accounts/{USER}/Messages.json")
        assert base64.b64decode(received.headers["authorization"].removeprefix("Basic ")).decode() == (
            f"{USER}:{SECRET}"
        )
        assert received.headers["content-type"] == "application/x-www-form-urlencoded"
        assert parse_qs(received.body.decode()) == {"To": [PHONE], "From": [SENDER], "Body": [TEXT]}

    def test_the_infobip_like_json_signs_in_by_key(self) -> None:
        answer = found({"messages": [{"messageId": "m", "status": {"groupName": "PENDING", "name": "x"}}]})
        _, received = exchange(template_named("infobip-sms"), answer)
        assert received.headers["authorization"] == f"App {SECRET}"
        assert json.loads(received.body)["messages"][0]["destinations"] == [{"to": PHONE[1:]}]

    @pytest.mark.parametrize(("language", "said"), [("es", "es-MX"), ("en", "en-US")])
    def test_a_call_is_said_in_its_language_and_escaped_into_xml(self, language: Language, said: str) -> None:
        outgoing = Outgoing(PHONE, Channel.VOICE, Secret('<Hangup/>&"'), None, language)
        _, received = exchange(template_named("twilio-voice"), found({"sid": "CA1"}, 201), outgoing)
        (twiml,) = parse_qs(received.body.decode())["Twiml"]
        assert f'<Say language="{said}" loop="2">&lt;Hangup/&gt;&amp;&quot;</Say>' in twiml

    def test_half_a_surrogate_pair_does_not_break_a_form(self) -> None:
        _, received = exchange(template_named("twilio-sms"), found({"sid": "SM1"}, 201), message("\ud800"))
        assert b"Body=%3F" in received.body

    def test_a_query_is_encoded_too_and_has_no_body(self) -> None:
        _, received = exchange(QUERY, Reply(200, b"OK 1"))
        assert received.target.startswith(
            f"/send?user={USER}&password={SECRET}&to={PHONE[1:]}&text=Tu+c%C3%B3d"
        )
        assert "content-length" not in received.headers


class TestAnswers:
    @pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 500, 503])
    def test_a_status_not_listed_is_a_failure_and_no_redirect_is_followed(self, status: int) -> None:
        reply = Reply(status, b"{}", ("Location: /elsewhere",))
        assert failure(JSON, reply) == f"status {status}"

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"<html>",
            b"\xff\xfe",
            b"[]",
            b'{"result": 1}',
            b'{"result": []}',
            b'{"result": [{}]}',
            b'{"result": [{"id": null}]}',
            b'{"result": [{"id": true}]}',
            b'{"result": [{"id": {}}]}',
            b'{"result": [{"id": ""}]}',
            b'{"result": [{"id": "two words"}]}',
            b'{"result": [{"id": "a\\u0007"}]}',
            b'{"result": [{"id": "' + b"x" * 200 + b'"}]}',
        ],
    )
    def test_an_accepting_status_without_a_proper_id_is_garbage(self, body: bytes) -> None:
        assert failure(JSON, Reply(200, body)) == "garbage: no message id"

    def test_an_answer_too_long_is_not_read_to_its_end(self) -> None:
        assert failure(JSON, Reply(200, b" " * (MAX_ANSWER_BYTES + 1))) == "answer too long"

    def test_what_is_packed_is_not_unpacked(self) -> None:
        packed = Reply(200, gzip.compress(b'{"result": [{"id": "x"}]}'), ("Content-Encoding: gzip",))
        assert failure(JSON, packed) == "garbage: no message id"

    def test_a_body_that_stops_short_is_garbage(self) -> None:
        raw = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\n{}"
        assert failure(JSON, Reply(raw=raw)) == "garbage"

    def test_a_reset_is_a_lost_connection(self) -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(10)
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()

        async def story() -> str:
            async with serving(talk) as port:
                provider = provider_from(config(JSON, f"http://127.0.0.1:{port}"), Machine().tools())
                with pytest.raises(ProviderFailed) as caught:
                    await provider.deliver(message())
                await provider.close()
                return caught.value.why

        assert asyncio.run(story()) == "connection lost"

    def test_a_drip_of_bytes_is_slow_in_the_end(self) -> None:
        async def story() -> str:
            async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while True:
                    writer.write(b" ")
                    await asyncio.sleep(0.02)

            async with serving(talk) as port:
                dripping = replace(config(JSON, f"http://127.0.0.1:{port}"), timeout_seconds=0.2)
                provider = provider_from(dripping, Machine().tools())
                with pytest.raises(ProviderFailed) as caught:
                    await provider.deliver(message())
                await provider.close()
                return caught.value.why

        assert asyncio.run(story()) == "slow"

    @pytest.mark.parametrize("code", [21211, 21614, 21408, 21610])
    def test_twilios_codes_about_the_number_are_refusals(self, code: int) -> None:
        with pytest.raises(Rejected, match="gateway: refused with status 400"):
            exchange(template_named("twilio-sms"), found({"code": code}, 400))

    @pytest.mark.parametrize("code", [20003, 21606, 99999])
    def test_twilios_other_codes_are_failures(self, code: int) -> None:
        assert failure(template_named("twilio-sms"), found({"code": code}, 400)) == "status 400"

    @pytest.mark.parametrize(
        ("name", "group"),
        [("REJECTED_NOT_ENOUGH_CREDITS", "REJECTED"), ("REJECTED_SYSTEM_ERROR", "REJECTED")],
    )
    def test_infobips_refusals_that_are_our_own_fault_are_failures(self, name: str, group: str) -> None:
        answer: Json = {"messages": [{"messageId": "m", "status": {"groupName": group, "name": name}}]}
        assert failure(template_named("infobip-sms"), found(answer)) == "throttled"


class TestSigns:
    ANSWER = Answer.read(400, b'{"error": {"codes": [7, "x"]}}')

    @pytest.mark.parametrize(
        ("sign", "shows"),
        [
            (Sign(status=400), True),
            (Sign(status=401), False),
            (Sign(at=("error", "codes", 0), values=frozenset({"7"})), True),
            (Sign(at=("error", "codes", 1), values=frozenset({"x", "y"})), True),
            (Sign(at=("error", "codes", 2), values=frozenset({"x"})), False),
            (Sign(at=("error", 0), values=frozenset({"x"})), False),
            (Sign(at=("error", "codes"), values=frozenset({"x"})), False),
            (Sign(status=400, at=("error", "codes", 0), values=frozenset({"8"})), False),
            (Sign(starts='{"error'), True),
            (Sign(status=400, starts="ERR"), False),
        ],
    )
    def test_a_sign_shows_when_all_of_it_is_there(self, sign: Sign, *, shows: bool) -> None:
        assert sign.shows(self.ANSWER) is shows


class TestTemplates:
    @pytest.mark.parametrize(
        ("wrong", "complaint"),
        [
            ({"path": "/{text}"}, "{text}"),
            ({"path": "/{otp}"}, "{otp}"),
            ({"path": "/{secret}"}, "{secret}"),
            ({"headers": {"X": "{otp}"}}, "{otp}"),
            ({"body": {"a": [{"b": "{nobody}"}]}}, "{nobody}"),
            ({"body": {"a": "{text:upper}"}}, "{text:upper}"),
            ({"query": {"a": "{text:}"}}, ""),
            ({"encoding": "form", "body": {"a": ["b"]}}, "form"),
            ({"languages": {"es": "es"}}, "each of"),
            ({"id_pattern": "(x)"}, "id_at"),
            ({"id_at": ()}, "id_at"),
        ],
    )
    def test_a_template_that_cannot_work_is_refused_when_it_is_read(
        self, wrong: dict[str, object], complaint: str
    ) -> None:
        if complaint:
            with pytest.raises(ValueError, match=complaint.replace("{", r"\{")):
                replace(JSON, **wrong)  # type: ignore[arg-type]  # a case names the fields it changes

    def test_a_banks_own_template_comes_from_a_file(self, tmp_path: Path) -> None:
        file = tmp_path / "acme.json"
        file.write_text(
            json.dumps(
                {
                    "path": "/send",
                    "headers": {"Authorization": "Bearer {secret}"},
                    "body": {"msisdn": "{to:bare}", "parts": [{"text": "{text}"}]},
                    "id_at": ["ids", 0],
                    "refused": [{"status": 422}, {"at": ["code"], "values": ["12"]}],
                }
            ),
            "utf-8",
        )
        template = template_named(str(file))
        accepted, received = exchange(template, found({"ids": ["m1"]}))
        assert accepted.message_id == "m1"
        assert json.loads(received.body) == {"msisdn": PHONE[1:], "parts": [{"text": TEXT}]}
        with pytest.raises(Rejected):
            exchange(template, found({"code": 12}))

    @pytest.mark.parametrize(
        "text",
        ["{", "[]", '{"id_at": ["x"]}', '{"path": "/{otp}", "id_at": ["x"]}', '{"path": 1, "id_at": ["x"]}'],
    )
    def test_a_file_that_is_no_template_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="template"):
            template_from_json(text.encode())

    def test_a_name_nobody_knows_is_answered_with_those_there_are(self) -> None:
        with pytest.raises(ValueError, match="twilio-sms, twilio-voice, infobip-sms, infobip-voice"):
            template_named("acme")


class TestAccounts:
    @pytest.mark.parametrize(
        "base_url",
        [
            "http://gateway.example",
            "http://10.0.0.1",
            "ftp://gateway.example",
            "https://",
            "gateway.example",
            "https://gateway.example?x=1",
            "",
        ],
    )
    def test_an_address_that_is_not_safe_is_refused(self, base_url: str) -> None:
        with pytest.raises(ValueError, match="gateway: base_url"):
            config(JSON, base_url)

    @pytest.mark.parametrize(
        "base_url", ["https://gateway.example/v2/", "http://localhost:1", "http://[::1]:1"]
    )
    def test_https_and_the_loopback_are_safe(self, base_url: str) -> None:
        assert config(JSON, base_url).base_url == base_url

    @pytest.mark.parametrize("secret", ["contraseña", "a\r\nX: y"])
    def test_a_secret_no_header_takes_is_refused_unquoted(self, secret: str) -> None:
        with pytest.raises(ValueError, match=r"^gateway: user and secret are printable ASCII$"):
            replace(config(JSON), secret=Secret(secret))

    def test_a_time_out_is_positive(self) -> None:
        with pytest.raises(ValueError, match="gateway: timeout_seconds"):
            replace(config(JSON), timeout_seconds=0)


class TestCatalog:
    def test_each_config_becomes_its_provider_in_order(self) -> None:
        async def story() -> list[type]:
            tools = Machine().tools()
            providers = [provider_from(config(JSON), tools), provider_from(smpp_config(1), tools)]
            for provider in providers:
                await provider.close()
            return [type(provider) for provider in providers]

        assert asyncio.run(story()) == [HttpProvider, SmppProvider]

    def test_two_of_one_name_are_refused(self) -> None:
        with pytest.raises(ValueError, match="name of its own"):
            failover_from([config(JSON)] * 2, FailoverSettings(), Machine().tools(), lambda _: None)

    def test_the_house_sends_through_what_it_was_given(self) -> None:
        async def story() -> list[str]:
            async with gateway(lambda _: Reply(200, b"OK m1")) as opened:
                account = config(QUERY, f"http://127.0.0.1:{opened.port}")
                ids = list[str]()
                failover = failover_from(
                    [account], FailoverSettings(), Machine().tools(), lambda one: ids.append(one.message_id)
                )
                await failover.open()
                await failover.send(PHONE, "sms", Secret(TEXT), Secret(CODE))
                await failover.close()
                return ids

        assert asyncio.run(story()) == ["m1"]
