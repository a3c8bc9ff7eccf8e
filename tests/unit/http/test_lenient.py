"""JSON of others: exact numbers, and one bad value costs nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cartage.http.lenient import NotJson, parse_body


@pytest.mark.parametrize("body", [b"", b"  \r\n", b"\xef\xbb\xbf"])
def test_an_empty_body_is_none(body: bytes) -> None:
    assert parse_body(body) is None


@pytest.mark.parametrize("body", [b"<html>", b"[{", b'[{"a": 1}', b"[" * 100_000, b"not json"])
def test_html_and_broken_json_are_not_json(body: bytes) -> None:
    with pytest.raises(NotJson):
        parse_body(body)


def test_one_bad_text_does_not_cost_the_page() -> None:
    assert parse_body(b'["a\xffb"]') == ["a�b"]
    assert parse_body(b'["a\x0b\tb"]') == ["a\x0b\tb"]
    assert parse_body(b'\xef\xbb\xbf["a"]') == ["a"]
    assert parse_body(b"[NaN, -Infinity]") == [None, None]


def test_fractions_are_exact() -> None:
    assert parse_body(b"[0.1, 1E-3]") == [Decimal("0.1"), Decimal("0.001")]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("9" * 5000, "9" * 5000),
        ("1e99999999999999999999999", "1e99999999999999999999999"),
        ("-1e-99999999999999999999999", "-1e-99999999999999999999999"),
        ("NaN", None),
    ],
)
def test_an_absurdly_large_number_does_not_cost_the_other_orders(value: str, read: object) -> None:
    assert parse_body(f'[{{"a": {value}}}, {{"a": 1}}]'.encode()) == [{"a": read}, {"a": 1}]


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_value_that_is_nested_too_deep_does_not_cost_the_other_orders(opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    deep = opening * 50_000 + "1" + closing * 50_000
    first, second = parse_body(f'[{{"text": "[[[{{", "deep": {deep}, "b": 2}}, {{"b": 3}}]'.encode())
    assert (first["text"], first["b"], second) == ("[[[{", 2, {"b": 3})


def test_a_page_that_is_cut_off_inside_deep_nesting_is_not_json() -> None:
    with pytest.raises(NotJson):
        parse_body(b"[" * 50_000)
