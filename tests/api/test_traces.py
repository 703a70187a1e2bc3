"""Traces: what a collector on loopback is told of a login, and that it is told no secret."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests.conftest import OpenBank
from tests.front_end import FrontEnd

from aldaba.sandbox.bank import PASSWORD
from aldaba.wiring.watching import traces_wanted

CUSTOMER = "15000010"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Outside(ThreadingHTTPServer):
    """A collector for traces, and a risk engine that allows everything."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.exports: list[bytes] = []
        self.asked: list[dict[str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def spans(self) -> list[Span]:
        return [
            span
            for export in self.exports
            for resource in ExportTraceServiceRequest.FromString(export).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def services(self) -> set[str]:
        return {
            attribute.value.string_value
            for export in self.exports
            for resource in ExportTraceServiceRequest.FromString(export).resource_spans
            for attribute in resource.resource.attributes
            if attribute.key == "service.name"
        }


class _Handler(BaseHTTPRequestHandler):
    server: Outside
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/traces":
            self.server.exports.append(body)
            answer = b""
        else:
            self.server.asked.append({name.lower(): value for name, value in self.headers.items()})
            answer = b'{"verdict": "allow", "reasons": []}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """A test's output is its own."""


@contextmanager
def listening() -> Iterator[Outside]:
    server = Outside()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def outside() -> Iterator[Outside]:
    with listening() as server:
        yield server


def said(span: Span) -> dict[str, object]:
    return {
        attribute.key: attribute.value.string_value
        or attribute.value.int_value
        or attribute.value.double_value
        for attribute in span.attributes
    }


async def login(open_bank: OpenBank, outside: Outside, traceparent: str) -> FrontEnd:
    engine = {"risk.engine": "http", "risk.base_url": outside.url}
    async with open_bank(**engine) as bank:
        door = bank.house.watched.round_the_door(bank.house.door)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=door),
            base_url="http://127.0.0.1:8080",
            headers={"traceparent": traceparent},
        ) as http:
            ready = await bank.ready()
            front = await FrontEnd(http, ready.client_id, ready.client_secret).ready()
            await front.prelogin(CUSTOMER)
            assert (await front.login(CUSTOMER, "wrongPass99")).status_code == 401
            assert (await front.login(CUSTOMER, PASSWORD)).status_code == 200
            await http.get("/health/live")
    return front


def test_a_login_is_one_span_with_its_parts_in_the_callers_trace(
    open_bank: OpenBank, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", outside.url)
    front = asyncio.run(login(open_bank, outside, TRACEPARENT))
    spans = outside.spans()
    assert outside.services() == {"aldaba"}
    assert {span.trace_id.hex() for span in spans} == {TRACE}
    requests = [span for span in spans if span.kind == Span.SPAN_KIND_SERVER]
    assert [span.name for span in requests].count("login") == 2
    assert {span.parent_span_id.hex() for span in requests} == {PARENT}
    refused, accepted = [span for span in requests if span.name == "login"]
    assert said(refused)["aldaba.code"] == "6666"
    assert said(accepted)["http.response.status_code"] == 200
    assert said(accepted)["aldaba.application"] == front.client_id
    parts = [span for span in spans if span.parent_span_id == accepted.span_id]
    assert {span.name for span in parts} == {"act", "hash", "call risk"}
    for part in parts:
        assert accepted.start_time_unix_nano - 10_000_000 <= part.start_time_unix_nano
        assert part.start_time_unix_nano < part.end_time_unix_nano <= accepted.end_time_unix_nano
    assert outside.asked[-1]["traceparent"] == f"00-{TRACE}-{accepted.span_id.hex()}-01"


def test_no_secret_and_no_customer_is_in_a_trace(
    open_bank: OpenBank, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{outside.url}/v1/traces")
    front = asyncio.run(login(open_bank, outside, TRACEPARENT))
    told = b"".join(outside.exports)
    for secret in (PASSWORD, "wrongPass99", CUSTOMER, front.client_secret, str(front.token)):
        assert told.find(secret.encode()) == -1
    kept = {key for span in outside.spans() for key in said(span)}
    assert kept <= {
        "aldaba.operation", "aldaba.application", "aldaba.request_id", "aldaba.code", "aldaba.backend",
        "aldaba.outcome", "aldaba.waited_seconds", "http.response.status_code",
    }  # fmt: skip


@pytest.mark.parametrize("given", ["rubbish", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "00-" + "f" * 4000])
def test_a_traceparent_that_is_none_begins_a_trace_of_our_own(
    open_bank: OpenBank, outside: Outside, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", outside.url)
    asyncio.run(login(open_bank, outside, given))
    requests = [span for span in outside.spans() if span.kind == Span.SPAN_KIND_SERVER]
    assert requests
    assert all(span.parent_span_id == b"" for span in requests)
    assert all(span.status.code == Status.STATUS_CODE_UNSET for span in requests)


def test_without_the_variables_nothing_is_traced_and_nothing_carried(
    open_bank: OpenBank, outside: Outside
) -> None:
    asyncio.run(login(open_bank, outside, TRACEPARENT))
    assert outside.exports == []
    assert all("traceparent" not in headers for headers in outside.asked)


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_the_usual_variables_decide(environ: dict[str, str], *, wanted: bool) -> None:
    assert traces_wanted(environ) is wanted
