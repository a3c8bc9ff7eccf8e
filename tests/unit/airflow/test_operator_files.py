"""Files between operators and people: what an operator wrote, and what a spreadsheet program made of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cartage.errors import SettingsError
from cartage_airflow.operators.api.files import read_column, write_rows

ROWS = [{"OrderID": 1001, "Comment": "=1+1"}, {"OrderID": 1002, "Comment": 'a, "b"\nc'}]


@pytest.mark.parametrize("name", ["orders.csv", "orders.jsonl"])
@pytest.mark.parametrize("start", ["", "file://"])
def test_a_column_that_an_operator_wrote_is_read_back(tmp_path: Path, name: str, start: str) -> None:
    path = f"{start}{tmp_path / name}"
    assert write_rows(path, ROWS, ["OrderID", "Comment"]) == 2
    assert [str(value) for value in read_column(path, "OrderID")] == ["1001", "1002"]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffOrderID;Comment\r\n1001;x\r\n1002;y\r\n".encode(),
        "Comment\tORDERID\nx\t1001\n\ny\t1002\n".encode("utf-16"),
        "Comment,orderid \ré,1001\ry,1002".encode("cp1252"),
    ],
)
def test_a_list_that_a_spreadsheet_program_saved_is_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    assert list(read_column(str(path), "OrderID")) == ["1001", "1002"]


def test_rows_that_cannot_be_read_are_named_with_the_fix_and_none_is_used(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("OrderID,Comment\n1001,fine\n1.0E+05,short\n1003,a,b\n")
    with pytest.raises(SettingsError) as caught:
        read_column(str(path), "OrderID")
    message = str(caught.value)
    assert "2 mistakes" in message
    assert "row 3, column orderid (A): is 1.0E+05, a number that a spreadsheet showed in part" in message
    assert "row 4" in message


@pytest.mark.parametrize("name", ["orders.csv", "orders.jsonl"])
def test_a_file_without_the_column_says_so(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("Order,Comment\n1001,x\n" if name.endswith("csv") else json.dumps({"Order": 1001}))
    with pytest.raises(SettingsError, match=r"Write the file with th.* column"):
        list(read_column(str(path), "OrderID"))
