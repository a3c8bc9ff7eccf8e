"""Result arrays of writes and bodies of refusals, in all shapes that the rules allow (sections 6.3, 9).

It decides no outcome; the handlers do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from cartage_sandbox.kernel.rules import Rules
from cartage_sandbox.threedcart.wire.fields import FieldError
from cartage_sandbox.threedcart.wire.messages import ApiError, Reply, encode

UPDATED = "updated successfully"
CREATED = "Created successfully"
DENIED = "Authorization has been denied for this request."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one element of a write."""

    key: str
    value: str
    status: int = 200
    message: str = UPDATED


def attempt(key: str, value: Any, write: Callable[[], None]) -> Outcome:
    """Perform a write and return its outcome."""
    shown = "" if value is None else str(value)
    try:
        write()
    except KeyError:
        return Outcome(key, shown, 404, f"{key} not found")
    except FieldError as error:
        return Outcome(key, shown, 400, str(error))
    return Outcome(key, shown)


class Results:
    """Turns outcomes and refusals into replies."""

    def __init__(self, rules: Rules, rng: Random) -> None:
        self._rules, self._rng = rules, rng

    def single(self, outcome: Outcome) -> Reply:
        """Return the reply to a write of a single thing. Its status is the HTTP status, and a failure is a refusal."""
        if outcome.status >= 400:
            return self.refusal(ApiError(outcome.status, outcome.message))
        return Reply(outcome.status, self._array([outcome]))

    def bulk(self, outcomes: Sequence[Outcome]) -> Reply:
        """Return the reply to a bulk write: 206 if any element failed."""
        failed = sum(outcome.status >= 400 for outcome in outcomes)
        status = 206 if failed else 200
        if failed == len(outcomes):
            status = self._rules.integer("bulk_all_failed_status")
        return Reply(status, self._array(self._with_quirks(outcomes)))

    def refusal(self, error: ApiError) -> Reply:
        """Return the reply to a refused call."""
        outcome = Outcome("Error", "", error.status, error.message)
        if error.status == 401:
            return self._denial(outcome)
        if error.status in (400, 404) and self._rules.flag("errors_as_200"):
            return Reply(200, self._array([outcome]))
        rule = {404: "not_found_body", 400: "bad_request_body"}.get(error.status)
        bare = rule is not None and self._rules[rule] == "empty" and not error.firm
        return Reply(error.status, b"" if bare else self._array([outcome]))

    def _denial(self, outcome: Outcome) -> Reply:
        match self._rules["auth_failure_body"]:
            case "empty":
                return Reply(401)
            case "message":
                return Reply(401, encode({"Message": DENIED}), "Error")
            case _:
                return Reply(401, self._array([outcome]))

    def _with_quirks(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        shown = list(outcomes)
        every = self._rules.integer("results_omit_every")
        if every:
            shown = [each for position, each in enumerate(shown, 1) if position % every]
        if self._rules["results_order"] == "reversed":
            shown.reverse()
        elif self._rules["results_order"] == "shuffled":
            self._rng.shuffle(shown)
        return shown

    def _array(self, outcomes: Sequence[Outcome]) -> bytes:
        as_text = self._rules["result_status_type"] == "text"
        return encode(
            [
                {
                    "Key": each.key,
                    "Value": each.value,
                    "Status": str(each.status) if as_text else each.status,
                    "Message": each.message,
                }
                for each in outcomes
            ]
        )
