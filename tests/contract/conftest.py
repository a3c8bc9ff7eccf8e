"""Worlds for the tests of capabilities, each with a store, a warehouse and an empty ledger; and rows of a ledger."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from sqlalchemy import Connection, Engine, Executable, create_engine

from cartage.db import Ledger
from cartage.http import HttpSession
from cartage.warehouses.files.transport.sftp import SftpTransport
from cartage_sandbox.files import FileForm
from cartage_sandbox.kernel.rules import RuleValue
from cartage_sandbox.stack.file_shop import FileShop
from cartage_sandbox.stack.shop import Shop
from tests.contract.document_warehouse import FileTarget, FolderWarehouse
from tests.contract.document_world import DocumentWorld
from tests.contract.file_world import FileWorld
from tests.contract.rows import Rows
from tests.contract.world import World, lane_settings
from tests.emptied_ledger import EmptiedLedger, leave, opened_once

if TYPE_CHECKING:
    from cartage_sandbox.stack.postgres import EmbeddedPostgres

# Functions of this file, of contextlib and of the ledger that are on the stack when a transaction is opened.
_OPENING = {"_engine_code_that_opens", "counted", "run_alone", "__enter__", "now"}
MakeWorld = Callable[..., World]
MakeDocumentWorld = Callable[..., DocumentWorld]
MakeFileWorld = Callable[..., FileWorld]


@pytest.fixture(autouse=True)
def no_call_within_a_transaction(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test in which a thread calls store, warehouse or Airflow while its transaction on the ledger is open.

    Likewise one in which the engine opens a transaction while this thread has one: with a connection for each thread,
    threads that wait for a second one would wait for each other.
    """
    of_thread = threading.local()
    calls: list[str] = []
    nested: list[str] = []
    begin, alone, send, work = Ledger.begin, Ledger.alone, HTTPAdapter.send, SftpTransport._once

    @contextmanager
    def counted(ledger: Ledger) -> Iterator[Connection]:
        if getattr(of_thread, "open", 0) and (place := _engine_code_that_opens()):
            nested.append(place)
        of_thread.open = getattr(of_thread, "open", 0) + 1
        try:
            with begin(ledger) as opened:
                yield opened
        finally:
            of_thread.open -= 1

    def run_alone(ledger: Ledger, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        if getattr(of_thread, "open", 0) and (place := _engine_code_that_opens()):
            nested.append(place)
        return alone(ledger, statement, parameters)

    def checked(adapter: HTTPAdapter, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        if getattr(of_thread, "open", 0):
            calls.append(f"{request.method} {request.path_url}")
        return send(adapter, request, *arguments, **options)

    def exchanged(transport: SftpTransport, operation: str, path: str, call: Any) -> Any:
        if getattr(of_thread, "open", 0):
            calls.append(f"{operation} {path}")
        return work(transport, operation, path, call)

    monkeypatch.setattr(SftpTransport, "_once", exchanged)
    monkeypatch.setattr(Ledger, "begin", counted)
    monkeypatch.setattr(Ledger, "alone", run_alone)
    monkeypatch.setattr(HTTPAdapter, "send", checked)
    yield
    assert calls == [], "called while a transaction on the ledger was open"
    assert nested == [], "opened a transaction while one was open"


def _engine_code_that_opens() -> str:
    """Return the place in the engine that opens a transaction; empty if it is a test."""
    frame = next(frame for frame in reversed(traceback.extract_stack()) if frame.name not in _OPENING)
    return f"{frame.filename}:{frame.lineno}" if "/include/cartage/" in frame.filename else ""


@pytest.fixture(scope="session")
def world_ledger(postgres: EmbeddedPostgres, ledger_template: str) -> Iterator[EmptiedLedger]:
    """One ledger for the tests of a process, one after the other."""
    ledger = EmptiedLedger(postgres, ledger_template, f"world_ledger_{uuid4().hex[:8]}")
    yield ledger
    ledger.drop()


@pytest.fixture
def world_ledger_url(world_ledger: EmptiedLedger) -> str:
    """The address of an empty ledger."""
    return world_ledger.empty()


@pytest.fixture
def ledger_url(world_ledger_url: str) -> str:
    """The address of an empty ledger, that of the world if the test has one."""
    return world_ledger_url


@pytest.fixture(scope="session")
def closing() -> Iterator[ThreadPoolExecutor]:
    """A pool that stops servers while the next tests run; all have stopped at the end."""
    with ThreadPoolExecutor(2, thread_name_prefix="closing") as pool:
        yield pool


@pytest.fixture
def make_world(
    world_ledger_url: str, closing: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeWorld]:
    """Build worlds with rules of their own; close everything at the end. Retries do not wait.

    A world's ledger is empty, and its quarantine has ended; a `fresh` one is quarantined, as every new ledger is.
    """
    opened: list[World] = []
    defaults = HttpSession.__init__.__kwdefaults__
    assert defaults
    monkeypatch.setitem(defaults, "sleep", lambda _: None)
    monkeypatch.setenv("CARTAGE_LEDGER_URL", world_ledger_url)

    def make(
        *,
        store_rules: Mapping[str, RuleValue] | None = None,
        warehouse_rules: Mapping[str, RuleValue] | None = None,
        fresh: bool = False,
        **changes: Any,
    ) -> World:
        rules: dict[str, RuleValue] = {"throttle": False, **(store_rules or {})}
        shop = Shop(seed=7, store_rules=rules, warehouse_rules=warehouse_rules).__enter__()
        for name, value in shop.connections().items():
            monkeypatch.setenv(name, value)
        world = World(shop, opened_once(world_ledger_url), lane_settings(**changes))
        opened.append(world)
        if not fresh:
            world.settle_in()
        return world

    yield make
    for world in opened:
        leave(world.ledger)
        closing.submit(world.shop.__exit__, None, None, None)


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """A lane with default rules and an unthrottled store."""
    return make_world()


@pytest.fixture
def make_document_world(make_world: MakeWorld, tmp_path: Path) -> MakeDocumentWorld:
    """Build worlds whose orders leave as files; `folder` are the fields of its connector."""

    def make(*, folder: Mapping[str, Any] | None = None, **options: Any) -> DocumentWorld:
        world = make_world(**options)
        connector = FolderWarehouse(FileTarget(tmp_path / "warehouse"), **(folder or {}))
        return DocumentWorld(world.shop, world.ledger, world.settings, folder=connector)

    return make


@pytest.fixture
def document_world(make_document_world: MakeDocumentWorld) -> DocumentWorld:
    """A lane whose orders leave as files, one each."""
    return make_document_world()


@pytest.fixture
def make_file_world(
    world_ledger_url: str, closing: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[MakeFileWorld]:
    """Build worlds whose warehouse exchanges files over SFTP; `settings` are those of the connector.

    Files are read at once, and the warehouse works only when a test lets it.
    """
    opened: list[FileWorld] = []
    defaults = HttpSession.__init__.__kwdefaults__
    assert defaults
    monkeypatch.setitem(defaults, "sleep", lambda _: None)
    monkeypatch.setenv("CARTAGE_LEDGER_URL", world_ledger_url)

    def make(
        form: FileForm = FileForm.DSFX,
        *,
        rules: Mapping[str, RuleValue] | None = None,
        settings: Mapping[str, Any] | None = None,
        fresh: bool = False,
        **changes: Any,
    ) -> FileWorld:
        store_rules: dict[str, RuleValue] = {"throttle": False}
        shop = FileShop(
            "demo", tmp_path / "files", form=form, seed=7, store_rules=store_rules, warehouse_rules=rules
        )
        shop.__enter__()
        for name, value in shop.connections().items():
            monkeypatch.setenv(name, value)
        at_once = {"settle": "0s", "visibility_delay": "0s", **(settings or {})}
        lane = {**lane_settings(**changes), "warehouse": shop.lane_warehouse(**at_once)}
        world = FileWorld(cast("Shop", shop), opened_once(world_ledger_url), lane, files=shop)
        opened.append(world)
        if not fresh:
            world.settle_in()
        return world

    yield make
    for world in opened:
        leave(world.ledger)
        closing.submit(world.files.__exit__, None, None, None)


@pytest.fixture(scope="session")
def shared_engine(postgres: EmbeddedPostgres, ledger_template: str) -> Iterator[Engine]:
    """A ledger in which nothing is ever committed."""
    engine = create_engine(postgres.clone_database(ledger_template, "ledger_of_rollbacks"))
    yield engine
    engine.dispose()


@pytest.fixture
def connection(shared_engine: Engine) -> Iterator[Connection]:
    """One transaction that is rolled back: faster than a ledger for every test."""
    with shared_engine.connect() as opened:
        yield opened


@pytest.fixture
def rows(connection: Connection) -> Rows:
    return Rows(connection)
