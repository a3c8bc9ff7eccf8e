"""A stored request in the warehouse's form, for people to read."""

from __future__ import annotations

import logging
from typing import Any

from cartage.model.documents import stored_request
from cartage.warehouses.contract import Warehouse

log = logging.getLogger(__name__)


def shown_payload(warehouse: Warehouse, document: dict[str, Any]) -> dict[str, Any]:
    """Return what the warehouse gets for a stored request; the document itself if the connector cannot translate it."""
    request = stored_request(document)
    if request is None:
        return document
    try:
        return warehouse.payload(request)
    except Exception:
        log.exception("the connector fails on the request of %s", request.reference)
        return document
