"""The tracking text: whole numbers only, as many as the store's field takes, each once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cartage.postback.tracking_texts import (
    TRACKING_LIMIT,
    TrackingText,
    clean_number,
    foreign_texts,
    names_number,
    tracking_text,
)

UPS = [f"1Z999AA1012345678{digit}" for digit in range(7)]  # 18 characters each
NUMBERS = st.lists(st.text("ABCDEFGH0123456789", max_size=45), max_size=12)


def test_numbers_are_joined_the_first_package_first() -> None:
    assert tracking_text(["9400", "1Z99"]) == TrackingText("9400, 1Z99", (0, 1))


def test_a_number_is_never_cut() -> None:
    written = tracking_text(UPS)
    assert written.text == ", ".join(UPS[:5])
    assert written.named == (0, 1, 2, 3, 4)


def test_a_shorter_number_still_fits_behind_one_that_did_not() -> None:
    assert tracking_text([*UPS, "77"]).named == (0, 1, 2, 3, 4)
    assert tracking_text([*UPS[:4], "X" * 60, "77"]).named == (0, 1, 2, 3, 5)


def test_one_number_longer_than_the_field_names_no_package() -> None:
    assert tracking_text(["9" * (TRACKING_LIMIT + 1)]) == TrackingText("", ())


def test_a_number_of_several_packages_is_written_once_and_names_all() -> None:
    assert tracking_text(["1Z99", "9400", "1Z99"]) == TrackingText("1Z99, 9400", (0, 1, 2))


def test_a_number_inside_another_is_still_one_of_its_own() -> None:
    assert tracking_text(["1Z999", "1Z99"]) == TrackingText("1Z999, 1Z99", (0, 1))


def test_packages_without_a_number_are_not_named() -> None:
    assert tracking_text(["", "1Z99", ""]) == TrackingText("1Z99", (1,))
    assert tracking_text([]) == TrackingText("", ())


@given(NUMBERS)
def test_the_text_fits_and_holds_exactly_the_numbers_that_it_names(numbers: list[str]) -> None:
    written = tracking_text(numbers)
    assert len(written.text) <= TRACKING_LIMIT
    shown = written.text.split(", ") if written.text else []
    assert len(shown) == len(set(shown))
    assert set(shown) == {numbers[position] for position in written.named}


def test_what_somebody_typed_is_kept_after_ours_and_takes_its_room() -> None:
    assert tracking_text(["1Z99"], ["BY HAND"]) == TrackingText("1Z99, BY HAND", (0,))
    assert tracking_text([], ["BY HAND"]) == TrackingText("BY HAND", ())
    kept = "K" * 60  # leaves room for two
    written = tracking_text(UPS, [kept])
    assert written == TrackingText(f"{UPS[0]}, {UPS[1]}, {kept}", (0, 1))
    assert len(written.text) <= TRACKING_LIMIT


def test_only_numbers_that_were_never_ours_are_foreign() -> None:
    ours = ["1Z 999", "OLD-1"]
    assert foreign_texts("1z999, BY HAND; old-1\r\nTWO, BY HAND", ours) == ["BY HAND", "TWO"]
    assert foreign_texts("", ours) == []


def test_a_number_holds_nothing_that_would_split_or_break_the_field() -> None:
    assert clean_number(" 1Z\u200b99,<b>7\t7 ") == "1Z 99 b 7 7"
    assert tracking_text(["9400,1"]).text == "9400 1"


def test_a_number_is_found_among_others_whatever_its_blanks() -> None:
    assert names_number("1Z 99, 9400", "1z99")
    assert not names_number("1Z99, 9400", "1Z9")
    assert not names_number("", "")


USPS = "9400111201080805483016"


def test_a_number_in_two_spellings_is_written_once_and_names_both_packages() -> None:
    assert tracking_text([USPS, f"42094105{USPS}", "1z99", "1Z 99"]) == TrackingText(
        f"{USPS}, 1z99", (0, 1, 2, 3)
    )


def test_our_number_as_a_barcode_or_in_groups_is_not_foreign() -> None:
    assert foreign_texts(f"42094105{USPS} / BOX 99887766", [USPS]) == [f"42094105{USPS} / BOX 99887766"]
    assert foreign_texts(f"42094105{USPS} / 99887766", [USPS]) == ["99887766"]
    assert foreign_texts("9400 1112 0108 0805 4830 16", [USPS]) == []
    assert foreign_texts("N/A; pickup", [USPS]) == ["N/A", "pickup"]
    assert names_number(f"77, 42094105{USPS}", USPS)
    assert names_number(f"{USPS} / 77889900", "77889900")
