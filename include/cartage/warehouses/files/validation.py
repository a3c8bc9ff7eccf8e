"""What keeps an order from being sent as a file: what no order may lack, and what the format has no room for. Pure."""

from __future__ import annotations

from cartage.errors.problems import Problem
from cartage.model.orders import FulfillmentRequest
from cartage.warehouses.files.formats import FileFormat
from cartage.warehouses.requirements import missing_parts


def request_problems(request: FulfillmentRequest, file_format: FileFormat) -> list[Problem]:
    """Return everything that is wrong with an order; each cause once."""
    return list(dict.fromkeys([*missing_parts(request), *file_format.problems(request)]))
