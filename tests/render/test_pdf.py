"""The PDF: tagged, with text, dated by the subject; and what is said where Pango is absent."""

from __future__ import annotations

import io
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from tests.support.cards import Rendered, render_sample
from tests.support.records import RecordBuilder

from affidavit.errors import AffidavitError, MissingExtra, UsageError
from affidavit.render import pdf_problem
from affidavit.render.pdf import document_date, pdf

PAGE = (
    '<!doctype html><html lang="en"><head><title>t</title></head><body><h1>One</h1></body></html>'
)
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WHEN = datetime(2026, 11, 12, 9, 30, tzinfo=UTC)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose modules come before the installed ones, in the PDF's process."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


@pytest.mark.system
def test_is_tagged_titled_dated_and_in_english(printed: Rendered) -> None:
    with pikepdf.open(io.BytesIO(printed.read("pdf"))) as document:
        assert document.Root.MarkInfo.Marked
        assert str(document.Root.Lang) == "en"
        assert "/StructTreeRoot" in document.Root
        assert str(document.docinfo["/Title"]) == "Credit risk, version 3: model card"
        assert 5 <= len(document.pages) <= 16
        with document.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"


@pytest.mark.system
def test_figures_have_their_text_alternative(printed: Rendered) -> None:
    with pikepdf.open(io.BytesIO(printed.read("pdf"))) as document:
        figures = [
            o for o in document.objects
            if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure"
        ]  # fmt: skip
        texts = [str(f.get("/Alt", "")) for f in figures]

    assert len(texts) == 2
    assert "afam = yes 74.6 %, n = 134" in texts[0] + texts[1]


@pytest.mark.system
def test_holds_the_words_and_a_running_footer(printed: Rendered, tmp_path: Path) -> None:
    (tmp_path / "card.pdf").write_bytes(printed.read("pdf"))

    text = subprocess.run(
        ["pdftotext", "-layout", "card.pdf", "-"], cwd=tmp_path, capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip

    assert "Read this first" in text
    short = printed.sample.evidence_id[:12]
    footer = f"credit-risk · version 3 · evidence {short[:4]} {short[4:8]} {short[8:]}"
    assert footer in text
    assert f"1 of {text.count(footer)}" in text


@pytest.mark.system
def test_the_date_in_the_file_is_the_subjects(printed: Rendered) -> None:
    with pikepdf.open(io.BytesIO(printed.read("pdf"))) as document:
        dates = {str(document.docinfo[key]) for key in ("/CreationDate", "/ModDate")}

    assert {d[:16] for d in dates} == {"D:20261112093000"}


def test_source_date_epoch_overrides_the_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert document_date(WHEN) == WHEN
    assert document_date(None).year == 1980

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert document_date(WHEN) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH is 'yesterday'"):
        document_date(WHEN)


@pytest.mark.system
def test_has_no_problem_here() -> None:
    assert pdf_problem() is None


def test_without_pango_names_the_library_and_the_command_for_each_system(stand_in: Path) -> None:
    (stand_in / "weasyprint.py").write_text(
        'print("advice")\nraise OSError("cannot load library \'libpango-1.0-0\'")\n'
    )

    with pytest.raises(MissingExtra, match="Pango") as caught:
        pdf(PAGE, WHEN)

    assert caught.value.exit_code == 2
    assert caught.value.cause == "cannot load library 'libpango-1.0-0'"
    for system in ("Debian", "Fedora", "macOS", "Windows", "--no-pdf"):
        assert system in caught.value.fix
    assert "libpango-1.0-0" in (pdf_problem() or "")


def test_without_weasyprint_names_the_extra(stand_in: Path) -> None:
    (stand_in / "weasyprint.py").write_text('raise ImportError("No module named weasyprint")\n')

    with pytest.raises(MissingExtra) as caught:
        pdf(PAGE, WHEN)

    assert caught.value.fix == "pip install 'affidavit[build]'"


def test_a_failure_of_weasyprint_is_an_error_of_ours_without_its_traceback(stand_in: Path) -> None:
    (stand_in / "weasyprint.py").write_text("urls = None\n")

    with pytest.raises(AffidavitError, match="could not make the PDF") as caught:
        pdf(PAGE, WHEN)

    assert "Traceback" not in str(caught.value)
    assert caught.value.fix == "build without it: --no-pdf"


@pytest.mark.system
def test_a_record_with_nothing_but_a_subject_has_a_pdf_too(tmp_path: Path) -> None:
    made = render_sample(RecordBuilder(tmp_path).bare().build(), pdf=True)

    assert made.read("pdf").startswith(b"%PDF-")


@pytest.mark.system
@pytest.mark.parametrize(
    "asks",
    [
        '<img alt="x" src="file:///etc/hostname">',
        '<img alt="x" src="http://127.0.0.1:9/x.png">',
        '<img alt="x" src="//127.0.0.1:9/x.png">',
        '<img alt="x" src="x.png">',
        "<style>@import url(file:///etc/hostname);</style>",
        '<link rel="stylesheet" href="file:///etc/hostname">',
        "<style>p{background:url(http://127.0.0.1:9/x.png)}</style><p>x</p>",
        '<style>@font-face{font-family:F;src:url("file:///f.woff2")}p{font-family:F}</style><p>x</p>',
        "<style>p{background:url(//127.0.0.1:9/x.png)}</style><p>x</p>",
        '<svg width="9" height="9"><image href="file:///etc/hostname" width="9" height="9"/></svg>',
    ],
)
def test_a_page_that_asks_for_more_than_it_holds_is_refused(asks: str) -> None:
    with pytest.raises(AffidavitError, match="asks for something that is not in it") as caught:
        pdf(PAGE.replace("</body>", f"{asks}</body>"), WHEN)

    assert any(
        part in str(caught.value) for part in ("etc/hostname", "127.0.0.1:9", "x.png", "f.woff2")
    )


@pytest.mark.system
def test_what_a_page_holds_itself_is_taken() -> None:
    assert pdf(PAGE.replace("</body>", f'<img alt="x" src="{PIXEL}"></body>'), WHEN)[:5] == b"%PDF-"
