"""The page of one order, the decisions about it, the operator actions on it, and notes.

Each action is an event with the person's name.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, status
from fastapi.responses import HTMLResponse, RedirectResponse

from cartage.errors.problems import ProblemKind
from cartage.lanes.kinds import PAGE_NAMES
from cartage.lifecycle import exceptions
from cartage.model.exceptions import MEANINGS as CHOICE_MEANINGS
from cartage.model.exceptions import Choice
from cartage.model.skip_reasons import MERGED
from cartage.operations import order_actions
from cartage.operations.corrections import CORRECTABLE, correct_order
from cartage.operations.order_actions import MEANINGS, OrderAction
from cartage.operations.routing_choices import MEANINGS as ROUTING_CHOICES
from cartage.operations.views.order_file import EVENTS, OrderFile, order_file
from cartage.routing.views.comparison import place_text
from cartage.routing.views.explanation import explain_order
from cartage.storefront.corrections import ADDRESS_FIELDS
from cartage_airflow.desk.access import CanAct, CanSee
from cartage_airflow.desk.ledger import reading, writing
from cartage_airflow.desk.pages.order.outside_links import order_link, tracking_link
from cartage_airflow.desk.parameters import FormId, FormText, PageId, QueryId, storable
from cartage_airflow.desk.rendering import redirect, render
from cartage_airflow.desk.versions import visible_versions
from cartage_airflow.links import airflow_path

if TYPE_CHECKING:
    from cartage.lanes.settings.lane import Lane

router = APIRouter()


@router.get("/order", response_class=HTMLResponse)
def order(
    request: Request,
    access: CanSee,
    id: QueryId,  # noqa: A002 - the name in the address
    before: PageId = None,
) -> HTMLResponse:
    """Show an order; `before` pages its timeline."""
    with reading() as connection:
        file = order_file(connection, access.lane.name, id, before=before)
        several = file is not None and access.lane.warehouses and before is None
        routing = explain_order(connection, access.lane, id) if several else None
    if file is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "This lane has no such order.")
    order = file.order
    numbers = {name: str(order[name] or "") for name in PAGE_NAMES}
    return render(
        request,
        "order/template.html",
        access=access,
        file=file,
        order=order,
        exceptions=[(exception, visible_versions(exception, access)) for exception in file.exceptions],
        choices=CHOICE_MEANINGS,
        store_page=order_link(access.lane.store.order_page, numbers),
        warehouse_page=order_link(_order_page(access.lane, order["warehouse"]), numbers),
        run_page=airflow_path,
        correctable=file.state in CORRECTABLE and order["cancel_wanted_at"] is None,
        address_fields=ADDRESS_FIELDS,
        merged=MERGED,
        routing_choices=ROUTING_CHOICES if _waits_for_stock(file, access.lane) else {},
        actions={action: MEANINGS[action] for action in file.standing.allows()} if access.may_act else {},
        earlier=file.events[-1].id if len(file.events) == EVENTS else None,
        first=before is None,
        tracking_link=tracking_link,
        routing=routing,
        place_text=place_text,
    )


def _waits_for_stock(file: OrderFile, lane: Lane) -> bool:
    return bool(lane.warehouses) and any(cause["kind"] == ProblemKind.NOT_ROUTED for cause in file.causes)


def _order_page(lane: Lane, warehouse: str) -> str | None:
    """Return the address of an order's page at its warehouse; None if it has none, or has left the lane."""
    return lane.at(warehouse).warehouse.order_page if warehouse in lane.warehouse_names() else None


@router.post("/order")
def act(
    access: CanAct,
    id: FormId,  # noqa: A002 - the name in the form
    action: Annotated[OrderAction, Form()],
    reason: FormText = "",
    days: Annotated[int, Form(ge=1, le=365)] = 1,
) -> RedirectResponse:
    """Carry out an operator action, then show the order again."""
    lane, by, why = access.lane.name, access.by, storable(reason)
    with writing() as connection:
        match action:
            case OrderAction.RETRY:
                order_actions.retry_order(connection, lane, id, by)
            case OrderAction.RESTART:
                order_actions.restart_order(connection, lane, id, by)
            case OrderAction.RELEASE:
                order_actions.release_order(connection, lane, id, by)
            case OrderAction.HOLD:
                order_actions.hold_order_by_hand(connection, lane, id, why, timedelta(days=days), by)
            case OrderAction.SKIP:
                order_actions.skip_order(connection, lane, id, why, by)
    return redirect("order", lane=lane, id=id)


@router.post("/order_decision")
def decide(
    access: CanAct,
    id: FormId,  # noqa: A002 - the name in the form
    exception: FormId,
    choice: Annotated[Choice, Form()],
) -> RedirectResponse:
    """Record the decision about an exception of the order, then show the order again; the next run carries it out."""
    with writing() as connection:
        found = exceptions.get_exception(connection, exception)
        if found is None or found.lane != access.lane.name:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "This lane has no such exception.")
        exceptions.decide(connection, exception, choice.value, access.by)
    return redirect("order", lane=access.lane.name, id=id)


@router.post("/order_note")
def note(access: CanAct, id: FormId, text: FormText) -> RedirectResponse:  # noqa: A002 - the name in the form
    """Add a note to the order, then show it again."""
    with writing() as connection:
        order_actions.note_on_order(connection, access.lane.name, id, storable(text), access.by)
    return redirect("order", lane=access.lane.name, id=id)


def address_in_form(
    name: FormText = "",
    company: FormText = "",
    address1: FormText = "",
    address2: FormText = "",
    city: FormText = "",
    state: FormText = "",
    zip_code: FormText = "",
    country: FormText = "",
    phone: FormText = "",
) -> dict[str, str]:
    """Return the fields of an address, as they were typed."""
    typed = {"name": name, "company": company, "address1": address1, "address2": address2, "city": city}
    typed |= {"state": state, "zip_code": zip_code, "country": country, "phone": phone}
    return {field: storable(text) for field, text in typed.items()}


@router.post("/correct_order")
def correct(
    access: CanAct,
    id: FormId,  # noqa: A002 - the name in the form
    address: Annotated[dict[str, str], Depends(address_in_form)],
    ship_method: FormText = "",
    reason: FormText = "",
) -> RedirectResponse:
    """Correct the address or the ship method of an order that was not sent, then show it again."""
    method, why = storable(ship_method), storable(reason)
    with writing() as connection:
        post = access.lane.post_back.corrections
        correct_order(connection, access.lane.name, id, address, method, why, access.by, post=post)
    return redirect("order", lane=access.lane.name, id=id)
