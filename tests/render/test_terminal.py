"""Page one for a terminal."""

from __future__ import annotations

from tests.support.cards import Rendered

from affidavit.render import page_one_text, read_card


def test_no_line_is_longer_than_the_terminal(rendered: Rendered) -> None:
    card = read_card(rendered.read("json"))

    assert max(map(len, page_one_text(card).splitlines())) <= 80
    assert max(map(len, page_one_text(card, width=60).splitlines())) <= 60


def test_has_every_finding_every_remedy_the_numbers_and_the_id(rendered: Rendered) -> None:
    text = " ".join(page_one_text(read_card(rendered.read("json"))).split())

    for finding in rendered.sample.evidence.findings:
        assert finding.what[1:] in text
        assert finding.fix in text
    assert "0.825" in text
    assert "(0.735 to 0.901), n = 134 and 818" in text
    assert f"evidence {rendered.sample.evidence_id[:4]}" in text


def test_a_card_that_somebody_else_wrote_cannot_move_the_cursor(rendered: Rendered) -> None:
    card = read_card(rendered.read("json"))
    page = card.page_one.model_copy(update={"title": "\x1b[2Jgone", "deck": "\u202eedoc"})

    text = page_one_text(card.model_copy(update={"page_one": page}))

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.startswith("\\x1b[2Jgone\n")
