"""A card whose names try to act, in Chromium and in the PDF: they are shown, and do nothing."""

from __future__ import annotations

import io
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from tests.support.cards import Page
from tests.support.looks import brand, card, own_block

from affidavit.render.context import Card
from affidavit.render.documents import html
from affidavit.render.pdf import document_date, pdf

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ACTS = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg onload=\"document.title='owned'\"></svg>",
    "</p></section></main></style><style>.first{display:none}</style>",
    "{{ 7*7 }}{% raw %}",
)
NAME = "m " + " ".join(ACTS)

pytestmark = pytest.mark.system
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (apt-get install chromium)")


def hostile() -> Card:
    """The sample's card, with a hostile name wherever a name may stand."""
    whole = card()
    return replace(
        whole, model=NAME, title=NAME, deck=NAME,
        declared=tuple(replace(p, text=NAME) for p in whole.declared),
        lines=tuple(replace(x, text=f"{x.text} {NAME}") for x in whole.lines),
        data_notes=(NAME,),
    )  # fmt: skip


def after_load(path: Path) -> str:
    """The document as Chromium has it after everything on it ran."""
    return subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000",
         f"--user-data-dir={path.parent / 'profile'}", "--dump-dom", path.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    ).stdout  # fmt: skip


@in_browser
@pytest.mark.parametrize("whose", ["ours", "a bank's"])
def test_nothing_runs_in_chromium(tmp_path: Path, whose: str) -> None:
    body = '<p class="brand-x">{{ card.model }}</p>'
    looks = brand(tmp_path, sections=own_block(body)) if whose == "a bank's" else None
    path = tmp_path / "card.html"
    path.write_text(html(hostile(), "screen", brand=looks), encoding="utf-8")

    seen = Page(after_load(path))

    assert not {"script", "object", "iframe"} & {t for t, _ in seen.tags}
    assert [t for t, _ in seen.tags].count("style") == 1
    assert not [a for _, given in seen.tags for a in given if a.startswith("on")]
    assert "<title>owned" not in after_load(path)
    assert NAME.split("{{")[0].strip() in seen.sections["first"]


@in_browser
def test_the_twin_that_is_not_escaped_does_run(tmp_path: Path) -> None:
    """So that the test above could fail."""
    path = tmp_path / "bad.html"
    path.write_text(f"<!doctype html><title>t</title><p>{ACTS[1]}</p>", encoding="utf-8")

    assert "<title>owned</title>" in after_load(path)


@in_browser
def test_the_policy_of_the_page_alone_stops_what_is_not_escaped(tmp_path: Path) -> None:
    path = tmp_path / "card.html"
    text = html(card(), "screen").replace("<main>", f"<main>{ACTS[0]}{ACTS[1]}<style>p{{}}</style>")
    path.write_text(text, encoding="utf-8")

    assert "<title>owned</title>" not in after_load(path)


def test_nothing_acts_in_the_pdf() -> None:
    content = pdf(html(hostile(), "paper"), document_date(None))

    with pikepdf.open(io.BytesIO(content)) as document:
        assert "/OpenAction" not in document.Root
        assert "/JavaScript" not in document.Root.get("/Names", {})
        acts = [
            o for o in document.objects
            if isinstance(o, pikepdf.Dictionary) and str(o.get("/S")) in ("/JavaScript", "/Launch", "/URI")
        ]  # fmt: skip
    assert acts == []
    text = subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True)
    assert b"onerror" in text.stdout
