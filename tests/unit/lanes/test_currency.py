"""The currency of a store's amounts is a code, or nothing."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from cartage.lanes.kinds import Currency

ANY = TypeAdapter(Currency)


@pytest.mark.parametrize("code", ["", "USD", "CAD"])
def test_a_code_or_nothing_is_accepted(code: str) -> None:
    assert ANY.validate_python(code) == code


@pytest.mark.parametrize("code", ["$", "usd", "US", "USDX", "US Dollar", "US\n"])
def test_anything_else_is_a_mistake(code: str) -> None:
    with pytest.raises(ValidationError, match="no code of a currency"):
        ANY.validate_python(code)
