"""What preflight finds: a result, the thing that was checked, what is wrong with it, and the fix."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from cartage.errors import CartageError, RemoteError, SettingsError


class CheckResult(StrEnum):
    """The result of a check. Only a mistake makes preflight fail: it stops orders or makes them go wrong."""

    OK = "ok"
    WARNING = "warning"
    MISTAKE = "mistake"
    UNKNOWN = "unknown"


class FindingKind(StrEnum):
    """Every kind of finding that is not ok. docs/preflight.md has a line for each."""

    NOT_CHECKED = "not_checked"
    CREDENTIALS = "credentials"
    READ_REFUSED = "read_refused"
    WRITE_REFUSED = "write_refused"
    WRITE_UNPROVEN = "write_unproven"
    TIME_ZONE = "time_zone"
    ORDERS_FROM_THE_FUTURE = "orders_from_the_future"
    CLOCKS_DIFFER = "clocks_differ"
    STATUS_SETTING = "status_setting"
    STATUS_MISSING = "status_missing"
    STATUS_HIDDEN = "status_hidden"
    NO_SKU = "no_sku"
    UNKNOWN_TO_WAREHOUSE = "unknown_to_warehouse"
    UNKNOWN_TO_STORE = "unknown_to_store"
    INACTIVE_ITEM = "inactive_item"
    AMBIGUOUS_SKU = "ambiguous_sku"
    LETTER_CASE = "letter_case"
    BLANKS = "blanks"
    DUPLICATE_IN_STORE = "duplicate_in_store"
    DUPLICATE_AT_WAREHOUSE = "duplicate_at_warehouse"
    TOO_MANY_CHOICES = "too_many_choices"
    OPTION_WITHOUT_SKU = "option_without_sku"
    CHOICES_WITHOUT_SKUS = "choices_without_skus"
    STOCK_BEHAVIOUR_UNSET = "stock_behaviour_unset"
    UNMAPPED_SHIP_METHOD = "unmapped_ship_method"
    WAREHOUSE_SETTING = "warehouse_setting"
    AT_WAREHOUSE = "at_warehouse"
    UNKNOWN_CARRIER = "unknown_carrier"
    UNKNOWN_SERVICE = "unknown_service"
    ORPHANED_LANE = "orphaned_lane"
    NOBODY_LOOKS = "nobody_looks"
    DOUBTFUL_SETTING = "doubtful_setting"


@dataclass(frozen=True, slots=True)
class PreflightFinding:
    """One thing that was checked. `kind` is None if the result is ok.

    `orders` counts the recent orders that it concerns; `suggestion` is what a person may want to write instead.
    """

    result: CheckResult
    subject: str
    what: str
    fix: str = ""
    kind: FindingKind | None = None
    orders: int | None = None
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The findings of one step of the set-up."""

    name: str
    title: str
    findings: tuple[PreflightFinding, ...]

    def counts(self) -> dict[str, int]:
        """Return how many findings there are of each result."""
        found = Counter(finding.result for finding in self.findings)
        return {
            "mistakes": found[CheckResult.MISTAKE],
            "warnings": found[CheckResult.WARNING],
            "unknown": found[CheckResult.UNKNOWN],
            "ok": found[CheckResult.OK],
        }

    @property
    def wrong(self) -> tuple[PreflightFinding, ...]:
        """The findings that are not ok, the worst first."""
        order = (CheckResult.MISTAKE, CheckResult.WARNING, CheckResult.UNKNOWN)
        return tuple(found for result in order for found in self.findings if found.result is result)

    @property
    def mistakes(self) -> int:
        """How many findings are mistakes."""
        return self.counts()["mistakes"]

    @property
    def line(self) -> str:
        """The result in one line."""
        counts = self.counts()
        parts = [
            _number(counts["mistakes"], "mistake"),
            _number(counts["warnings"], "warning"),
            f"{counts['unknown']} could not be checked" if counts["unknown"] else "",
        ]
        text = ", ".join(filter(None, parts))
        return f"{self.title}: {text or 'ok'}."


def ok(subject: str, what: str) -> PreflightFinding:
    """Return a finding about something that is ok."""
    return PreflightFinding(CheckResult.OK, subject, what)


def mistake(
    kind: FindingKind, subject: str, what: str, fix: str, *, orders: int | None = None
) -> PreflightFinding:
    """Return a finding about something that stops orders or makes them go wrong."""
    return PreflightFinding(CheckResult.MISTAKE, subject, what, fix, kind, orders)


def warning(kind: FindingKind, subject: str, what: str, fix: str) -> PreflightFinding:
    """Return a finding that stops no order but that the owner should know."""
    return PreflightFinding(CheckResult.WARNING, subject, what, fix, kind)


def unknown(kind: FindingKind, subject: str, what: str, fix: str) -> PreflightFinding:
    """Return a finding about something that cannot be seen from here."""
    return PreflightFinding(CheckResult.UNKNOWN, subject, what, fix, kind)


def not_checked(subject: str, failure: CartageError) -> PreflightFinding:
    """Return a finding about a section, or a part of it, that this failure kept from being checked."""
    what, fix = failure_text(failure)
    return unknown(FindingKind.NOT_CHECKED, subject, f"not checked: {what}", fix)


def failure_text(failure: CartageError) -> tuple[str, str]:
    """Return what failed and the fix, in one line each."""
    if isinstance(failure, RemoteError):
        return f"{failure.remote}: {failure.operation}: {failure.what}", failure.fix
    if isinstance(failure, SettingsError):
        return failure.subject, " ".join(line.strip() for line in failure.mistakes)
    return str(failure), ""


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}" if count else ""
