"""Notes: exactly the texts that the lane names, in its order, each with its label."""

from __future__ import annotations

from cartage.model.orders import CheckoutQuestion
from cartage.validation.notes import NoteRules, OrderTexts, notes_of

ORDER = OrderTexts(
    customer_comments="Leave at door\nring twice",
    internal_comments="VIP",
    external_comments="On its way",
    questions=(
        CheckoutQuestion("PO number?", "77"),
        CheckoutQuestion("Your gift message:", "Happy birthday"),
        CheckoutQuestion("Deliver on:", "Friday"),
    ),
)


def notes(*texts: str, order: OrderTexts = ORDER) -> str:
    return notes_of(order, NoteRules(texts, gift_question="*gift message*", po_question="*PO*number*"))


def test_the_customers_comments_are_sent_unchanged() -> None:
    assert notes("customer_comments") == "Leave at door\nring twice"


def test_other_texts_are_labelled_and_in_the_lanes_order() -> None:
    assert notes("po_number", "gift_message", "internal_comments", "external_comments").splitlines() == [
        "PO: 77",
        "Gift message: Happy birthday",
        "Internal: VIP",
        "External: On its way",
    ]


def test_questions_are_sent_with_their_titles() -> None:
    assert notes("checkout_questions").splitlines() == [
        "PO number?: 77",
        "Your gift message: Happy birthday",
        "Deliver on: Friday",
    ]


def test_a_text_with_its_own_label_is_not_sent_twice() -> None:
    assert notes("po_number", "gift_message", "checkout_questions").splitlines() == [
        "PO: 77",
        "Gift message: Happy birthday",
        "Deliver on: Friday",
    ]


def test_a_text_that_the_lane_does_not_name_is_not_sent() -> None:
    assert notes() == ""


def test_an_order_without_texts_has_no_notes() -> None:
    texts = ("customer_comments", "internal_comments", "po_number", "checkout_questions")
    assert notes(*texts, order=OrderTexts()) == ""
