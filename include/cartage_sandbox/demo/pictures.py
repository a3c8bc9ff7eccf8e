"""`python -m cartage_sandbox.demo.pictures`: run the demo, and take the pictures of the docs from that run.

It needs a Chromium on this machine, and writes no pictures of a demo that failed.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from rich.terminal_theme import SVG_EXPORT_THEME

from cartage_sandbox.demo.__main__ import run
from cartage_sandbox.demo.show import console, say, show
from cartage_sandbox.stack.airflow import AirflowStack
from cartage_sandbox.stack.chromium import MISSING, chromium, find_chromium
from cartage_sandbox.stack.deployment import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Page

_FOLDER = PROJECT / "docs/images"
_DAG = "orders__demo"
_COLUMNS = 112
# What a picture in a document should show of a page, at most.
_DESK_HEIGHT = 1300
# So many colours are enough for letters and badges, and a picture has a third of the bytes.
_COLOURS = 96
# Lines are slightly closer than the font is high, so that a table's vertical lines have no gaps.
_TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body {{ background: {background}; color: {foreground}; display: inline-block; margin: 0; padding: 24px; }}
pre {{ font: 20px/22px 'DejaVu Sans Mono', monospace; margin: 0; }}
{stylesheet}</style><pre>{code}</pre>"""
# What covers the graph, or is useless in a picture.
_PLAIN = """.react-flow__minimap, .react-flow__controls, .react-flow__attribution,
[aria-label="Download graph image"] { display: none !important; }"""


def main() -> int:
    """Take the pictures. Return the exit status."""
    program = find_chromium()
    if program is None:
        sys.exit(MISSING)
    started = time.monotonic()
    with ExitStack() as stack:
        demo = run(stack, started)
        airflow = demo.airflow
        console.record, console.width = True, _COLUMNS
        show(demo.results, demo.stock, time.monotonic() - started)
        if demo.faults:
            return 1
        with chromium(program) as browser:
            take_terminal(browser, _FOLDER / "demo-table.png")
            page = signed_in(browser, airflow)
            with airflow.client() as client:
                run_id = client.runs(_DAG)[0].run_id
            take_graph(
                page, f"{airflow.url}/dags/{_DAG}/runs/{quote(run_id, safe='')}", _FOLDER / "orders-graph.png"
            )
            take_desk(page, airflow.url, _FOLDER)
    say(f"The pictures are in {_FOLDER.relative_to(PROJECT)}.")
    return 0


def take_terminal(browser: Browser, file: Path) -> None:
    """Take a picture of what the console recorded, as a terminal shows it."""
    page = browser.new_page()
    page.set_content(console.export_html(theme=SVG_EXPORT_THEME, code_format=_TERMINAL))
    save_small(page.locator("body").screenshot(), file)
    page.close()


def signed_in(browser: Browser, airflow: AirflowStack) -> Page:
    """Return a page of the signed-in administrator, in a light and low window."""
    page = browser.new_page(viewport={"width": 1400, "height": 460}, color_scheme="light", timezone_id="UTC")
    page.goto(airflow.url)
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(airflow.passwords["admin"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{airflow.url}/")
    return page


def take_graph(page: Page, run_page: str, file: Path) -> None:
    """Take Airflow's graph of a run, over the whole width."""
    page.goto(run_page)
    page.get_by_role("button", name="Show Graph (Press g)").click()
    page.get_by_role("button", name="Collapse Details Panel").click()
    page.get_by_role("button", name="Fit View").click()
    page.add_style_tag(content=_PLAIN)
    page.get_by_text("TransferToWarehouseOperator").first.wait_for()
    save_small(page.screenshot(animations="disabled"), file)


@dataclass(frozen=True)
class Look:
    """How the desk looks in a picture: in a window of this width, in Airflow's light or dark theme."""

    name: str
    width: int
    theme: str


_EVERY_PAGE = Look("", 1280, "light")
# The pages that the docs show in other looks, too.
_FURTHER: Mapping[Look, tuple[str, ...]] = {
    Look("-dark", 1280, "dark"): ("lanes", "lane", "attention", "order"),
    Look("-phone", 390, "light"): ("lanes", "lane", "attention", "orders", "order", "reports"),
}
_PAGES: Mapping[str, str] = {
    "lanes": "home",
    "lane": "home?lane=demo",
    "attention": "attention",
    "orders": "orders",
    "activity": "activity",
    "reports": "reports?days=7",
    "mappings": "mappings?lane=demo",
    "stock": "stock?lane=demo",
    "differences": "differences?lane=demo",
    "coverage": "coverage?lane=demo",
    "skipped": "skipped?lane=demo",
    "files": "files?lane=files",
}


def take_desk(page: Page, url: str, folder: Path) -> None:
    """Take every page of the desk as an administrator sees it, and those that the docs show in every look."""
    pages = {**_PAGES, **_of_an_order(page, url)}
    for look, names in {_EVERY_PAGE: tuple(pages), **_FURTHER}.items():
        page.set_viewport_size({"width": look.width, "height": 760})
        page.evaluate("theme => localStorage.setItem('theme', theme)", look.theme)
        for name in names:
            page.goto(f"{url}/cartage/{pages[name]}")
            page.get_by_role("heading", level=1).wait_for()
            take_page(page, folder / f"desk-{name}{look.name}.png")
    page.evaluate("localStorage.removeItem('theme')")


def _of_an_order(page: Page, url: str) -> dict[str, str]:
    """Return the addresses of the two pages of an order that a buyer changed after it was sent."""
    page.goto(f"{url}/cartage/attention?kind=exception")
    entry = page.locator("details.entry").filter(has=page.locator("button[value='resend']")).first
    # A search for the number of one order leads to its page.
    page.goto(f"{url}/cartage/{entry.locator('a[href^=orders]').first.get_attribute('href')}")
    page.get_by_role("heading", name="Timeline").wait_for()
    query = page.url.partition("?")[2]
    return {"order": f"order?{query}", "payloads": f"payloads?{query}"}


def take_page(page: Page, file: Path) -> None:
    """Take the page down to its end, or as much of it as a picture in a document should show."""
    box = page.locator("main").bounding_box()
    width = page.viewport_size["width"] if page.viewport_size else _EVERY_PAGE.width
    height = min(box["y"] + box["height"], _DESK_HEIGHT) if box else _DESK_HEIGHT
    clip: FloatRect = {"x": 0, "y": 0, "width": width, "height": height}
    save_small(page.screenshot(animations="disabled", full_page=True, clip=clip), file)


def save_small(picture: bytes, file: Path) -> None:
    """Save a picture with few colours."""
    from PIL import Image

    with Image.open(io.BytesIO(picture)) as opened:
        few = opened.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
