"""The notes for the warehouse: the texts of an order that the lane's settings name, as one plain text. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cartage.model.orders import CheckoutQuestion
from cartage.model.wildcards import matches


@dataclass(frozen=True, slots=True)
class OrderTexts:
    """The texts of an order besides its lines; `questions` are the checkout questions that the buyer answered."""

    customer_comments: str = ""
    internal_comments: str = ""
    external_comments: str = ""
    questions: tuple[CheckoutQuestion, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteRules:
    """Which texts go to the warehouse, by their names in the lane's settings, in this order.

    The gift message and the purchase order number are answers to checkout questions, found by the question's title.
    """

    texts: Sequence[str] = ("customer_comments",)
    gift_question: str = ""
    po_question: str = ""


def notes_of(order: OrderTexts, rules: NoteRules) -> str:
    """Return a line or paragraph for each text, labelled (`PO: 77`) except for the customer's comments."""
    return "\n".join(part for text in rules.texts for part in _parts(text, order, rules) if part)


def _parts(text: str, order: OrderTexts, rules: NoteRules) -> list[str]:
    if text == "customer_comments":
        return [order.customer_comments]
    if text == "internal_comments":
        return [_labelled("Internal", order.internal_comments)]
    if text == "external_comments":
        return [_labelled("External", order.external_comments)]
    if text == "gift_message":
        return [
            _labelled("Gift message", question.answer) for question in _titled(order, rules.gift_question)
        ]
    if text == "po_number":
        return [_labelled("PO", question.answer) for question in _titled(order, rules.po_question)]
    labelled = _patterns_with_labels(rules)
    return [
        _labelled(question.title.rstrip(":"), question.answer)
        for question in order.questions
        if not any(matches(pattern, question.title) for pattern in labelled)
    ]


def _patterns_with_labels(rules: NoteRules) -> Collection[str]:
    """Return the title patterns of questions that go to the warehouse under their own label."""
    named = {"gift_message": rules.gift_question, "po_number": rules.po_question}
    return [pattern for text, pattern in named.items() if text in rules.texts]


def _titled(order: OrderTexts, pattern: str) -> list[CheckoutQuestion]:
    return [question for question in order.questions if matches(pattern, question.title)]


def _labelled(label: str, text: str) -> str:
    return f"{label}: {text}" if text and label else text
