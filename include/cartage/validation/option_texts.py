"""The options of a line that its SKU does not show: notes for the warehouse, or a problem. Never nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cartage.errors.problems import Problem, ProblemKind, quoted
from cartage.lanes.settings.warehouse import OptionText, WarehouseSettings
from cartage.model.orders import LineOption
from cartage.model.texts import comparable
from cartage.model.wildcards import matches


@dataclass(frozen=True, slots=True)
class OptionRules:
    """Which options the SKU shows (patterns of their titles, or all), and what happens to the others."""

    text: OptionText = OptionText.NOTES
    in_sku: bool | tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: WarehouseSettings) -> OptionRules:
        """Return the rules of a lane's warehouse."""
        return cls(settings.option_text, settings.options_in_sku)

    def notes_of(self, options: Iterable[LineOption]) -> str:
        """Return the notes of a line with these options, each on a line of its own; empty if options block."""
        if self.text is OptionText.BLOCK:
            return ""
        return "\n".join(option.text for option in self._beside_the_sku(options))

    def problems_of(self, options: Iterable[LineOption]) -> list[Problem]:
        """Return a problem for each option that blocks, by its title: the values differ from order to order."""
        if self.text is OptionText.NOTES:
            return []
        return [_problem(option.title) for option in self._beside_the_sku(options)]

    def _beside_the_sku(self, options: Iterable[LineOption]) -> Iterator[LineOption]:
        return (option for option in options if not self._shown_by_sku(option))

    def _shown_by_sku(self, option: LineOption) -> bool:
        if isinstance(self.in_sku, bool):
            return self.in_sku
        return any(matches(pattern, option.title) for pattern in self.in_sku)


def _problem(title: str) -> Problem:
    return Problem(
        ProblemKind.OPTION_TEXT,
        title or "(without a name)",
        f"a line has {f'the option {quoted(title)}' if title else 'an option without a name'}, which its SKU does not "
        "show, and the lane sends no options as notes",
        "Set warehouse.option_text: notes, so that the warehouse receives it; or, if its choices have SKUs in 3dcart, "
        "name it in warehouse.options_in_sku.",
        compared_as=comparable(title, name=True),
    )
