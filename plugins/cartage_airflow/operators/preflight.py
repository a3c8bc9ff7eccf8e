"""The operator of the preflight DAG: one section, red where it finds a mistake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowFailException

from cartage_airflow.operators.base import StageOperator

if TYPE_CHECKING:
    from airflow.sdk import BaseOperatorLink

    from cartage.preflight.findings import Section
    from cartage.runtime.context import StageContext

# A log is read by a person; all of a longer list is in `cartage preflight --csv` or `--xlsx`.
_MOST_LINES = 200


class MistakesFound(AirflowFailException):
    """A section has mistakes, which trying again would not mend."""


class PreflightOperator(StageOperator):
    """Looks at one section and lists in its log what is not in order, with the mend. Reads only.

    :param section: name of the section, e.g. product_skus.
    """

    stage = "preflight"
    # It has no window, and moves no order.
    operator_extra_links: Sequence[BaseOperatorLink] = ()

    def __init__(self, *, section: str, **kwargs: object) -> None:
        super().__init__(window_start="", window_end="", **kwargs)  # type: ignore[arg-type]
        self.section = section

    def run_stage(self, world: StageContext) -> dict[str, int]:
        """Look at the section, and list what is not in order; returns how many findings of each verdict there are.

        Raises:
            MistakesFound: if any is a mistake.
            CartageError: if store, warehouse or ledger could not be asked; the retry policy decides.
        """
        from cartage.preflight import run_section
        from cartage.preflight.world import PreflightWorld

        section = run_section(self.section, PreflightWorld(world))
        self._list(section)
        counts = section.counts()
        if counts["mistakes"]:
            raise MistakesFound(
                f"{counts['mistakes']} mistake(s) in {self.section} of lane {self.lane}: listed above, each with its "
                "mend. Clear the task once they are mended, or wait for the next run."
            )
        return counts

    def _list(self, section: Section) -> None:
        self.log.info("%s", section.line)
        wrong = section.wrong
        for one in wrong[:_MOST_LINES]:
            fix = f" What to do: {one.fix}" if one.fix else ""
            self.log.warning("%s: %s: %s.%s", one.verdict.value, one.subject, one.what.rstrip("."), fix)
        if len(wrong) > _MOST_LINES:
            command = f"cartage preflight --lane {self.lane} --section {self.section} --csv DIR"
            self.log.warning("... and %d more: %s", len(wrong) - _MOST_LINES, command)
