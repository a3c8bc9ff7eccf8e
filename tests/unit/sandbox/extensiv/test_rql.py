"""RQL: precedence, lists, wildcards, encoded values, and errors."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage_sandbox.extensiv.rql import All, Any, Comparison, RqlError, Value, parse


def one(name: str, text: str, operator: str = "==") -> Comparison:
    return Comparison(name, operator, (Value(text),))


def test_names_are_folded_and_values_are_not() -> None:
    assert parse("ReadOnly.LastModifiedDate=ge=2026-11-24T00:00:00") == one(
        "readonly.lastmodifieddate", "2026-11-24T00:00:00", "=ge="
    )
    assert parse("referenceNum==aB") == one("referencenum", "aB")


def test_and_binds_tighter_than_or() -> None:
    assert parse("a==1;b==2,c==3") == Any((All((one("a", "1"), one("b", "2"))), one("c", "3")))


def test_brackets_change_the_precedence() -> None:
    assert parse("a==1;(b==2,c==3)") == All((one("a", "1"), Any((one("b", "2"), one("c", "3")))))


@pytest.mark.parametrize("operator", ["==", "!=", "=gt=", "=ge=", "=lt=", "=le=", "=hv="])
def test_every_operator_is_parsed(operator: str) -> None:
    assert parse(f"a{operator}1") == one("a", "1", operator)


@pytest.mark.parametrize("operator", ["=in=", "=out="])
def test_lists_are_in_brackets(operator: str) -> None:
    assert parse(f"a{operator}(1,2,3)") == Comparison("a", operator, (Value("1"), Value("2"), Value("3")))


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("x*", Value("x", open_suffix=True)),
        ("*x", Value("x", open_prefix=True)),
        ("*x*", Value("x", open_prefix=True, open_suffix=True)),
        ("*", Value("", open_prefix=True)),
        ("%2Ax%2a", Value("*x*")),
        ("A1-*", Value("A1-", open_suffix=True)),
    ],
)
def test_wildcards_are_at_the_ends_and_encoded_stars_are_stars(raw: str, value: Value) -> None:
    assert parse(f"a=={raw}") == Comparison("a", "==", (value,))


@pytest.mark.parametrize(
    "text",
    ["", "a", "a=", "a=1", "==1", "a=like=1", "a==1;", "a==1,,b==2", "(a==1", "a==1)", "a=in=1", "a==x*y"],
)
def test_invalid_rql_is_refused(text: str) -> None:
    with pytest.raises(RqlError):
        parse(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_text_survives_as_an_encoded_value(text: str) -> None:
    assert parse(f"a=={quote(text, safe='')}".replace("*", "%2A")) == one("a", text)
