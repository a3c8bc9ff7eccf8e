"""`cartage files` on a real ledger: what waits for a person is listed, shown, released and dropped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cartage.cli.main import app
from cartage.db import Ledger
from cartage.warehouses.documents import DocumentPart, InboundDocument, QuarantinedText
from cartage.warehouses.repo.inbound import take_document
from tests.contract.cli.orders.test_shipments import LANES

Cartage = Callable[..., Result]
CONTENT = "reference;tracking\nA00_1_0;1Z[bold]é\n".encode()


@pytest.fixture
def cartage(tmp_path: Path, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> Cartage:
    file = tmp_path / "lanes.yaml"
    file.write_text(LANES)
    monkeypatch.setenv("CARTAGE_LANES_FILE", str(file))
    monkeypatch.setenv("CARTAGE_LEDGER_URL", ledger_url)
    return lambda *more: CliRunner().invoke(app, ["files", *more, "--lane", "demo"])


@pytest.fixture
def file_id(ledger: Ledger) -> int:
    """A file in quarantine."""
    text = QuarantinedText("it has no column 'carrier'", "Ask for it.", "line 1")
    with ledger.begin() as connection:
        taken = take_document(
            connection,
            InboundDocument("/out/ship.csv", CONTENT),
            DocumentPart.ORDERS,
            account="files/sftp",
            lane="demo",
            run_id="r",
            quarantined=[text],
        )
    assert taken
    return taken.id


def test_a_file_in_quarantine_is_listed_with_its_reason(cartage: Cartage, file_id: int) -> None:
    for command in (("quarantine", "list"), ("list",)):
        shown = cartage(*command)
        assert shown.exit_code == 0, shown.output
        for said in ("/out/ship.csv", "line 1 it has no column 'carrier'", "quarantined", str(file_id)):
            assert said in shown.output
        [row] = json.loads(cartage(*command, "--json").output)
        assert (row["id"], row["state"], row["findings"][0]["fix"]) == (file_id, "quarantined", "Ask for it.")


def test_its_content_is_shown_and_saved(cartage: Cartage, file_id: int, tmp_path: Path) -> None:
    shown = cartage("quarantine", "show", str(file_id))
    assert "A00_1_0;1Z[bold]é" in shown.output
    assert "it has no column 'carrier'" in shown.output
    row = json.loads(cartage("quarantine", "show", str(file_id), "--json").output)
    assert (row["content"], row["cut"]) == (CONTENT.decode(), False)
    target = tmp_path / "saved.csv"
    assert cartage("quarantine", "show", str(file_id), "--save", str(target)).exit_code == 0
    assert target.read_bytes() == CONTENT
    again = cartage("quarantine", "show", str(file_id), "--save", str(target))
    assert again.exit_code == 2
    assert "File exists" in again.output


@pytest.mark.parametrize(("command", "state"), [("release", "released"), ("drop", "dropped")])
def test_a_person_decides_once(cartage: Cartage, file_id: int, command: str, state: str) -> None:
    nobody = cartage("quarantine", command, str(file_id), "--by", " ")
    assert nobody.exit_code == 2
    decided = cartage("quarantine", command, str(file_id), "--by", "Kim Doe")
    assert decided.exit_code == 0, decided.output
    assert f"{state} by Kim Doe" in decided.output
    assert json.loads(cartage("quarantine", "list", "--json").output) == []
    again = cartage("quarantine", "drop", str(file_id), "--by", "Kim Doe")
    assert again.exit_code == 1
    assert f"is not in quarantine: it is {state} by Kim Doe" in again.output


def test_a_file_that_is_not_there_is_an_error_with_a_way_on(cartage: Cartage) -> None:
    for command in (("show", "7"), ("release", "7", "--by", "Kim")):
        response = cartage("quarantine", *command)
        assert response.exit_code == 1
        assert "has no file 7; see `cartage files quarantine list`" in response.output
