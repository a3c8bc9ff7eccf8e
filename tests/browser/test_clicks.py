"""The ten jobs of a day on a real Airflow, each from the desk's first page within four clicks.

Each is done twice: on a wide screen in light, and on a phone in dark. Those that only read are done in the other theme
as well. `tests/contract/desk/test_clicks.py` counts the same clicks without Airflow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.browser.conftest import Site
from tests.browser.test_desk import run
from tests.contract.desk.person import MOST, Person

pytestmark = pytest.mark.browser

LANE = "clicks"
ORDERS = 5
_PATIENCE_MS = 60_000


@dataclass(frozen=True)
class Screen:
    """What somebody sits in front of; `word` and ship method tell its orders from those of the other."""

    width: int
    theme: Literal["light", "dark"]
    word: str
    method: str


SCREENS = (
    Screen(1280, "light", "Wide", "Ground standard delivery"),
    Screen(390, "dark", "Phone", "Ground flat rate"),
)
# The same orders are seen on these.
OTHER_THEMES = tuple(
    replace(screen, theme="dark" if screen.theme == "light" else "light") for screen in SCREENS
)
# The orders of each screen, by what is done with them.
FOUND, HELD, SKIPPED = "Quill", "Holden", "Skipton"


@pytest.fixture(scope="module")
def lane(site: Site) -> None:
    """Import orders of yesterday: for each screen, some with a ship method that has no mapping, and some with names."""
    start = datetime.now(UTC) - timedelta(days=1, hours=1)
    for screen in SCREENS:
        ids = site.clicks.fill(ORDERS, start=start, end=start + timedelta(hours=1), mix={"single": 1.0})
        for order_id in ids["single"]:
            ship(site, order_id, ShipmentMethodName=screen.method)
        named = [FOUND, *[HELD] * 4, *[SKIPPED] * 3]
        more = site.clicks.fill(len(named), start=start, end=start + timedelta(hours=1), mix={"single": 1.0})
        for name, order_id in zip(named, more["single"], strict=True):
            # Another method, so that a mapping releases none of them.
            ship(
                site,
                order_id,
                ShipmentMethodName=f"{name} {screen.word}",
                ShipmentFirstName=name,
                ShipmentLastName=screen.word,
            )
    with site.airflow.client() as client:
        client.wait_for_dags([f"orders__{LANE}", "desk_jobs"])
        run(client, f"orders__{LANE}", window=True)
    for screen in SCREENS:
        prepare(site, screen)
    site.deployment.cartage("ledger", "rebuild-reports")


def ship(site: Site, order_id: int, **shipment: str) -> None:
    """Change where an order ships to, and how, as the shopper chose it."""
    order = site.clicks.store.order(order_id)
    site.clicks.store.edit(order_id, ShipmentList=[order["ShipmentList"][0] | shipment])


def prepare(site: Site, screen: Screen) -> None:
    """Hold orders by a rule, and ask about one: the lane's own runs would need hours for both."""
    named = "SELECT id FROM fulfillment_order WHERE lane = %s AND ship_to ->> 'name' = %s"
    site.ledger(
        f"UPDATE fulfillment_order SET state = 'held', cause_ids = '{{}}', reason = 'over 500', "
        f"held_until = now() + interval '9 days' WHERE id IN ({named})",
        LANE,
        f"{HELD} {screen.word}",
    )
    site.ledger(
        "INSERT INTO hold (lane, fulfillment_order_id, source, rule, reason, owner, until, placed_by) "
        f"SELECT %s, id, 'rule', %s, 'over 500', 'bob', now() + interval '9 days', 'rule' FROM ({named}) held",
        LANE,
        f"fraud {screen.word}",
        LANE,
        f"{HELD} {screen.word}",
    )
    site.ledger(
        "INSERT INTO exception (lane, sales_order_id, fulfillment_order_id, kind, message, choices, run_id) "
        "SELECT f.lane, f.sales_order_id, f.id, 'cancelled_after_transfer', "
        "'the store cancelled it after the warehouse got it', ARRAY['ignore'], 'orders__clicks/old/import_orders/1' "
        f"FROM fulfillment_order f WHERE f.id IN ({named})",
        LANE,
        f"{FOUND} {screen.word}",
    )


def name_of(screen: Screen) -> str:
    return f"{screen.width}-{screen.theme}"


# What changes nothing can be done on every screen.
on_every_screen = pytest.mark.parametrize("screen", [*SCREENS, *OTHER_THEMES], ids=name_of, indirect=True)


@pytest.fixture(params=SCREENS, ids=name_of)
def screen(request: pytest.FixtureRequest) -> Screen:
    found: Screen = request.param
    return found


@pytest.fixture
def person(
    lane: None, browser: Browser, signed_in: StorageState, site: Site, screen: Screen
) -> Iterator[Person]:
    context = browser.new_context(
        viewport={"width": screen.width, "height": 900}, color_scheme=screen.theme, storage_state=signed_in
    )
    context.set_default_timeout(_PATIENCE_MS)
    expect.set_options(timeout=_PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{site.airflow.url}/cartage/home")
    expect(page.get_by_role("heading", name="All lanes")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= screen.width
    somebody = Person(page)
    yield somebody
    context.close()
    assert 0 < somebody.clicks <= MOST


def test_unblock_five_orders_by_a_mapping(person: Person, screen: Screen) -> None:
    person.menu("Needs attention")
    entry = person.open_entry(f"'{screen.method}' has no mapping")
    expect(entry).to_contain_text(f"{ORDERS} orders")
    person.click(entry.get_by_label("UPS Ground").first)
    person.click(entry.get_by_role("button", name="Save the mapping and release its orders"))
    # A task in Airflow checks them; the page follows it.
    expect(person.page.get_by_role("status")).to_contain_text("Done", timeout=120_000)
    expect(person.page.locator("dl")).to_contain_text(f"Ready{ORDERS}")


@on_every_screen
def test_find_an_order_by_its_name(person: Person, screen: Screen) -> None:
    person.find(f"{FOUND} {screen.word}".lower())
    expect(person.page.locator("address")).to_contain_text(f"{FOUND} {screen.word}")


@on_every_screen
def test_see_why_an_order_has_not_shipped(person: Person, screen: Screen) -> None:
    person.find(f"{FOUND} {screen.word}")
    expect(person.page.locator("main h2").first).to_contain_text("cancelled it after the warehouse got it")
    expect(person.page.get_by_role("button", name="Ignore")).to_be_visible()


def test_release_all_of_a_hold(person: Person, screen: Screen) -> None:
    person.menu("Needs attention")
    entry = person.open_entry(f"fraud {screen.word}")
    person.click(entry.get_by_role("button", name="Release all 4"))
    expect(person.page.get_by_role("heading", name="Release holds")).to_be_visible()
    expect(person.page.get_by_role("status")).to_contain_text("Done", timeout=120_000)


@on_every_screen
def test_see_what_happened_last_night(person: Person) -> None:
    person.menu("Activity")
    person.page.get_by_label("Since").fill("last night")
    person.click(person.page.get_by_role("button", name="Show"))
    # The page changes in place: only the filtered one has this link.
    expect(person.page.get_by_role("link", name="Show all", exact=True)).to_be_visible()
    expect(person.page.locator(".feed li").first).to_be_visible()
    # What a stage did leads to its run in Airflow.
    person.choose(person.page.get_by_label("Stage"), "validate_mappings")
    person.click(person.page.get_by_role("button", name="Show"))
    expect(person.page.get_by_label("Stage")).to_have_value("validate_mappings")
    runs = person.page.locator(".feed a[href*='/dags/']")
    expect(runs.first).to_have_attribute("href", re.compile(r"/dags/\w+/runs/"))


@on_every_screen
def test_see_yesterdays_throughput(person: Person, site: Site) -> None:
    person.menu("Reports")
    table = person.page.get_by_role("region", name=re.compile("^Throughput")).first
    placed = {order["OrderDate"][:10] for order in _orders(site)}
    assert placed
    for day in placed:
        row = table.get_by_role("row").filter(has_text=day)
        expect(row).to_contain_text(re.compile(r"\d"))


def _orders(site: Site) -> list[dict[str, str]]:
    return [entry.data() for entry in site.clicks.store.state.orders.entries()]


@on_every_screen
def test_see_a_months_trend(person: Person) -> None:
    person.menu("Reports")
    person.click(person.page.get_by_role("link", name="90 days"))
    expect(person.page.get_by_role("link", name="90 days")).to_have_attribute("aria-current", "true")
    expect(person.page.locator("svg.picture:visible").first).to_have_attribute(
        "aria-label", re.compile(r"[1-9]")
    )


@on_every_screen
def test_compare_the_warehouses_speed(person: Person) -> None:
    person.menu("Reports")
    person.click(person.page.get_by_role("link", name="by warehouse"))
    times = person.page.locator("section[aria-labelledby=times]")
    expect(times.get_by_role("cell", name="extensiv_demo").first).to_be_visible()


def test_snooze_and_assign_a_cause(person: Person, screen: Screen) -> None:
    person.menu("Needs attention")
    entry = person.open_entry(f"'{SKIPPED} {screen.word}' has no mapping")
    entry.get_by_label("Owner").fill("bea")
    person.choose(entry.get_by_label("Snooze"), "for 4 hours")
    person.click(entry.get_by_role("button", name="Save", exact=True))
    expect(person.page.get_by_role("status")).to_contain_text("Your note is saved")


def test_skip_many_orders_after_a_preview(person: Person, screen: Screen) -> None:
    person.find(f"{SKIPPED} {screen.word}")
    person.click(person.page.get_by_label("all that match"))
    person.click(person.page.get_by_role("button", name="Skip ..."))
    expect(person.page.get_by_role("status")).to_contain_text("3 of 3 orders would be skipped")
    person.page.get_by_label("Reason").fill("sold over the counter")
    person.click(person.page.get_by_role("button", name="Skip 3 orders"))
    expect(person.page.get_by_role("status")).to_contain_text("3 skipped")
