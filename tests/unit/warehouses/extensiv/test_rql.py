"""RQL: values cannot break out of their condition, and reach the server unchanged."""

from __future__ import annotations

from urllib.parse import unquote, unquote_plus

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.warehouses.extensiv import rql

RESERVED = "%!()*=,;"


@pytest.mark.parametrize("character", RESERVED)
def test_reserved_characters_are_encoded_in_values(character: str) -> None:
    assert character not in rql.encode(f"a{character}b").replace("%", "", 1) or character == "%"
    assert unquote(rql.encode(f"a{character}b")) == f"a{character}b"


def test_timestamps_stay_readable() -> None:
    assert rql.at_least("readonly.lastModifiedDate", "2026-11-24T00:00:00.123") == (
        "readonly.lastModifiedDate=ge=2026-11-24T00:00:00.123"
    )


@settings(deadline=None)
@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"])))
def test_any_value_survives_both_decodings_of_the_server(value: str) -> None:
    query = rql.equal("sku", value)
    url = requests.Request("GET", "http://host/", params={"rql": query}).prepare().url or ""
    once = unquote_plus(url.partition("rql=")[2])
    # Even a second decoding that reads `+` as a space returns the value.
    assert unquote_plus(once.partition("==")[2]) == value
    assert not set(once.partition("==")[2]) & set("!()*=,;+ ")


def test_conditions_have_the_documented_form() -> None:
    assert rql.every(
        rql.equal("referenceNum", "AB1000"), rql.equal("readonly.customeridentifier.id", 12)
    ) == ("referenceNum==AB1000;readonly.customeridentifier.id==12")
    assert rql.starts_with("referenceNum", "A_1_0") == "referenceNum==A_1_0*"
    assert rql.contains("referenceNum", "-") == "referenceNum==*-*"
    assert rql.any_of("sku", ["a,b", "c"]) == "sku=in=(a%2Cb,c)"
    assert rql.every(rql.either("a==1*", "a==2*"), "b==3") == "(a==1*,a==2*);b==3"
    assert rql.is_false("readonly.isclosed") == "readonly.isclosed==false"
    assert rql.every("", "a==1") == "a==1"


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), max_size=200))
def test_chunks_keep_every_value_and_the_url_short(values: list[str]) -> None:
    values = [value.encode("utf-8", "ignore").decode() for value in values]
    chunks = list(rql.chunks(values))
    assert [value for chunk in chunks for value in chunk] == values
    for chunk in chunks:
        url = requests.Request("GET", "http://host/", params={"rql": rql.any_of("sku", chunk)}).prepare().url
        assert len(chunk) == 1 or len(url or "") < 1600
        assert len(chunk) <= 50
