"""The codes that a store may get: stable, and valid in a reference."""

from __future__ import annotations

import re
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from cartage.model.reference import make_reference
from cartage.storefront.store_codes import codes


@given(st.text(max_size=80))
def test_every_code_fits_in_a_reference(identity: str) -> None:
    for code in islice(codes(identity), 20):
        assert re.fullmatch(r"[A-Z][A-Z0-9]{2}", code)
        make_reference(code, 31882, 0)


def test_the_first_code_of_a_store_never_changes() -> None:
    """References at warehouses begin with the code: different codes would orphan them after a rebuild."""
    assert list(islice(codes("demo-outfitters.3dcartstores.com"), 3)) == ["NF9", "X36", "A4E"]


def test_each_further_code_is_a_different_one() -> None:
    assert len(set(islice(codes("demo-outfitters.3dcartstores.com"), 100))) > 95
