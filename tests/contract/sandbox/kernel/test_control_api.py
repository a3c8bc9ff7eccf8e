"""The control API over HTTP: journal, rules, faults and clock of a running emulator."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.contract.sandbox.kernel.conftest import Served


def call(served: Served, method: str, path: str, **kwargs: Any) -> Any:
    response = served.http.request(method, f"{served.url}/_sandbox{path}", timeout=5, **kwargs)
    assert response.status_code < 300, response.text
    return response.json()


def test_health_names_the_api(served: Served) -> None:
    assert call(served, "GET", "/health")["api"] == "counter"


def test_a_finished_request_is_in_the_journal_at_once(served: Served) -> None:
    for number in range(1, 30):
        served.post()
        assert len(served.emulator.journal.entries("request")) == number


def test_the_journal_has_requests_effects_and_the_bodies_of_writes(served: Served) -> None:
    served.post()
    served.http.get(f"{served.url}/count?verbose=1", timeout=5)
    effect, write, read = call(served, "GET", "/journal")["entries"]
    assert (effect["kind"], effect["key"]) == ("count.added", "1")
    assert (write["method"], write["path"], write["status"]) == ("POST", "/count", 201)
    assert write["detail"] == {"add": 1}
    assert (read["path"], read["detail"]) == ("/count?verbose=1", None)


def test_the_journal_keeps_no_headers_and_no_body_of_a_secret_path(served: Served) -> None:
    headers = {"Authorization": "Bearer hush-hush"}
    served.http.post(f"{served.url}/secret", json={"password": "hush-hush"}, headers=headers, timeout=5)
    assert "hush-hush" not in str(call(served, "GET", "/journal"))


def test_only_the_size_of_a_broken_body_is_in_the_journal(served: Served) -> None:
    served.http.post(f"{served.url}/count", data=b"{half", timeout=5)
    assert served.emulator.journal.entries("request")[-1]["detail"] == {"unparsed_bytes": 5}


def test_the_journal_is_read_by_kind_since_and_limit_and_cleared(served: Served) -> None:
    for _ in range(3):
        served.post()
    page = call(served, "GET", "/journal?kind=count.added&since=1&limit=1")
    assert ([entry["key"] for entry in page["entries"]], page["last"]) == (["2"], 6)
    assert call(served, "DELETE", "/journal")["last"] == 6
    assert call(served, "GET", "/journal")["entries"] == []


def test_control_calls_leave_no_trace_and_hit_no_fault(served: Served) -> None:
    call(served, "POST", "/faults", json={"route": ".", "kind": "reset", "nth": 0})
    call(served, "GET", "/health")
    assert call(served, "GET", "/journal")["entries"] == []


def test_a_rule_is_changed_at_run_time(served: Served) -> None:
    (rule,) = call(served, "PATCH", "/rules", json={"step": 5})["rules"]
    assert (rule["name"], rule["value"], rule["default"], rule["evidence"]) == ("step", 5, 1, "assumed")
    assert call(served, "GET", "/rules")["rules"][0]["value"] == 5


def test_faults_are_armed_listed_and_disarmed(served: Served) -> None:
    described = [{"route": "GET", "kind": "reset"}, {"route": "POST", "kind": "close", "moment": "after"}]
    assert call(served, "POST", "/faults", json=described)["ids"] == [1, 2]
    assert [fault["kind"] for fault in call(served, "GET", "/faults")["faults"]] == ["reset", "close"]
    assert [fault["id"] for fault in call(served, "DELETE", "/faults?id=1")["faults"]] == [2]
    assert call(served, "DELETE", "/faults")["faults"] == []


def test_the_clock_is_advanced(served: Served) -> None:
    before = datetime.fromisoformat(call(served, "GET", "/clock")["now"])
    after = datetime.fromisoformat(call(served, "POST", "/clock", json={"advance": 3600})["now"])
    assert (after - before).total_seconds() >= 3600


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/rules", {"step": "wide"}),
        ("PATCH", "/rules", {"stride": 1}),
        ("POST", "/faults", {"route": "GET", "kind": "explode"}),
        ("POST", "/clock", {"advance": -1}),
        ("POST", "/clock", {"forward": 1}),
        ("POST", "/reset", {"to": "zero"}),
    ],
)
def test_an_invalid_control_call_is_a_400_with_the_reason(
    served: Served, method: str, path: str, body: dict[str, Any]
) -> None:
    response = served.http.request(method, f"{served.url}/_sandbox{path}", json=body, timeout=5)
    assert response.status_code == 400
    assert response.json()["error"]


def test_the_emulators_own_control_routes_are_served(served: Served) -> None:
    call(served, "POST", "/reset", json={"to": 9})
    assert served.emulator.count == 9
