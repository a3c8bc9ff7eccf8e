"""The packages of a shipment: each once, under a key of its own, and recognised in the next poll."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cartage.model.orders import Package, PackageContent
from cartage.model.packages import KnownPackage, read_packages, renamed_packages
from cartage.model.tracking_numbers import number_identity, split_numbers

UPS, UPS_2, UPS_3 = "1Z5R89390357567127", "1Z879E930346834440", "1Z410E7W0392751591"
USPS = "9400111201080805483016"
MUG, TEA = (PackageContent("MUG", Decimal(1)),), (PackageContent("TEA", Decimal(2)),)


def named(*packages: Package) -> list[tuple[str, str]]:
    return [(package.key, package.tracking) for package in read_packages(packages)]


def test_several_numbers_in_one_field_are_several_packages_and_the_contents_count_once() -> None:
    [first, second] = read_packages([Package("7", f"{UPS} / {UPS_2}", contents=MUG)])
    assert (first.key, first.tracking, first.contents) == ("7", UPS, MUG)
    assert (second.key, second.tracking, second.contents) == (f"7+{UPS_2.lower()}", UPS_2, None)


def test_a_note_is_a_package_without_a_number() -> None:
    assert named(Package("7", "N/A"), Package("8", "pickup")) == [("7", ""), ("8", "")]


def test_one_number_in_two_spellings_is_one_package() -> None:
    assert named(Package("7", f"42094105{USPS}", contents=MUG), Package("label", USPS)) == [("7", USPS)]
    assert named(Package("label", USPS), Package("7", f"42094105{USPS}", contents=MUG)) == [("7", USPS)]


def test_two_cartons_with_contents_under_one_label_are_two() -> None:
    found = read_packages([Package("7", UPS, contents=MUG), Package("8", UPS, contents=TEA)])
    assert [(package.key, package.contents) for package in found] == [("7", MUG), ("8", TEA)]


def test_two_cartons_with_one_key_are_two() -> None:
    assert named(Package("0", UPS, contents=MUG), Package("0", UPS_2, contents=TEA)) == [
        ("0", UPS),
        ("0#2", UPS_2),
    ]
    assert named(Package("0", "", contents=MUG), Package("0", "", contents=TEA)) == [("0", ""), ("0#2", "")]


def test_the_same_carton_twice_is_one() -> None:
    assert named(Package("7", UPS, contents=MUG), Package("7", UPS, contents=MUG)) == [("7", UPS)]
    assert named(Package("7", "", contents=MUG), Package("7", UPS)) == [("7", UPS)]


def test_cartons_that_each_name_all_numbers_have_one_each() -> None:
    every = f"{UPS}, {UPS_2}"
    assert named(Package("7", every, contents=MUG), Package("8", every, contents=TEA)) == [
        ("7", UPS),
        ("8", UPS_2),
    ]
    assert named(Package("7", every, contents=MUG), Package("8", UPS, contents=TEA)) == [
        ("7", UPS_2),
        ("8", UPS),
    ]


def test_a_field_that_is_no_number_stays_short_enough_for_the_ledger() -> None:
    [package] = read_packages([Package("7", "9X" * 50_000)])
    assert len(package.tracking) == 200


FIELDS = st.lists(
    st.sampled_from([UPS, UPS_2, UPS_3, USPS, f"42094105{USPS}", "4711", "N/A", ""]), max_size=3
)
PACKAGES = st.lists(
    st.builds(
        Package,
        key=st.sampled_from(["1", "2", "0"]),
        tracking=FIELDS.map(" / ".join),
        contents=st.sampled_from([(), MUG, TEA]),
    ),
    max_size=6,
)


def test_a_note_never_displaces_the_number_of_the_same_package() -> None:
    [package] = read_packages([Package("1", "N/A"), Package("1", UPS)])
    assert package.tracking == UPS


@given(PACKAGES)
def test_no_number_is_lost_no_key_occurs_twice_and_reading_again_changes_nothing(
    packages: list[Package],
) -> None:
    found = read_packages(packages)
    named_before = {
        number_identity(number) for package in packages for number in split_numbers(package.tracking)
    }
    assert {number_identity(package.tracking) for package in found if package.tracking} == named_before
    assert len({package.key for package in found}) == len(found)
    assert read_packages(found) == found


def known(number: int, key: str, tracking: str, *, voided: bool = False) -> KnownPackage:
    return KnownPackage(number, key, tracking, voided, had_number=bool(tracking))


def test_a_package_that_is_reported_under_another_key_is_still_the_same() -> None:
    rows = [known(1, UPS, UPS), known(2, "502", UPS_2)]
    assert renamed_packages(rows, [Package("501", UPS), Package("502", UPS_2)]) == {1: "501"}
    assert renamed_packages(rows, [Package(UPS, UPS), Package("502", UPS_2)]) == {}


def test_a_key_that_is_in_use_is_given_to_no_other_package() -> None:
    rows = [known(1, "A", UPS), known(2, "B", UPS_2)]
    assert renamed_packages(rows, [Package("B", UPS)]) == {}
    assert renamed_packages([known(1, "A", UPS, voided=True), known(2, "B", UPS)], [Package("C", UPS)]) == {
        2: "C"
    }
