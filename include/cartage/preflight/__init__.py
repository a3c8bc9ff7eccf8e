"""Check store, warehouse and settings before a wrong one stops an order. Reads only.

Each step of the set-up has a section, which is a module. A finding is never a guess: what cannot be seen from outside
is reported as unknown.
"""

from __future__ import annotations

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
    from cartage.preflight.findings import Section
    from cartage.preflight.places import of_all_places

    module = import_module(f"cartage.preflight.sections.{name}")
    if name in _AT_WAREHOUSE and world.context.lane.warehouses:
        # What is wrong with the access to one warehouse keeps no other from being checked.
        places = {place.context.warehouse_name: _check(module, place) for place in world.places}
        return Section(name, module.TITLE, tuple(of_all_places(places)))
    return Section(name, module.TITLE, _check(module, world))


def _check(module: ModuleType, world: PreflightWorld) -> tuple[PreflightFinding, ...]:
    from cartage.errors import AuthFailed, NotSupported, PermissionDenied, RemoteError, SettingsError
    from cartage.preflight.findings import not_checked

    try:
        return tuple(module.check(world))
    except (AuthFailed, PermissionDenied, SettingsError, NotSupported) as failure:
        return (not_checked(module.TITLE, failure),)
    except RemoteError as failure:
        if name := world.context.warehouse_name:
            failure.name_warehouse(name)
        raise


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
