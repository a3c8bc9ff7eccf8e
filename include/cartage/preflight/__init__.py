"""Preflight: what a store's owner must have right, looked at before it stops an order. Reads only.

One section, and one module, for each step of the set-up. A finding is never guessed: what cannot be seen from outside
is said to be unknown.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartage.errors import CartageError
    from cartage.preflight.findings import Section
    from cartage.preflight.world import PreflightWorld

# Each is a module here with `check(world)`, and a task of the DAG `preflight__<lane>`.
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


def run_section(name: str, world: PreflightWorld) -> Section:
    """Look at one section; its module is imported only now, so that DAG files stay light.

    Credentials and settings that stop a section from being looked at are the finding of the section that is about
    them; every other section says that it could not look.

    Raises:
        KeyError: if there is no such section.
        CartageError: a failure of the system, which may pass by itself.
    """
    if name not in SECTION_NAMES:
        raise KeyError(f"no section {name!r}; sections are {', '.join(SECTION_NAMES)}")
    from cartage.errors import AuthFailed, NotSupported, PermissionDenied, SettingsError
    from cartage.preflight.findings import Section, not_seen

    module = import_module(f"cartage.preflight.sections.{name}")
    try:
        findings = tuple(module.check(world))
    except (AuthFailed, PermissionDenied, SettingsError, NotSupported) as failure:
        findings = (not_seen(module.TITLE, failure),)
    return Section(name, module.TITLE, findings)


def failed_section(name: str, failure: CartageError) -> Section:
    """A section that broke off: a mistake, since nobody knows what it would have found. For callers without retries."""
    from cartage.preflight.findings import FindingKind, Section, failure_text, mistake

    title = str(import_module(f"cartage.preflight.sections.{name}").TITLE)
    what, fix = failure_text(failure)
    return Section(
        name, title, (mistake(FindingKind.NOT_SEEN, title, f"it broke off: {what}", fix or "Try again."),)
    )
