"""Tracking fields as warehouses fill them: which numbers they name, and which spellings are one number."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cartage.model.tracking_numbers import bare_number, is_note, number_identity, split_numbers

UPS, UPS_2 = "1Z5R89390357567127", "1Z879E930346834440"
USPS, USPS_2 = "9400111201080805483016", "9361289878700317633795"
FEDEX, FEDEX_2 = "986578788855", "477179081230"
SEPARATORS = st.sampled_from([",", ", ", ";", "; ", "|", "\n", "\r\n", "\t", " / ", "/", " & ", " + "])


@pytest.mark.parametrize(
    ("barcode", "bare"),
    [
        (f"42094105{USPS}", USPS),
        (f"420941051234{USPS}", USPS),
        ("420 22153 9101026837331000039521", "9101026837331000039521"),
        ("4201002334249200190132607600833457", "9200190132607600833457"),
        (f"42094105 {USPS}", USPS),
        ("4209410592748931507708513018050063", "92748931507708513018050063"),
        ("9622001900000000000000776632517510", "776632517510"),
        ("1001921334250001000300779017972697", "779017972697"),
        ("9611020987654312345672", "987654312345672"),
    ],
)
def test_a_barcode_and_the_number_in_it_are_one_number(barcode: str, bare: str) -> None:
    assert split_numbers(barcode) == [bare]
    assert number_identity(barcode) == number_identity(bare)
    assert split_numbers(f"{barcode}, {bare}") == [bare]


def test_a_barcode_whose_check_digit_is_wrong_is_still_read_by_its_prefix() -> None:
    wrong = f"{USPS[:-1]}7"
    assert split_numbers(f"42094105{wrong}") == [wrong]


@pytest.mark.parametrize(
    "note",
    [
        *(
            "",
            " ",
            "-",
            "--",
            "n/a",
            "N / A",
            "NA",
            "none",
            "None.",
            "null",
            "TBD",
            "tba",
            "pickup",
            "Pick up",
        ),
        *(
            "will call",
            "customer pickup 11/02",
            "will call 2:30pm",
            "pickup 2026-11-02",
            "see box 2",
            "dock 12",
        ),
        *("0", "000000", "no tracking", "LTL freight", "hand delivery", "N/A, TBD", "n/a / none"),
    ],
)
def test_a_note_is_no_number(note: str) -> None:
    assert split_numbers(note) == []


@pytest.mark.parametrize(
    "number", ["77", "A-1", "PRO 123456", "7-4711", "JJD000390007882823", "12/345", "truck 4711"]
)
def test_an_unknown_format_is_kept_as_it_is_written(number: str) -> None:
    assert split_numbers(number) == [number]


@pytest.mark.parametrize(
    "separator", [",", ";", "/", "|", "\n", "\r\n", "\t", " ", "  ", " / ", " & ", "\u00a0", "\u2028"]
)
@pytest.mark.parametrize("numbers", [(UPS, UPS_2), (USPS, USPS_2), (FEDEX, FEDEX_2), (UPS, USPS, FEDEX)])
def test_several_numbers_in_one_field_are_several(separator: str, numbers: tuple[str, ...]) -> None:
    assert split_numbers(separator.join(numbers)) == list(numbers)


def test_digits_of_a_number_in_groups_are_one_number() -> None:
    assert split_numbers("9400 1112 0108 0805 4830 16") == [USPS]
    assert split_numbers("1Z 5R8 939 03 5756 7127") == [UPS]
    assert split_numbers("9865 7878 8855") == [FEDEX]
    assert split_numbers("9865 7878 8855 4771 7908 1230") == [FEDEX, FEDEX_2]


def test_two_numbers_that_only_look_like_one_in_groups_are_two() -> None:
    together = "92345678901 12345678901"
    assert len(together.replace(" ", "")) == 22
    assert split_numbers(together) == together.split()


def test_remarks_beside_a_number_are_left_out() -> None:
    assert split_numbers(f"UPS {UPS} (2 of 3)") == [UPS]
    assert split_numbers(f"Tracking: {UPS}; {UPS_2} / N/A") == [UPS, UPS_2]
    assert split_numbers(f"{UPS} ABC1234") == [UPS, "ABC1234"]


def test_a_number_twice_in_one_field_is_one() -> None:
    assert split_numbers(f"{UPS}, {UPS.lower()}; 1Z 5R8 939 03 5756 7127") == [UPS]


NUMBERS = st.one_of(
    st.sampled_from([UPS, UPS_2, USPS, USPS_2, FEDEX, FEDEX_2]),
    st.from_regex(r"[A-Z]{0,3}[1-9][0-9]{7,14}", fullmatch=True),
)


@given(st.lists(NUMBERS, max_size=8, unique_by=number_identity), SEPARATORS)
def test_numbers_that_are_joined_are_split_into_the_same_numbers(numbers: list[str], separator: str) -> None:
    assert split_numbers(separator.join(numbers)) == [bare_number(number) for number in numbers]


@given(st.text(st.sampled_from("0123456789AZaz1Z420 ,;/|&+-.()\n\t#:n"), max_size=80))
def test_no_word_that_can_be_a_number_is_lost(text: str) -> None:
    words = re.findall(r"[A-Za-z0-9]+", text)
    kept = "".join(number_identity(number) for number in split_numbers(text))
    # A barcode's routing code is no part of the number.
    assume("420" not in re.sub(r"[\s\-.()]", "", text) and "96" not in text and "100" not in text)
    for word in words:
        if len(word) > 7 and re.search("[1-9]", word):
            assert word.casefold() in re.sub(r"[^0-9a-z]", "", kept), (text, split_numbers(text))


@given(st.text(max_size=80))
def test_any_text_is_read_and_reading_it_again_changes_nothing(text: str) -> None:
    numbers = split_numbers(text)
    assert split_numbers(", ".join(numbers)) == numbers
    assert not any(is_note(number) for number in numbers)
    for number in numbers:
        assert bare_number(bare_number(number)) == bare_number(number)
