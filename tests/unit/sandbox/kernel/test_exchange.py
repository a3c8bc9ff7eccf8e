"""An exchange without a server: the journal comes before the answer, and a cut needs something to cut."""

from __future__ import annotations

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from cartage_sandbox.kernel import Fault
from cartage_sandbox.kernel.cut import ConnectionCut
from cartage_sandbox.kernel.exchange import Exchange

SCOPE: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("hello")(scope, receive, send)


async def receive_nothing() -> Message:
    return {"type": "http.request", "body": b""}


def run(*faults: Fault) -> list[str]:
    """Serve one request, and return what happened in which order."""
    story: list[str] = []

    async def send(message: Message) -> None:
        story.append(f"{message['type']} {message.get('status', '')}{message.get('body', b'').decode()}")

    def note(exchange: Exchange) -> None:
        story.append(f"noted {exchange.status}")

    asyncio.run(Exchange(hello, dict(SCOPE), receive_nothing, send, note).serve(faults))
    return story


def test_request_is_noted_once_and_before_the_client_has_its_answer() -> None:
    assert run() == ["http.response.start 200", "noted 200", "http.response.body hello"]


def test_replaced_answer_is_noted_as_the_client_sees_it() -> None:
    story = run(Fault("GET", "status", "after", status=503, body="busy"))
    assert story == ["http.response.start 503", "noted 503", "http.response.body busy"]


def test_answer_in_two_halves_is_whole_in_the_end() -> None:
    story = run(Fault("GET", "delay", "within", seconds=0.001))
    assert story == [
        "http.response.start 200",
        "http.response.body he",
        "noted 200",
        "http.response.body llo",
    ]


def test_cut_without_a_server_that_can_cut_is_said_plainly() -> None:
    with pytest.raises(ConnectionCut):
        run(Fault("GET", "reset"))
