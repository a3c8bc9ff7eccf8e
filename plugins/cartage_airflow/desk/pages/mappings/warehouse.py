"""The warehouse that a form of mappings names, checked against the lane."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, HTTPException, status

from cartage_airflow.desk.access import CanMap


def known_warehouse(access: CanMap, warehouse: Annotated[str, Form(max_length=40)] = "") -> str:
    """Return the warehouse of the lane that a form names; empty for all of them.

    Raises:
        HTTPException: 422 if the lane has no such warehouse.
    """
    if warehouse and warehouse not in access.lane.warehouses:
        text = "The lane has no such warehouse. Open the page again."
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, text)
    return warehouse
