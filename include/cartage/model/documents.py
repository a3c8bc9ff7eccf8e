"""Convert domain values to JSON documents and back. Decimals are text, times ISO 8601."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter, ValidationError

from cartage.errors.problems import Problem
from cartage.model.orders import Address, CheckoutQuestion, FulfillmentRequest, LineOption, SalesOrder

_SALES_ORDER = TypeAdapter(SalesOrder)
_ADDRESS = TypeAdapter(Address)
_REQUEST = TypeAdapter(FulfillmentRequest)
_QUESTIONS = TypeAdapter(tuple[CheckoutQuestion, ...])
_OPTIONS = TypeAdapter(tuple[LineOption, ...])
_PROBLEMS = TypeAdapter(tuple[Problem, ...])


def sales_order_document(order: SalesOrder) -> dict[str, Any]:
    """Return a sales order as a JSON document."""
    document: dict[str, Any] = _SALES_ORDER.dump_python(order, mode="json")
    return document


def sales_order_from(document: dict[str, Any]) -> SalesOrder:
    """Return the sales order of a document."""
    return _SALES_ORDER.validate_python(document)


def address_document(address: Address) -> dict[str, Any]:
    """Return an address as a JSON document."""
    document: dict[str, Any] = _ADDRESS.dump_python(address, mode="json")
    return document


def address_from(document: dict[str, Any]) -> Address:
    """Return the address of a document."""
    return _ADDRESS.validate_python(document)


def problems_from(document: list[dict[str, Any]]) -> tuple[Problem, ...]:
    """Return the problems of a document."""
    return _PROBLEMS.validate_python(document)


def questions_from(document: list[dict[str, Any]] | None) -> tuple[CheckoutQuestion, ...]:
    """Return the checkout questions of a document; none if it has none."""
    return _QUESTIONS.validate_python(document or [])


def options_document(options: tuple[LineOption, ...]) -> list[dict[str, Any]]:
    """Return a line's options as a JSON document."""
    document: list[dict[str, Any]] = _OPTIONS.dump_python(options, mode="json")
    return document


def options_from(document: list[dict[str, Any]]) -> tuple[LineOption, ...]:
    """Return the options of a document."""
    return _OPTIONS.validate_python(document)


def request_document(request: FulfillmentRequest) -> dict[str, Any]:
    """Return a request as a JSON document."""
    document: dict[str, Any] = _REQUEST.dump_python(request, mode="json")
    return document


def request_from(document: dict[str, Any]) -> FulfillmentRequest:
    """Return the request of a document."""
    return _REQUEST.validate_python(document)


def stored_request(document: dict[str, Any] | None) -> FulfillmentRequest | None:
    """Return the request of a stored document; None if there is none, or an older version wrote it in another form."""
    try:
        return None if document is None else request_from(document)
    except ValidationError:
        return None
