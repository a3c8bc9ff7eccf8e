"""The operator of the preflight DAG: one section, which fails where it finds a mistake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowFailException

from cartage.plurals import counted
from cartage_airflow.operators.base import StageOperator

if TYPE_CHECKING:
    from airflow.sdk import BaseOperatorLink

    from cartage.preflight.findings import Section
    from cartage.runtime.context import StageContext

# People read a log; `cartage preflight --csv` or `--xlsx` has the whole of a longer list.
_MOST_LINES = 200


class PreflightFailed(AirflowFailException):
    """A section has mistakes. A retry would not change that."""


class PreflightOperator(StageOperator):
    """Check one section of a lane's setup, and list in the log what is wrong and how to fix it. Reads only.

    Templated fields: `lane`. It has no window.

    XCom: how many findings of each result there are.

    :param lane: Name of the lane in lanes.yaml.
    :param section: Name of the section, such as `product_skus`.
    """

    stage = "preflight"
    template_fields: Sequence[str] = ("lane",)
    # It moves no order.
    operator_extra_links: Sequence[BaseOperatorLink] = ()

    def __init__(self, *, section: str, **kwargs: object) -> None:
        super().__init__(window_start="", window_end="", **kwargs)  # type: ignore[arg-type]
        self.section = section

    def run_stage(self, stage_context: StageContext) -> dict[str, int]:
        """Check the section, list what is wrong, and return how many findings of each result there are.

        Raises:
            PreflightFailed: If a finding is a mistake.
            CartageError: If the store, the warehouse or the ledger cannot be read. The retry policy decides.
        """
        from cartage.preflight import run_section
        from cartage.preflight.world import PreflightWorld

        section = run_section(self.section, PreflightWorld(stage_context))
        self._list(section)
        counts = section.counts()
        if counts["mistakes"]:
            raise PreflightFailed(
                f"{counted(counts['mistakes'], 'mistake')} in {self.section} of lane {self.lane}: "
                "each is listed above with its fix. Clear the task once they are fixed, or wait for the next run."
            )
        return counts

    def _list(self, section: Section) -> None:
        self.log.info("%s", section.line)
        wrong = section.wrong
        for finding in wrong[:_MOST_LINES]:
            fix = f" What to do: {finding.fix}" if finding.fix else ""
            self.log.warning(
                "%s: %s: %s.%s", finding.result.value, finding.subject, finding.what.rstrip("."), fix
            )
        if len(wrong) > _MOST_LINES:
            command = f"cartage preflight --lane {self.lane} --section {self.section} --csv DIR"
            self.log.warning("... and %d more: %s", len(wrong) - _MOST_LINES, command)
