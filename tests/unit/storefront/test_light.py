from __future__ import annotations

import subprocess
import sys

import pytest

import cartage.storefront


def test_the_form_fields_load_nothing_heavy() -> None:
    program = (
        "import sys, cartage.storefront.fields\n"
        "print(sorted({'requests', 'pydantic', 'sqlalchemy', 'pandas', 'tenacity'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_can_be_imported() -> None:
    for name in cartage.storefront.__all__:
        assert getattr(cartage.storefront, name) is not None


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        cartage.storefront.nothing_of_this_name  # noqa: B018
