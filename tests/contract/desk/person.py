"""Somebody who works at the desk, and whose clicks are counted.

What a person types costs nothing; a click, a key that sends a form and a choice in a list cost one each.
"""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

MOST = 4


@dataclass
class Person:
    """Somebody at a fresh page of the desk, whose clicks are counted."""

    page: Page
    clicks: int = 0

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def choose(self, target: Locator, choice: str) -> None:
        self.clicks += 1
        target.select_option(choice)

    def find(self, words: str) -> None:
        """Type into the search that is on every page, and press Enter."""
        self.clicks += 1
        search = self.page.get_by_role("searchbox", name="Find an order")
        search.fill(words)
        search.press("Enter")

    def menu(self, name: str) -> None:
        self.click(self.page.get_by_role("navigation").get_by_role("link", name=name, exact=True))

    def open_entry(self, words: str) -> Locator:
        """Open the entry of the queue with these words, unless it is open because it is the only one."""
        entry = self.page.locator("details.entry").filter(has_text=words)
        expect(entry).to_have_count(1)
        if entry.get_attribute("open") is None:
            self.click(entry.locator("summary").first)
        return entry
