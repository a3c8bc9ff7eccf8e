"""The two tasks of `required_actions__<lane>`: one asks and waits, holding no worker, one carries the answer out.

Imported by the family alone, since what people are asked with is heavy to import.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowSkipException

from cartage.errors import CartageError, SettingsError
from cartage_airflow.operators.base import StageOperator
from cartage_airflow.required_actions import ASK_TASK
from cartage_airflow.resolver import AirflowResolver

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.execution_time.hitl import HITLUser
    from sqlalchemy import Connection

    from cartage.lanes.settings.lane import Lane
    from cartage.operations.required_actions.causes import ActionDecision, ActionResult
    from cartage.runtime.context import StageContext
    from cartage_airflow.required_actions.question import Choices

MAPPING, REASON, DAYS = "mapping", "reason", "hold_days"
_LONGEST_REASON = 500
_DAYS, _MOST_DAYS = 3, 90


class AskOperator(HITLOperator):
    """Asks about one opening of a cause, or one stopped push of stock, and waits for as long as nobody answers.

    What is asked is in the ledger: Airflow's own record of it is only what a person sees.

    :param lane: name of the lane in lanes.yaml.
    """

    stage: ClassVar[str] = ASK_TASK
    ui_color = "#dbe7f0"

    def __init__(self, *, lane: str, **kwargs: Any) -> None:
        # Filled from the ledger when it asks; Airflow wants some while it reads the DAG.
        super().__init__(subject="What waits for a person", options=[lane], **kwargs)
        self.lane = lane

    def execute(self, context: Context) -> Any:
        """Ask, unless it was over before anybody was asked.

        Raises:
            SettingsError: if the run was not started by Cartage.
        """
        from cartage.lanes import get_lane
        from cartage_airflow.required_actions.matters import shown_now

        lane = get_lane(self.lane)
        with self._ledger() as connection:
            shown = shown_now(connection, lane, question_of(context))
        if shown is None:
            self.log.info("lane %s: nothing to ask any more: it is over", lane.name)
            return None
        # Not templated: set after Airflow has rendered its fields, so that a store's braces stay braces.
        self.subject, self.body = shown.subject, shown.body
        self._may_be(shown.choices)
        self.assigned_users = _assigned(lane, context)
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Go on with an answer; it must be one of the options that were offered."""
        from cartage_airflow.required_actions.matters import choices_of

        with self._ledger() as connection:
            self._may_be(choices_of(connection, self.lane, question_of(context)))
        return super().execute_complete(context, event)

    def _may_be(self, choices: Choices) -> None:
        """What may be answered."""
        self.options = list(choices.options)
        self.params = ParamsDict(_fields(choices.mappings) if choices.about_orders else {})

    @contextmanager
    def _ledger(self) -> Iterator[Connection]:
        from cartage.connections import ledger_url
        from cartage.db import open_ledger

        ledger = open_ledger(ledger_url(AirflowResolver()))
        try:
            with ledger.begin() as connection:
                yield connection
        finally:
            ledger.close()


class CarryOutOperator(StageOperator):
    """Carries the answer out. Skipped, and says so, if the answer changed nothing because the matter was over."""

    stage = "carry_out"
    _decision: ActionDecision | None = None
    _question: int = 0
    _ending: ActionResult | None = None

    def __init__(self, **kwargs: object) -> None:
        super().__init__(window_start="", window_end="", **kwargs)  # type: ignore[arg-type]

    def execute(self, context: Context) -> dict[str, int]:
        """Carry it out; returns how many orders it skipped or held.

        Raises:
            AirflowSkipException: if it changed nothing.
            CartageError: what could not be done.
        """
        self._question = question_of(context)
        self._decision = decision_of(context["ti"].xcom_pull(task_ids=ASK_TASK))
        counts = super().execute(context)
        from cartage.operations.required_actions.causes import CHANGED_NOTHING

        if self._ending is not None and self._ending.outcome in CHANGED_NOTHING:
            raise AirflowSkipException(self._ending.text)
        return counts

    def run_stage(self, world: StageContext) -> dict[str, int]:
        """Carry it out, and write what came of it beside the run."""
        from cartage_airflow.required_actions.matters import carry_out_action

        self._ending = carry_out_action(world, self._question, self._decision)
        self.log.info("lane %s: %s", world.lane.name, self._ending.text)
        self._note(world, self._ending.text)
        return {"orders": self._ending.orders}

    def _note(self, world: StageContext, text: str) -> None:
        from cartage.connections import require
        from cartage_airflow.required_actions.api import open_api

        connection = world.lane.required_actions.connection
        if connection is None:
            return
        dag_id, run_id = world.run.dag_run.split("/", 1)
        try:
            with open_api(require(world.resolver, connection)) as api:
                api.note(dag_id, run_id, text)
        except CartageError as failure:
            self.log.warning("lane %s: the run got no note: %s", world.lane.name, failure)


def _fields(mappings: Sequence[str]) -> dict[str, Param]:
    """The fields of the form. A text that may not be null Airflow's form takes for one that must be filled in."""
    fields = {
        REASON: Param(
            None,
            type=["null", "string"],
            maxLength=_LONGEST_REASON,
            title="Reason",
            description="For orders that you skip or hold; empty: the cause.",
        ),
        DAYS: Param(
            _DAYS,
            type="integer",
            minimum=1,
            maximum=_MOST_DAYS,
            title="Days to hold",
            description="For orders that you hold.",
        ),
    }
    if not mappings:
        return fields
    mapping = Param(
        mappings[0],
        type="string",
        enum=list(mappings),
        title="Mapping",
        description="What the warehouse has that reads most alike, best first. For anything else, go to the desk.",
    )
    return {MAPPING: mapping, **fields}


def _assigned(lane: Lane, context: Context) -> list[HITLUser] | None:
    """Who may answer; None leaves it to Airflow. Whoever closes questions for Cartage is always among them."""
    people = lane.required_actions.decided_by
    closer = (context["dag_run"].conf or {}).get("closer")
    names = dict.fromkeys((*people, str(closer)) if people and closer else people)
    return [{"id": name, "name": name} for name in names] or None


def question_of(context: Context) -> int:
    """The number of the question that a run is about.

    Raises:
        SettingsError: if it has none: it was not started by Cartage.
    """
    number = (context["dag_run"].conf or {}).get("question")
    if not isinstance(number, int) or isinstance(number, bool):
        raise SettingsError("this run", [_BY_HAND])
    return number


def decision_of(said: Mapping[str, Any] | None) -> ActionDecision | None:
    """The answer that was given; None without one."""
    from cartage.operations.required_actions.causes import ActionDecision

    if not said or not said.get("chosen_options"):
        return None
    person = said.get("responded_by_user") or {}
    given = said.get("params_input") or {}
    days = given.get(DAYS)
    lasting = days if isinstance(days, int) and 1 <= days <= _MOST_DAYS else _DAYS
    return ActionDecision(
        option=str(said["chosen_options"][0]),
        person=str(person.get("name") or person.get("id") or "unknown"),
        mapping=str(given.get(MAPPING) or ""),
        reason=str(given.get(REASON) or "").replace("\x00", "")[:_LONGEST_REASON],
        lasting=timedelta(days=lasting),
    )


_BY_HAND = (
    "  Its configuration names no question. Cartage starts these runs by itself, one for each cause that blocks "
    "orders and each push of stock that is stopped; delete this one."
)
