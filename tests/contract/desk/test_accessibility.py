"""axe-core finds no fault on any page: on a wide screen in light and in dark, and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page

from tests.contract.desk.desk_client import DeskClient
from tests.contract.desk.full_ledger import Wanted, fill, html_routes
from tests.contract.desk.served import Served
from tests.contract.rows import Rows

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# A theme changes colours and nothing else.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
WIDTHS = (1280, 390)
# All pages take a minute: they are dealt out to so many tests.
SHARES = 4


@pytest.fixture
def chromium_page(browser: Browser) -> Iterator[Page]:
    """Yield a page in a context of its own."""
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": 900})
    yield context.new_page()
    context.close()


def faults(page: Page, where: str, *, only_colours: bool = False) -> list[str]:
    """Return what axe-core finds on the page as it is shown."""
    wanted = {"type": "rule", "values": OF_COLOURS} if only_colours else {"type": "tag", "values": TAGS}
    found = page.evaluate(
        "wanted => axe.run(document, {resultTypes: ['violations'], runOnly: wanted})", wanted
    )
    assert found["passes"] or found["inapplicable"], "axe-core has looked at nothing"
    return [
        f"{where}: {fault['impact']} {fault['id']}: {node['html'][:200]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def look_at(page: Page, url: str, wanted: Wanted) -> list[str]:
    """Open a page with everything on it unfolded; return its faults at each width, and in both themes."""
    name, query = wanted
    response = page.goto(f"{url}/{name}?{urlencode({'lane': 'east'} | query)}")
    assert response is not None
    assert response.status == 200, f"{name} {query}"
    page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
    page.evaluate(AXE)
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        # The dark colours are those of the same elements, so one width is enough.
        for theme in ("light", "dark") if width == WIDTHS[0] else ("light",):
            page.emulate_media(color_scheme=theme)
            found += faults(page, f"{name} {query} {width} {theme}", only_colours=theme == "dark")
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            found.append(f"{name} {query}: needs {needed} of {width} pixels")
    return found


@pytest.mark.parametrize("share", range(SHARES))
def test_axe_core_finds_no_fault_on_any_page(
    desk: DeskClient, rows: Rows, ledger_url: str, chromium_page: Page, share: int
) -> None:
    every = list(fill(rows, ledger_url, "Ann's mug").pages())
    assert {name for name, _ in every} == html_routes()
    pages = every[share::SHARES]
    assert len(pages) > 10
    with Served(desk) as url:
        found = [fault for wanted in pages for fault in look_at(chromium_page, url, wanted)]
    assert found == []


def test_the_look_finds_a_fault(desk: DeskClient, rows: Rows, ledger_url: str, chromium_page: Page) -> None:
    fill(rows, ledger_url, "Ann's mug")
    with Served(desk) as url:
        assert look_at(chromium_page, url, ("home", {})) == []
        chromium_page.evaluate("document.querySelector('#main').innerHTML = '<input name=x>'")
        assert any("critical label" in fault for fault in faults(chromium_page, "home"))
