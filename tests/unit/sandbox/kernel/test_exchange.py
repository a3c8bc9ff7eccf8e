"""An exchange without a server: the journal entry precedes the response, and a cut needs a connection."""

from __future__ import annotations

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from cartage_sandbox.kernel import Fault
from cartage_sandbox.kernel.cut import ConnectionCut
from cartage_sandbox.kernel.exchange import Exchange
from tests.event_loop import run_alone

SCOPE: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("hello")(scope, receive, send)


async def receive_nothing() -> Message:
    return {"type": "http.request", "body": b""}


def run(*faults: Fault) -> list[str]:
    """Serve a request, and return what happened in which sequence."""
    story: list[str] = []

    async def send(message: Message) -> None:
        story.append(f"{message['type']} {message.get('status', '')}{message.get('body', b'').decode()}")

    def note(exchange: Exchange) -> None:
        story.append(f"noted {exchange.status}")

    run_alone(Exchange(hello, dict(SCOPE), receive_nothing, send, note).serve(faults))
    return story


def test_a_request_is_recorded_once_and_before_the_client_has_its_response() -> None:
    assert run() == ["http.response.start 200", "noted 200", "http.response.body hello"]


def test_a_replaced_response_is_recorded_as_the_client_sees_it() -> None:
    story = run(Fault("GET", "status", "after", status=503, body="busy"))
    assert story == ["http.response.start 503", "noted 503", "http.response.body busy"]


def test_a_response_in_two_halves_is_complete_in_the_end() -> None:
    story = run(Fault("GET", "delay", "within", seconds=0.001))
    assert story == [
        "http.response.start 200",
        "http.response.body he",
        "noted 200",
        "http.response.body llo",
    ]


def test_a_cut_without_a_server_that_can_cut_is_a_clear_error() -> None:
    with pytest.raises(ConnectionCut):
        run(Fault("GET", "reset"))
