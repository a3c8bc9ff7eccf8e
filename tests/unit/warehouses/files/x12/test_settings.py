"""The settings of a partner: mistakes are named with a fix, and the questionnaire asks for every setting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from cartage.lanes.mistakes import findings
from cartage.warehouses.documents import DocumentPart
from cartage.warehouses.files.formats import FileFormat
from cartage.warehouses.files.x12.format import X12Format
from cartage.warehouses.files.x12.settings import X12Settings
from cartage.warehouses.files.x12.syntax.limits import LIMITS, Release, limits
from tests.unit.warehouses.files.x12.helpers import PARTNERS, settings

_PAGE = Path(__file__).resolve().parents[5] / "docs/x12-questionnaire.md"
_ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \| \| `([a-z0-9_.]+)` \|$", re.MULTILINE)
# What the page says in words.
_IN_WORDS = {"none", "no", "the same", "the release"}


def leaves(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from leaves(inner, f"{path}{name}.")
        else:
            yield f"{path}{name}", field


def shown(value: object) -> str:
    match value:
        case bool():
            return f"`{str(value).lower()}`"
        case Enum():
            return f"`{value.value}`"
        case dict():
            return shown(tuple(value.values()))
        case tuple():
            return ", ".join(shown(each) for each in value)
    return f"`{value}`"


def test_the_questionnaire_asks_for_every_setting_and_proposes_its_default() -> None:
    rows = _ROW.findall(_PAGE.read_text())
    proposed = {setting: text for _, _, text, setting in rows}
    assert [int(number) for number, *_ in rows] == list(range(1, len(rows) + 1))
    known = dict(leaves(X12Settings))
    assert sorted(proposed) == sorted(known)
    for setting, field in known.items():
        if field.is_required() or field.default in ("", (), {}):
            assert proposed[setting] in _IN_WORDS, setting
        else:
            assert proposed[setting] == shown(field.default), setting


def test_every_setting_says_what_it_means() -> None:
    found = list(leaves(X12Settings))
    assert found
    assert [name for name, field in found if not (field.description or "").endswith((".", ":"))] == []


@pytest.mark.parametrize(
    ("changes", "path", "message"),
    [
        ({"us": {"id": "X" * 16}}, ("us", "id"), "at most 15 characters"),
        ({"us": {"id": "O*TFIT"}}, ("us", "id"), "cannot be written in an envelope"),
        ({"us": {"id": "A"}}, ("us",), "fewer than 2 characters"),
        ({"separators": {"element": "~"}}, ("separators",), "four different characters"),
        ({"separators": {"element": "A"}}, ("separators",), "four different characters"),
        ({"order_file": "orders.edi"}, ("order_file",), "is not a name for files"),
        ({"order_file": "in/{number}.edi"}, ("order_file",), "is not a name for files"),
        ({"order_file": "{number}{x}.edi"}, ("order_file",), "is not a name for files"),
        (
            {"shipments": {"tracking_places": ["MAN-CP"]}},
            ("shipments", "tracking_places", 0),
            "is not a place",
        ),
        ({"orders": {"limits": {"N9-99": 3}}}, ("orders",), "limits names no element"),
        (
            {"orders": {"references": [{"qualifier": "CO"}]}},
            ("orders", "references", 0),
            "both value and text",
        ),
        ({"orders": {"parties": [{"entity": "DE"}]}}, ("orders", "parties", 0), "needs a name"),
        ({"lenient": ["se99"]}, ("lenient", 0), "must be"),
        ({"charset": "cp1252"}, ("charset",), "must be"),
        ({"items": {"packs": {"A": 0}}}, ("items", "packs", "A"), "greater than or equal to 1"),
    ],
)
def test_a_mistake_is_named_by_its_place(
    changes: dict[str, Any], path: tuple[object, ...], message: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        X12Settings.model_validate({**PARTNERS, **changes})
    (finding, *_) = findings(refused.value, X12Settings)
    assert finding.path == path
    assert message in finding.message
    assert finding.fix


def test_the_ids_of_a_partner_are_all_that_must_be_set() -> None:
    with pytest.raises(ValidationError) as refused:
        X12Settings.model_validate({})
    assert [found.path for found in findings(refused.value, X12Settings)] == [("us",), ("partner",)]
    assert settings().syntax().sender.group_id == "OUTFIT"


def test_every_element_with_data_of_an_order_has_a_limit_in_both_releases() -> None:
    for release in Release:
        found = limits(release, {})
        assert found.keys() == LIMITS.keys()
        assert all(1 <= limit.least <= limit.most for limit in found.values())
    assert limits(Release.V5010, {})["N9-02"].most == 50
    assert limits(Release.V5010, {"N9-02": 40})["N9-02"].most == 40
    assert limits(Release.V4010, {"N9-02": 40})["N9-02"].most == 30


def test_the_format_is_one_that_the_connector_can_use() -> None:
    format_: FileFormat = X12Format(settings(orders_per_file=25, orders={"limits": {"W05-02": 16}}))
    assert (format_.reference_max_length, format_.orders_per_document) == (16, 25)
    assert settings().orders_per_file == 1


def test_the_parts_of_a_file_follow_from_its_name() -> None:
    format_ = X12Format(settings(order_files=["945*", "997*"], stock_files=["846*"]))
    assert format_.parts("945_1.edi") == {DocumentPart.ORDERS}
    assert format_.parts("846_1.EDI") == {DocumentPart.STOCK}
    assert format_.parts("810_1.edi") == frozenset()
    assert X12Format(settings()).parts("any.edi") == set(DocumentPart)
