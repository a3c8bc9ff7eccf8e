"""Texts: what a store damaged is read as it was meant, and compared without what does not count."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cartage.model.texts import comparable, label, readable

MEANT = {
    "O&amp;#39;Brien": "O'Brien",
    "O&#38;#38;#38;#39;Brien": "O'Brien",
    "Oâ€™Neil": "O’Neil",
    "Oâ€&trade;Neil": "O’Neil",
    "Oâ\x80\x99Neil": "O’Neil",
    "Zoë ZoÃ«": "Zoë Zoë",
    "北京 Oâ€™Neil": "北京 O’Neil",
    "FranÃ§ois & ZoÃ«": "François & Zoë",
    "Ã‚Â®": "®",
    "&Acirc;&reg;": "®",
    "Priority Mailâ„¢": "Priority Mail™",
    "Priority MailÃ¢â€žÂ¢": "Priority Mail™",
    "l&rsquo;été": "l’été",
    "R&amp;amp;D": "R&D",
    # What is as it was meant stays.
    "AT&T": "AT&T",
    "R&copy 2026 &notit;": "R&copy 2026 &notit;",
    "SÃO PAULO": "SÃO PAULO",
    "Zoë’s": "Zoë’s",
    "北京 🎁": "北京 🎁",
    "\ufeffa\x00b": "\ufeffab",
}
PRIORITY = (
    "USPS Priority Mail",
    "USPS Priority Mail™",
    "USPS Priority Mail®",
    "USPS Priority Mail&lt;sup&gt;&#8482;&lt;/sup&gt;",
    "USPS Priority Mail&amp;lt;sup&amp;gt;&amp;#8482;&amp;lt;/sup&amp;gt;",
    "USPS Priority Mail<sup>&reg;</sup>",
    "USPS Priority Mail<SUP class=x>Â®</SUP>",
    "USPS Priority Mailâ„¢",
    "USPS Priority MailÃ¢â€žÂ¢",
    "USPS Priority Mail&Acirc;&reg;",
    " usps  priority&nbsp;mail\u200b ",
    "USPS<br/>Priority Mail",
    "\uff35\uff33\uff30\uff33 Priority Mail",
)


@pytest.mark.parametrize(("damaged", "meant"), MEANT.items())
def test_damage_is_repaired_and_everything_else_stays(damaged: str, meant: str) -> None:
    assert readable(damaged) == meant
    assert readable(meant) == meant


@pytest.mark.parametrize("written", PRIORITY)
def test_a_ship_method_is_the_same_however_it_was_written(written: str) -> None:
    assert comparable(written, name=True) == "usps priority mail"
    assert comparable(label(written), name=True) == "usps priority mail"


def test_a_label_shows_the_trademark_sign_and_no_markup() -> None:
    assert label("USPS  Priority Mail&lt;sup&gt;&#8482;&lt;/sup&gt; ") == "USPS Priority Mail™"


@pytest.mark.parametrize("text", ["PACK<S>", "I <3 you", "a < b > c", "<b unclosed", "<script>"])
def test_what_only_looks_like_markup_stays(text: str) -> None:
    assert label(text) == text


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("R&amp;D-1", "R&D-1"),
        ("\uff2d\uff35\uff27-1", "mug-1"),
        ("CAF\u00c3\u2030-1", "CAFE\u0301-1"),
        (" Mug-\u00adRED\u200b ", "mug-red"),
        ("MUG  RED", "mug red"),
        ("STRASSE", "straße"),
    ],
)
def test_a_code_is_compared_without_damage_width_and_blanks(written: str, other: str) -> None:
    assert comparable(written) == comparable(other)


@pytest.mark.parametrize(
    ("code", "other"),
    [("M²", "M2"), ("MUG™", "MUG"), ("MUG-1", "MUG1"), ("PACK<S>", "PACK")],
)
def test_codes_that_may_be_two_things_stay_two(code: str, other: str) -> None:
    assert comparable(code) != comparable(other)


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a ",
        "</b>",
        "<b>",
        "&",
        "&amp;",
        "&#38;",
        "&&#97;mp;",
        "Ã",
        "â€™",
        "Ã¢â‚¬™",
        "Ã¢â‚¬™ ",
        "\uff35",
    ],
)
def test_a_hostile_text_takes_no_longer_than_a_plain_one(piece: str) -> None:
    # Quadratic time on any of these takes minutes and exceeds the suite's time limit.
    assert comparable(piece * (100_000 // len(piece)), name=True) != "usps priority mail"


@given(st.text(alphabet=st.characters(exclude_categories=())), st.booleans())
def test_any_text_can_be_compared_and_stored(text: str, name: bool) -> None:
    for clean in (readable(text), label(text), comparable(text, name=name)):
        clean.encode("utf-8")
        assert "\x00" not in clean


def test_a_process_without_foreign_texts_does_not_load_the_repair() -> None:
    program = (
        "import sys\nfrom cartage.model.texts import comparable\n"
        "print(comparable('UPS &amp; Ground', name=True), 'ftfy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "ups & ground False"
