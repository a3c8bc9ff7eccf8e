"""Pages of one document as one page: a document is taken in as a whole, in one transaction. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from itertools import chain
from typing import Any, TypeVar

from cartage.warehouses.contract import ItemPage, ShipmentPage, StockPage
from cartage.warehouses.documents import InboundDocument

PageT = TypeVar("PageT", bound=ItemPage[Any])


def document_of(page: ItemPage[Any]) -> InboundDocument | None:
    """Return the document that a page was read from; None if it was not read from a file."""
    return page.document if isinstance(page, ShipmentPage | StockPage) else None


def merged(pages: Iterable[PageT]) -> Iterator[PageT]:
    """Yield pages, those of one document together as one; the others as they are.

    The pages of a document follow one another, and the last one's cursor counts.
    """
    of_document: list[PageT] = []
    for page in pages:
        if of_document and document_of(page) != document_of(of_document[0]):
            yield _joined(of_document)
            of_document = []
        if document_of(page) is None:
            yield page
        else:
            of_document.append(page)
    if of_document:
        yield _joined(of_document)


def _joined(pages: Sequence[PageT]) -> PageT:
    first = pages[0]
    if len(pages) == 1:
        return first
    values: dict[str, Any] = {"cursor": pages[-1].cursor}
    for name in (field.name for field in fields(first)):
        of_pages = [getattr(page, name) for page in pages]
        if isinstance(of_pages[0], tuple):
            values[name] = tuple(chain.from_iterable(of_pages))
        elif name == "full":
            values[name] = all(of_pages)
    return replace(first, **values)
