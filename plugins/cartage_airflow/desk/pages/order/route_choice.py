"""How an order goes on that no warehouse of its lane has in full: a person chooses, and the next run decides by it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, status
from fastapi.responses import RedirectResponse

from cartage.model.orders import RoutingChoice
from cartage.operations.routing_choices import choose_routing
from cartage_airflow.desk.access import CanAct
from cartage_airflow.desk.ledger import writing
from cartage_airflow.desk.parameters import FormId
from cartage_airflow.desk.rendering import redirect

router = APIRouter()


@router.post("/order_routing")
def choose(
    access: CanAct,
    id: FormId,  # noqa: A002 - the name in the form
    choice: Annotated[str, Form()],
) -> RedirectResponse:
    """Keep the choice for the order's unsent parts, then show the order again."""
    names = {each.name.lower(): each for each in RoutingChoice}
    if choice not in names:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, f"Choose one of {', '.join(names)}.")
    with writing() as connection:
        choose_routing(connection, access.lane, id, names[choice], access.by)
    return redirect("order", lane=access.lane.name, id=id)
