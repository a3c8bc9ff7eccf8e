"""Refusals: what they mean for the order, and that no hint contains personal data."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cartage.errors.problems import ProblemKind
from cartage.model.orders import FulfillmentRequest
from cartage.warehouses.contract import CancelOutcome
from cartage.warehouses.extensiv import faults


def exception(name: str, **fields: Any) -> dict[str, Any]:
    return {"$type": f"WMS.V2.Generic.Models.Exceptions.{name}, WMS.V2.Generic.Models", **fields}


def model_fault(code: str, name: str, value: object = None, hint: str = "") -> dict[str, Any]:
    properties = [{"Name": name, "Value": value}]
    return exception("ModelValidationException", Properties=properties, ErrorCode=code, Hint=hint)


def parsed(*bodies: dict[str, Any]) -> list[faults.ExtensivFault]:
    body = bodies[0] if len(bodies) == 1 else exception("ListException", Faults=list(bodies))
    return faults.parse_refusal(json.dumps(body))


def test_the_documented_body_is_read() -> None:
    text = (
        '{"$type":"WMS.V2.Generic.Models.Exceptions.QueryParameterException, WMS.V2.Generic.Models",'
        '"Parameters":["rql"],"ErrorCode":"NotParsable","Hint":"Properties not supported: gorp"}'
    )
    (fault,) = faults.parse_refusal(text)
    assert (fault.kind, fault.code, fault.about) == ("QueryParameterException", "NotParsable", "rql")
    assert str(fault) == "NotParsable rql: Properties not supported: gorp"


@pytest.mark.parametrize("text", ["", "<html>", "[]", '"text"', "{}", "null"])
def test_any_other_body_names_no_fault(text: str) -> None:
    assert faults.parse_refusal(text) == []


def test_each_fault_of_a_list_is_a_problem_of_its_own(request_: FulfillmentRequest) -> None:
    named = parsed(
        model_fault("DoesNotExist", "ItemIdentifier.Sku", "mug-red"),
        model_fault("Required", "ShipTo.Zip", None, "ShipTo.Zip is required."),
        model_fault("Required", "ShipTo.Zip", None, "ShipTo.Zip is required."),
    )
    problems = faults.refusal_problems(named, request_)
    assert [(problem.kind, problem.subject) for problem in problems] == [
        (ProblemKind.UNKNOWN_SKU, "MUG-RED"),
        (ProblemKind.REFUSED_BY_WAREHOUSE, "Required ShipTo.Zip"),
    ]
    assert "ShipTo.Zip is required" in problems[1].message


def test_an_unknown_sku_without_value_is_named_if_only_one_is_possible(request_: FulfillmentRequest) -> None:
    named = parsed(model_fault("DoesNotExist", "ItemIdentifier"))
    single_line = replace(request_, lines=request_.lines[:1])
    assert faults.refusal_problems(named, single_line)[0].subject == "MUG-RED"
    assert faults.refusal_problems(named, request_)[0].kind is ProblemKind.REFUSED_BY_WAREHOUSE


def test_a_problem_names_neither_the_person_nor_the_order(request_: FulfillmentRequest) -> None:
    address = request_.ship_to
    hint = (
        f"Value '{address.name}' of {address.address1}, {address.city} {address.zip_code} ({address.email}, "
        f"{address.phone}) is not supported for {request_.reference} / {request_.display_number}, no. 8812345"
    )
    (problem,) = faults.refusal_problems(
        parsed(model_fault("ValueNotSupported", "ShipTo.Name", "Zoë", hint)), request_
    )
    said = problem.message + problem.subject + problem.fix
    for secret in (
        "Zoë",
        "Brontë",
        "Harbor",
        "Rochester",
        "14607",
        "example.com",
        "585 555",
        request_.reference,
        "AB-1000",
        "8812345",
    ):
        assert secret not in said
    assert "is not supported" in said


def test_two_orders_with_the_same_fault_share_one_cause(request_: FulfillmentRequest) -> None:
    other = replace(request_, reference="A3_99_0", ship_to=replace(request_.ship_to, name="Ann Lee"))
    first = faults.refusal_problems(
        parsed(model_fault("ValueNotSupported", "ShipTo.Name", "", "'Zoë Brontë' is bad")), request_
    )
    second = faults.refusal_problems(
        parsed(model_fault("ValueNotSupported", "ShipTo.Name", "", "'Ann Lee' is bad")), other
    )
    assert first == second


def test_a_duplicate_is_recognised_alone_and_in_a_list() -> None:
    duplicate = model_fault("Duplicate", "ReferenceNum", "A3_1_0")
    assert faults.is_duplicate(parsed(duplicate))
    assert faults.is_duplicate(parsed(model_fault("Required", "X"), duplicate))
    assert faults.is_about_reference(parsed(duplicate))
    assert faults.is_about_reference(parsed(exception("ModelValidationException", ErrorCode="Duplicate")))
    assert not faults.is_about_reference(parsed(model_fault("Duplicate", "ExternalId")))


def test_an_unknown_customer_or_facility_is_not_a_fault_of_the_order() -> None:
    assert faults.unknown_party(parsed(model_fault("DoesNotExist", "CustomerIdentifier"))) == "customer"
    assert faults.unknown_party(parsed(model_fault("DoesNotExist", "FacilityIdentifier"))) == "facility"
    assert faults.unknown_party(parsed(model_fault("DoesNotExist", "ItemIdentifier.Sku", "X"))) == ""


def test_a_403_is_about_the_role_unless_it_names_a_business_rule() -> None:
    assert faults.is_permission([])
    assert faults.is_permission(
        parsed(exception("AuthorizationException", Hint="Role required: OrderImport"))
    )
    assert not faults.is_permission(parsed(exception("OperationException", ErrorCode="InUse")))


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("OrderConfirmed", CancelOutcome.TOO_LATE),
        ("AlreadyCompleted", CancelOutcome.TOO_LATE),
        ("OrderCanceled", CancelOutcome.CANCELLED),
        ("InUse", None),
    ],
)
def test_a_refused_cancel_has_a_known_outcome(code: str, outcome: CancelOutcome | None) -> None:
    assert faults.cancel_outcome(parsed(exception("OperationException", ErrorCode=code))) is outcome
