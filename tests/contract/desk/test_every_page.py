"""Every page, full of every kind of state: it opens, shows foreign text as text, and is in the list of pages."""

from __future__ import annotations

import pytest

from tests.contract.desk.desk_client import ADMIN, MAPPER, OPERATOR, VIEWER, DeskClient
from tests.contract.desk.full_ledger import fill, html_routes
from tests.contract.desk.test_hostile_text import MARKUP, SCRIPT, Reader
from tests.contract.desk.test_roles import ROLES
from tests.contract.rows import Rows
from tests.unit.airflow.desk.levels import LEVELS


def test_no_page_is_missing_in_the_list_of_pages(desk: DeskClient, rows: Rows, ledger_url: str) -> None:
    listed = {page for page, _ in fill(rows, ledger_url, "a word").pages()}
    assert listed == html_routes()


@pytest.mark.parametrize("role", [VIEWER, OPERATOR, MAPPER, ADMIN])
@pytest.mark.parametrize("word", [SCRIPT, MARKUP])
def test_every_page_shows_hostile_text_as_text_to_everybody(
    desk: DeskClient, rows: Rows, ledger_url: str, role: str, word: str
) -> None:
    filled = fill(rows, ledger_url, word)
    desk.role = role
    shown, hidden = set(), set()
    for page, query in filled.pages():
        response = desk.get(page, **query)
        if LEVELS[f"GET /{page}"] > ROLES[role]:
            assert response.status_code == 403
            hidden.add(page)
            continue
        assert response.status_code == 200, f"{page} {query}: {response.text[-3000:]}"
        read = Reader(response.text)
        assert read.active_content() == [], f"{page} {query}"
        assert "73076003" not in response.text
        if word in read.text:
            shown.add(page)
    # A viewer sees no names; an order's number, a cause and a note are no names.
    assert shown == html_routes() - hidden - {"coverage"}
