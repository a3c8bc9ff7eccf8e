"""The two versions that an exception is about, for a page: addresses only for users who may see them."""

from __future__ import annotations

from cartage.changes.views import version_lines
from cartage.lifecycle.exceptions import OrderException
from cartage_airflow.desk.access import LaneAccess
from cartage_airflow.desk.rendering import HIDDEN


def visible_versions(exception: OrderException, access: LaneAccess) -> list[tuple[str, str, str]]:
    """Return name, value before and value now of each field."""
    before, after = version_lines(exception.before), version_lines(exception.after)

    def visible(name: str, value: str) -> str:
        return value if access.may_act or "ship_to" not in name or not value else HIDDEN

    return [
        (name, visible(name, before.get(name, "")), visible(name, after.get(name, "")))
        for name in dict.fromkeys([*before, *after])
    ]
