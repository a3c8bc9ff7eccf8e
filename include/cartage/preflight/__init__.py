"""Check store, warehouse and settings before a wrong one stops an order. Reads only.

Each step of the set-up has a section, which is a module. A finding is never a guess: what cannot be seen from outside
is reported as unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from cartage.errors import CartageError
    from cartage.preflight.findings import PreflightFinding, Section
    from cartage.preflight.world import PreflightWorld

# Each is a module in `sections` with `check(world)`, and a task of the DAG `preflight__<lane>`.
SECTION_NAMES = (
    "api_access",
    "store_clock",
    "order_statuses",
    "product_skus",
    "inventory_tracking",
    "ship_methods",
    "warehouse_access",
    "lanes",
)


# Sections about a warehouse: a lane with several has one result, with the findings of each.
_AT_WAREHOUSE = frozenset({"product_skus", "ship_methods", "warehouse_access"})


def run_section(name: str, world: PreflightWorld) -> Section:
    """Check one section. Its module is imported only now, so that DAG files stay light.

    Wrong credentials and settings are a mistake in the section that is about them. In every other section they are
    unknown: it could not be checked.

    Raises:
        KeyError: if there is no such section.
        CartageError: a failure of the system, which may be temporary.
    """
    if name not in SECTION_NAMES:
        raise KeyError(f"no section {name!r}; sections are {', '.join(SECTION_NAMES)}")
    from cartage.errors import AuthFailed, NotSupported, PermissionDenied, SettingsError
    from cartage.preflight.findings import Section, not_checked

    module = import_module(f"cartage.preflight.sections.{name}")
    try:
        findings = tuple(_check(name, module, world))
    except (AuthFailed, PermissionDenied, SettingsError, NotSupported) as failure:
        findings = (not_checked(module.TITLE, failure),)
    return Section(name, module.TITLE, findings)


def _check(name: str, module: ModuleType, world: PreflightWorld) -> Iterator[PreflightFinding]:
    from cartage.preflight.places import of_all_places

    if name in _AT_WAREHOUSE and world.context.lane.warehouses:
        return of_all_places(
            {place.context.warehouse_name: list(module.check(place)) for place in world.places}
        )
    found: Iterator[PreflightFinding] = module.check(world)
    return found


def failed_section(name: str, failure: CartageError) -> Section:
    """Return a section that could not be finished, as a mistake, for callers that do not retry."""
    from cartage.preflight.findings import FindingKind, Section, failure_text, mistake

    title = str(import_module(f"cartage.preflight.sections.{name}").TITLE)
    what, fix = failure_text(failure)
    return Section(
        name,
        title,
        (mistake(FindingKind.NOT_CHECKED, title, f"the check failed: {what}", fix or "Try again."),),
    )
