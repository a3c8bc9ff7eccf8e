"""The two tasks of `required_actions__<lane>`: ask people and wait without a worker, then carry out their decision.

Only the family imports it, because Airflow's human-in-the-loop operator is heavy to import.
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
    from cartage_airflow.required_actions.form import ActionChoices

MAPPING, REASON, DAYS = "mapping", "reason", "hold_days"
_LONGEST_REASON = 500
_DAYS, _MOST_DAYS = 3, 90


class AskOperator(HITLOperator):
    """Ask people about one cause or one paused push of stock, and wait for a decision.

    The ledger holds the required action; Airflow's own record is only what a person sees. The run must be started by
    Cartage, which names the required action in the run's configuration.

    XCom: the decision, as `HITLOperator` returns it.

    :param lane: Name of the lane in lanes.yaml.
    """

    stage: ClassVar[str] = ASK_TASK
    ui_color = "#dbe7f0"

    def __init__(self, *, lane: str, **kwargs: Any) -> None:
        # Airflow needs values while it parses the DAG; `execute` replaces them.
        super().__init__(subject="Decision needed", options=[lane], **kwargs)
        self.lane = lane

    def execute(self, context: Context) -> Any:
        """Ask, unless there is nothing left to decide.

        Raises:
            SettingsError: If the run was not started by Cartage.
        """
        from cartage.lanes import get_lane
        from cartage_airflow.required_actions.actions import current_form

        lane = get_lane(self.lane)
        with self._ledger() as connection:
            shown = current_form(connection, lane, action_id_of(context))
        if shown is None:
            self.log.info("lane %s: nothing is left to decide", lane.name)
            return None
        # Set after Airflow has rendered its templates, so that braces in a store's text are not rendered.
        self.subject, self.body = shown.subject, shown.body
        self._offer(shown.choices)
        self.assigned_users = _assigned(lane, context)
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Continue with the decision, which must be one of the options that were offered."""
        from cartage_airflow.required_actions.actions import offered_choices

        with self._ledger() as connection:
            self._offer(offered_choices(connection, self.lane, action_id_of(context)))
        return super().execute_complete(context, event)

    def _offer(self, choices: ActionChoices) -> None:
        """Set the options and the fields of the form."""
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
    """Carry out the decision. The task is skipped if the decision changed nothing because it came too late.

    XCom: how many orders were skipped or held.

    :param lane: Name of the lane in lanes.yaml.
    """

    stage = "carry_out"
    _decision: ActionDecision | None = None
    _action_id: int = 0
    _result: ActionResult | None = None

    def __init__(self, **kwargs: object) -> None:
        super().__init__(window_start="", window_end="", **kwargs)  # type: ignore[arg-type]

    def execute(self, context: Context) -> dict[str, int]:
        """Carry out the decision and return how many orders it skipped or held.

        Raises:
            AirflowSkipException: If it changed nothing.
            CartageError: If it cannot be carried out.
        """
        self._action_id = action_id_of(context)
        self._decision = decision_of(context["ti"].xcom_pull(task_ids=ASK_TASK))
        counts = super().execute(context)
        from cartage.operations.required_actions.causes import CHANGED_NOTHING

        if self._result is not None and self._result.outcome in CHANGED_NOTHING:
            raise AirflowSkipException(self._result.text)
        return counts

    def run_stage(self, stage_context: StageContext) -> dict[str, int]:
        """Carry out the decision, and write the result into the run's note."""
        from cartage_airflow.required_actions.actions import carry_out_decision

        self._result = carry_out_decision(stage_context, self._action_id, self._decision)
        self.log.info("lane %s: %s", stage_context.lane.name, self._result.text)
        self._note(stage_context, self._result.text)
        return {"orders": self._result.orders}

    def _note(self, stage_context: StageContext, text: str) -> None:
        from cartage.connections import require
        from cartage_airflow.required_actions.api import open_api

        connection = stage_context.lane.required_actions.connection
        if connection is None:
            return
        dag_id, run_id = stage_context.run.dag_run.split("/", 1)
        try:
            with open_api(require(stage_context.resolver, connection)) as api:
                api.note(dag_id, run_id, text)
        except CartageError as failure:
            self.log.warning("lane %s: the run's note was not written: %s", stage_context.lane.name, failure)


def _fields(mappings: Sequence[str]) -> dict[str, Param]:
    """Return the form's fields. Airflow's form requires every text field that may not be null."""
    fields = {
        REASON: Param(
            None,
            type=["null", "string"],
            maxLength=_LONGEST_REASON,
            title="Reason",
            description="For orders that you skip or hold. Default: the cause.",
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
        description="The most similar names at the warehouse, best first. For any other, use the desk.",
    )
    return {MAPPING: mapping, **fields}


def _assigned(lane: Lane, context: Context) -> list[HITLUser] | None:
    """Return who may decide, or None to leave it to Airflow. The user through whom Cartage closes them is added."""
    people = lane.required_actions.decided_by
    closer = (context["dag_run"].conf or {}).get("closer")
    names = dict.fromkeys((*people, str(closer)) if people and closer else people)
    return [{"id": name, "name": name} for name in names] or None


def action_id_of(context: Context) -> int:
    """Return the number of the required action that a run is about.

    Raises:
        SettingsError: If the run has none, because Cartage did not start it.
    """
    number = (context["dag_run"].conf or {}).get("required_action")
    if not isinstance(number, int) or isinstance(number, bool):
        raise SettingsError("this run", [_BY_HAND])
    return number


def decision_of(response: Mapping[str, Any] | None) -> ActionDecision | None:
    """Return the decision from the XCom of `AskOperator`, or None if nobody decided."""
    from cartage.operations.required_actions.causes import ActionDecision

    if not response or not response.get("chosen_options"):
        return None
    person = response.get("responded_by_user") or {}
    given = response.get("params_input") or {}
    days = given.get(DAYS)
    lasting = days if isinstance(days, int) and 1 <= days <= _MOST_DAYS else _DAYS
    return ActionDecision(
        option=str(response["chosen_options"][0]),
        person=str(person.get("name") or person.get("id") or "unknown"),
        mapping=str(given.get(MAPPING) or ""),
        reason=str(given.get(REASON) or "").replace("\x00", "")[:_LONGEST_REASON],
        lasting=timedelta(days=lasting),
    )


_BY_HAND = (
    "  Its configuration names no required action. Cartage starts these runs itself, one for each cause that blocks "
    "orders and each paused push of stock. Delete this run."
)
