"""Views of the order list that people saved: filters and sorting under a name, for themselves or for everybody.

A view has no search text: names and e-mail addresses would outlive the orders that they are about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from cartage.db.schema import saved_view
from cartage.errors import LedgerError

# More than a person looks for one in.
_MOST = 50
_LONGEST_NAME = 60
_NOW = func.clock_timestamp()


@dataclass(frozen=True, slots=True)
class SavedView:
    """A saved view; `query` are the parameters of the page's address."""

    id: int
    owner: str
    name: str
    shared: bool
    query: Mapping[str, list[str]]


def saved_views(connection: Connection, person: str) -> list[SavedView]:
    """Return the person's own views, then those that others share, by name."""
    view = saved_view.c
    query = (
        select(view.id, view.owner, view.name, view.shared, view.query)
        .where(or_(view.owner == person, view.shared))
        .order_by(view.owner != person, view.name, view.id)
        .limit(2 * _MOST)
    )
    return [SavedView(*row) for row in connection.execute(query)]


def save_view(
    connection: Connection, person: str, name: str, query: Mapping[str, list[str]], *, shared: bool
) -> None:
    """Save a view, or replace the person's view of that name.

    Raises:
        LedgerError: if the name is missing or too long, or the person has too many views.
    """
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME:
        raise LedgerError(f"A view needs a name of at most {_LONGEST_NAME} characters.")
    view = saved_view.c
    others = select(func.count()).where(view.owner == person, view.name != name)
    if connection.execute(others).scalar_one() >= _MOST:
        raise LedgerError(f"You have {_MOST} views. Delete one of them first.")
    new = insert(saved_view).values(owner=person, name=name, shared=shared, query=dict(query))
    connection.execute(
        new.on_conflict_do_update(
            index_elements=["owner", "name"],
            set_={"shared": shared, "query": new.excluded.query, "saved_at": _NOW},
        )
    )


def delete_view(connection: Connection, person: str, view_id: int) -> None:
    """Delete one of the person's own views.

    Raises:
        LedgerError: if the person has no such view.
    """
    view = saved_view.c
    done = connection.execute(delete(saved_view).where(view.id == view_id, view.owner == person))
    if not done.rowcount:
        raise LedgerError("You have no such view. Only the person who saved a view can delete it.")
