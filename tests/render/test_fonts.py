"""Names in other scripts: a font for each, none of the machine's on paper, order kept."""

from __future__ import annotations

import io
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from tests.support import font_index
from tests.support.looks import card

from affidavit.errors import AffidavitError
from affidavit.render import fonts
from affidavit.render.directions import isolated, runs_from_right
from affidavit.render.documents import html, stylesheet
from affidavit.render.fonts import chosen
from affidavit.render.pdf import pdf

WHEN = datetime(2026, 11, 12, tzinfo=UTC)
FSI, PDI = "\u2068", "\u2069"
NAMES = {
    "Łódź": "Latin Ext", "Ελλάδα": "Greek", "Кредит": "Cyrillic", "אשראי": "IBM Plex Sans Hebrew",
    "ائتمان": "IBM Plex Sans Arabic", "हिन्दी": "IBM Plex Sans Devanagari", "信用": "Noto Sans SC",
    "ローン": "Noto Sans JP", "대출": "Noto Sans KR",
}  # fmt: skip


def test_the_index_is_what_the_fonts_have() -> None:
    assert font_index.INDEX.read_text(encoding="utf-8") == font_index.text()


def test_a_card_in_latin_letters_has_three_families_and_no_more() -> None:
    found = re.findall(r'font-family:"([^"]+)";font-weight', stylesheet("screen"))

    assert set(found) == {"IBM Plex Mono", "IBM Plex Sans", "Source Serif 4"}
    assert re.findall(r'font-family:"([^"]+)";font-weight', html(card(), "screen")) == found


@pytest.mark.parametrize("name", NAMES)
def test_a_name_brings_the_fonts_that_it_needs(name: str) -> None:
    found = chosen(name)

    assert found.undrawn == ()
    more = {f.name for f in found.families if not f.is_base}
    assert more
    assert all(NAMES[name] in one for one in more)
    sheet = stylesheet("screen", found)
    for one in more:
        assert f'@font-face{{font-family:"{one}"' in sheet
        assert f'"{one}",' in sheet.partition("html{")[2]


def test_a_han_character_is_japanese_beside_kana() -> None:
    assert [f.name[:12] for f in chosen("申").families if not f.is_base] == ["Noto Sans SC"]
    assert {f.name[:12] for f in chosen("申込み").families if not f.is_base} == {"Noto Sans JP"}


def test_what_no_font_has_is_spelled_on_paper_and_left_to_the_reader_on_screen() -> None:
    named = replace(card(), deck="Decides 😀 and no more.")

    paper, screen = html(named, "paper"), html(named, "screen")

    assert "Decides U+1F600 and no more." in paper
    assert "are printed as their codes: U+1F600." in paper
    assert "Decides 😀 and no more." in screen
    assert "printed as their codes" not in html(card(), "paper")


@pytest.mark.system
def test_the_pdf_holds_packaged_fonts_alone_and_the_same_bytes_each_time() -> None:
    page = html(replace(card(), deck=" ".join(NAMES) + " 😀", title="信用 אשראי"), "paper")

    content = pdf(page, WHEN)

    with pikepdf.open(io.BytesIO(content)) as document:
        names = {
            str(o.BaseFont).partition("+")[2].rstrip(",") for o in document.objects
            if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/Font"
        }  # fmt: skip
    assert {n.split("-")[0] for n in names} <= {"IBM", "Source", "Noto"}
    assert {"Noto-Sans-KR", "IBM-Plex-Sans-Hebrew"} <= {re.sub(r"-\d+$", "", n) for n in names}
    assert pdf(page, WHEN) == content


def test_a_font_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree("templates", tmp_path / "templates")
    monkeypatch.setattr(fonts, "shipped", lambda folder: tmp_path / folder)
    assert chosen("").faces().startswith("@font-face")

    (tmp_path / "templates/fonts/ibm-plex-sans-latin-600-normal.woff2").unlink()
    with pytest.raises(AffidavitError, match=r"ibm-plex-sans-latin-600-normal\.woff2 of this inst"):
        chosen("").faces()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("credit, version 3", "credit, version 3"),
        ("אשראי-7, version 3", f"{FSI}אשראי{PDI}-7, version 3"),
        ("(afam = נשים צעירות), 90.5 %", f"(afam = {FSI}נשים צעירות{PDI}), 90.5 %"),
        # The number stays with its own name: 134 is not moved between the two.
        ("נשים: 134, גברים: 818", f"{FSI}נשים{PDI}: 134, {FSI}גברים{PDI}: 818"),
        ("信用 3", "信用 3"),
    ],
)
def test_letters_from_right_to_left_do_not_turn_what_stands_beside_them(
    text: str, expected: str
) -> None:
    assert isolated(text) == expected


def test_a_declared_text_from_right_to_left_is_set_so() -> None:
    pairs = tuple(replace(p, text="ائتمان 3 للأسر") for p in card().declared[:1])
    text = html(replace(card(), declared=(*pairs, *card().declared[1:])), "screen")

    assert text.count('<td dir="rtl">') == 1
    assert f'<td dir="rtl">{FSI}ائتمان{PDI} 3 {FSI}للأسر{PDI}</td>' in text
    assert not runs_from_right("12 months, ائتمان".replace("12 months", "a"))
    assert runs_from_right("12, ائتمان")
