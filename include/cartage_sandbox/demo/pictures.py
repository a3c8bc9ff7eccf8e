"""`python -m cartage_sandbox.demo.pictures`: run the demo, and take the pictures of the docs from that run.

It needs a Chromium on this machine, and writes no pictures of a demo that failed.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from rich.terminal_theme import SVG_EXPORT_THEME

from cartage_sandbox.demo.__main__ import run
from cartage_sandbox.demo.show import console, faults_in, say, show
from cartage_sandbox.stack.airflow import AirflowStack
from cartage_sandbox.stack.chromium import MISSING, chromium, find_chromium
from cartage_sandbox.stack.deployment import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Page

_FOLDER = PROJECT / "docs/images"
_DAG = "orders__demo"
_COLUMNS = 112
_DESK_WIDTH, _DESK_HEIGHT = 1200, 1300
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
        lanes, stock, airflow = run(stack, started)
        console.record, console.width = True, _COLUMNS
        show(lanes, stock, time.monotonic() - started)
        if faults_in(lanes, stock):
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
    page.locator("body").screenshot(path=file)
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
    page.get_by_text("TransferToWarehouseOperator").wait_for()
    page.screenshot(path=file, animations="disabled")


def take_desk(page: Page, url: str, folder: Path) -> None:
    """Take every page of the desk as an administrator sees it: all lanes, those in its navigation, a shipped order."""
    page.set_viewport_size({"width": _DESK_WIDTH, "height": 760})
    hold_one(page, url)
    page.goto(f"{url}/cartage/home")
    page.get_by_role("heading", level=1).wait_for()
    take_page(page, folder / "desk-lanes.png")
    page.goto(f"{url}/cartage/home?lane=demo")
    links = page.get_by_role("navigation").get_by_role("link").all()
    for address in [link.get_attribute("href") or "" for link in links]:
        page.goto(f"{url}/cartage/{address}")
        page.get_by_role("heading", level=1).wait_for()
        take_page(page, folder / f"desk-{address.partition('?')[0]}.png")
    page.goto(f"{url}/cartage/orders?lane=demo&state=shipped")
    page.locator("tbody a").first.click()
    page.get_by_role("heading", name="Timeline").wait_for()
    take_page(page, folder / "desk-order.png")


def hold_one(page: Page, url: str) -> None:
    """Hold a blocked order, as a person would: the demo itself holds none."""
    page.goto(f"{url}/cartage/orders?lane=demo&state=blocked")
    page.locator("tbody a").first.click()
    hold = page.locator("form").filter(has=page.get_by_role("button", name="Hold", exact=True))
    hold.get_by_label("Reason").fill("the customer calls back about the address")
    hold.get_by_role("button").click()
    page.get_by_text("the customer calls back about the address").first.wait_for()


def take_page(page: Page, file: Path) -> None:
    """Take the page down to its end, or as much of it as a picture in a document should show."""
    box = page.locator("main").bounding_box()
    height = min(box["y"] + box["height"], _DESK_HEIGHT) if box else _DESK_HEIGHT
    clip: FloatRect = {"x": 0, "y": 0, "width": _DESK_WIDTH, "height": height}
    page.screenshot(path=file, animations="disabled", full_page=True, clip=clip)


if __name__ == "__main__":
    sys.exit(main())
