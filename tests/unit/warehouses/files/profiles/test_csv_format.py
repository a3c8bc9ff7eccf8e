from __future__ import annotations

from datetime import datetime

import pytest

from cartage.errors.problems import ProblemKind
from cartage.model.orders import FulfillmentRequest
from cartage.warehouses.documents import DocumentPart, InboundDocument
from cartage.warehouses.files.formats import FileFormat, ReadFile
from cartage.warehouses.files.profiles.csv_format import CsvFormat
from cartage.warehouses.files.profiles.library import open_profile
from tests.unit.warehouses.files.profiles.conftest import AT, ORDERS, Profiled
from tests.unit.warehouses.files.profiles.test_writing import ORDER, SECOND


def test_a_profile_is_a_file_format(profile: Profiled) -> None:
    csv_format: FileFormat = CsvFormat(profile("extends: plain\norders: {orders_per_file: 50}\n"))
    assert csv_format.orders_per_document == 50
    assert csv_format.reference_max_length == 250
    document = csv_format.write((ORDER, SECOND), 7, AT)
    assert (document.number, document.at, document.name) == (7, AT, "orders_7_20261102030405.csv")
    assert document.references == (ORDER.reference, SECOND.reference)
    assert csv_format.reply(InboundDocument("x.csv", b""), 8, AT) is None


def test_a_column_limits_the_reference(profile: Profiled) -> None:
    text = ORDERS.replace("field: reference", "field: reference, max_length: 10")
    csv_format = CsvFormat(profile(text))
    assert csv_format.reference_max_length == 10
    [problem] = csv_format.problems(ORDER)
    assert problem.kind is ProblemKind.FIELD_TOO_LONG


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("shp_1_261103.csv", {DocumentPart.ORDERS}),
        ("SHP_1.CSV", {DocumentPart.ORDERS}),
        ("inv_1.csv", {DocumentPart.STOCK}),
        ("ord_1.csv", set()),
        ("shp_1.csv.tmp", set()),
        ("", set()),
    ],
)
def test_the_name_says_what_a_file_is_about(name: str, parts: set[DocumentPart]) -> None:
    assert CsvFormat(open_profile("dsfx")).parts(name) == parts


def test_a_file_of_another_name_says_nothing() -> None:
    document = InboundDocument("out/readme.txt", b"\xff\x00")
    assert CsvFormat(open_profile("dsfx")).read(document) == ReadFile()


@pytest.mark.parametrize("name", ["plain", "dsfx"])
def test_an_ordinary_order_has_no_problem(name: str, request_: FulfillmentRequest) -> None:
    csv_format = CsvFormat(open_profile(name))
    assert csv_format.problems(request_) == []
    assert csv_format.write((request_,), 1, datetime(2026, 11, 1).astimezone()).content
