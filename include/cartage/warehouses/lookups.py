"""Ask a warehouse for many values, so that one that it refuses concerns that value alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TypeVar

from cartage.errors import MalformedResponse, NotFound, Refused
from cartage.errors.problems import quoted

log = logging.getLogger(__name__)

T = TypeVar("T")

GROUP = 50
# Refusals after which groups are no longer divided: the remote then refuses more than a few odd values.
MOST_REFUSALS = 100
_SHOWN = 10
# IIS responds to an address that it finds too long with 404, as to a list that does not exist.
Refusal = Refused | NotFound


def ask_in_groups(
    values: Sequence[str],
    ask: Callable[[Sequence[str]], Iterable[T]],
    refused: Callable[[Sequence[str], Refusal], None],
    *,
    group: int = GROUP,
) -> Iterator[T]:
    """Yield what `ask` returns for the values, a group at a time.

    A group that the remote refuses is divided until the refused value is found; `refused` gets it. After many
    refusals it gets whole groups.

    Raises:
        RemoteError: for any other failure.
    """
    waiting = [list(values[start : start + group]) for start in range(0, len(values), group)]
    refusals = 0
    while waiting:
        asked = waiting.pop(0)
        try:
            found = list(ask(asked))
        except (Refused, NotFound) as refusal:
            refusals += 1
            if len(asked) == 1 or refusals > MOST_REFUSALS:
                refused(asked, refusal)
            else:
                half = len(asked) // 2
                waiting[:0] = [asked[:half], asked[half:]]
            continue
        yield from found


def find_each(references: Collection[str], find: Callable[[str], T]) -> Iterator[tuple[str, T]]:
    """Yield each reference with what `find` returns.

    Leave out those that the warehouse refuses to search for, and those of which an order cannot be read.
    """
    for reference in dict.fromkeys(references):
        try:
            found = find(reference)
        except (Refused, NotFound) as refusal:
            log_refused((reference,), refusal)
        except MalformedResponse as failure:
            log.warning("reference %s stays unsettled: %s", quoted(reference), failure)
        else:
            yield reference, found


def log_refused(values: Sequence[str], refusal: Refusal) -> None:
    """Log that the warehouse refuses to be asked for these values."""
    shown = ", ".join(map(quoted, values[:_SHOWN])) + (", ..." if len(values) > _SHOWN else "")
    log.warning("%s refuses to be asked for %s: %s", refusal.remote, shown, refusal.what)
