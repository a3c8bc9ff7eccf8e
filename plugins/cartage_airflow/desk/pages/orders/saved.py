"""Saved views of the order list: saved under a name, for their owner or for everybody, and deleted again."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse

from cartage.operations.repo.saved_views import delete_view, save_view
from cartage_airflow.desk.access import CanActOnLanes
from cartage_airflow.desk.ledger import writing
from cartage_airflow.desk.pages.orders.wanted import VIEW_PARAMETERS
from cartage_airflow.desk.parameters import FormId, FormText, storable
from cartage_airflow.desk.rendering import redirect

router = APIRouter()


@router.post("/save_view")
def save(
    access: CanActOnLanes,
    name: FormText,
    query: Annotated[str, Form(max_length=2000)] = "",
    shared: Annotated[bool, Form()] = False,
) -> RedirectResponse:
    """Save the filters and the sorting of an address as a view, and show the list by it."""
    given = parse_qs(storable(query))
    view = {parameter: given[parameter] for parameter in VIEW_PARAMETERS if parameter in given}
    with writing() as connection:
        save_view(connection, access.by.actor, storable(name), view, shared=shared)
    return redirect("orders", **view)


@router.post("/delete_view")
def delete(access: CanActOnLanes, id: FormId) -> RedirectResponse:  # noqa: A002 - the name in the form
    """Delete one of the user's own views."""
    with writing() as connection:
        delete_view(connection, access.by.actor, id)
    return redirect("orders", lane="")
