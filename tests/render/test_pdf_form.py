"""The form of the PDF, read back by other libraries: PDF/A-3a, PDF/UA-1, tags, attachment."""

from __future__ import annotations

import io
import re
from itertools import pairwise

import pdfua
import pikepdf
import pytest
from pikepdf import pdfa
from tests.support.cards import Rendered, full_sample, render_sample
from tests.support.pdf_reader import PdfReader
from tests.support.records import RecordBuilder

from affidavit.bundle.canonical import record_bytes

pytestmark = pytest.mark.system
HEADING = re.compile(r"<h([1-6])[^>]*>(.*?)</h\1>", re.DOTALL)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """A card with every report that there is."""
    return render_sample(full_sample(RecordBuilder(tmp_path_factory.mktemp("full"))), pdf=True)


@pytest.fixture(scope="module")
def read(full: Rendered) -> PdfReader:
    return PdfReader(full.read("pdf"))


def headings(html: str) -> list[tuple[int, str]]:
    found = HEADING.findall(html)
    return [(int(level), re.sub(r"<[^>]+>", "", text).strip()) for level, text in found]


def test_two_renders_give_the_same_bytes(
    full: Rendered, tmp_path_factory: pytest.TempPathFactory
) -> None:
    again = render_sample(full_sample(RecordBuilder(tmp_path_factory.mktemp("again"))), pdf=True)

    assert again.read("pdf") == full.read("pdf")


def test_says_both_standards_in_one_description(read: PdfReader) -> None:
    with read.document.open_metadata() as metadata:
        assert metadata["pdfaid:part"] == "3"
        assert metadata["pdfaid:conformance"] == "A"
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == "Credit risk, version 3: model card"
        assert metadata["xmp:CreateDate"] == metadata["xmp:ModifyDate"] == "2026-11-12T09:30:00Z"
    assert read.xmp.count("<rdf:RDF") == 1
    assert "<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/<" in read.xmp


def test_pdfua_finds_no_error_and_no_warning(full: Rendered, tmp_path) -> None:
    """Its rule on headings fails in its own code; `test_headings_are_those_of_the_page` is ours."""
    path = tmp_path / "card.pdf"
    path.write_bytes(full.read("pdf"))

    report = pdfua.validate(path)

    assert [f.message for f in report.findings] == []
    assert {s.rule_id for s in report.skipped} <= {"UA-14-001"}


def test_pdfua_would_have_seen_a_figure_without_its_text(full: Rendered, tmp_path) -> None:
    path = tmp_path / "silent.pdf"
    with pikepdf.open(io.BytesIO(full.read("pdf"))) as document:
        figure = next(o for o in document.objects
                      if isinstance(o, pikepdf.Dictionary) and o.get("/S") == "/Figure")  # fmt: skip
        del figure.Alt
        document.save(path)

    assert [f.severity.name for f in pdfua.validate(path).findings] == ["ERROR"]


def test_pdfa_rules_find_only_what_their_reader_does_not_know(full: Rendered) -> None:
    """pikepdf has veraPDF's rules for level B of PDF/A-3, and refuses whatever it does not know.

    It knows neither level A, which asks for tags on top, nor the description of the property
    that says PDF/UA. Nothing else may be found.
    """
    report = pdfa.validate_written(io.BytesIO(full.read("pdf")), "3b")

    unknown = re.compile(
        r"XMP (namespace|property) (pdfuaid|pdfaExtension|pdfaSchema|pdfaProperty)[:=]\S+ "
        "is not permitted|pdfaid:conformance is 'A', expected 'B'"
    )
    assert [str(f) for f in report.findings if not unknown.fullmatch(f.message)] == []
    assert report.output_intent == "RGB"


def test_pdfa_rules_would_have_seen_a_missing_output_intent(full: Rendered) -> None:
    with pikepdf.open(io.BytesIO(full.read("pdf"))) as document:
        del document.Root.OutputIntents
        saved = io.BytesIO()
        document.save(saved)

    found = pdfa.validate_written(saved, "3b").findings

    assert any("DeviceRGB" in f.message or "OutputIntent" in f.message for f in found)


def test_holds_the_evidence_record_itself(full: Rendered, read: PdfReader) -> None:
    record = record_bytes(full.sample.evidence)

    assert read.other.attachments == {"evidence.json": [record]}
    held = read.document.attachments["evidence.json"]
    assert held.get_file().mime_type == "application/json"
    assert held.get_file().read_bytes() == record
    assert held.obj.AFRelationship == "/Source"
    assert full.sample.evidence_id in str(held.obj.Desc)
    assert str(held.obj.EF.F.Params.ModDate) == "D:20261112093000Z"
    assert [a.objgen for a in read.document.Root.AF] == [held.obj.objgen]


def test_headings_are_those_of_the_page_and_skip_no_level(full: Rendered, read: PdfReader) -> None:
    expected = headings(full.text("html"))

    levels = [int(t.role[1:]) for t in read.tags if re.fullmatch("H[1-6]", t.role)]

    assert levels == [level for level, _ in expected]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_bookmarks_are_the_headings(full: Rendered, read: PdfReader) -> None:
    expected = [
        (level, " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split()))
        for level, text in headings(full.text("html"))
    ]

    found = [
        (depth, " ".join(t.replace("\N{NO-BREAK SPACE}", " ").split()))
        for depth, t in read.bookmarks
    ]

    assert found == expected


def test_every_header_cell_has_a_scope_and_every_cell_its_headers(read: PdfReader) -> None:
    heads = {str(h.element.ID): h for h in read.of("TH")}
    cells = read.of("TD")

    assert {str(h.attributes.Scope) for h in heads.values()} == {"/Row", "/Column"}
    # Those of the head; every other one heads its row.
    assert all(
        (str(h.attributes.Scope) == "/Column") is ("THead" in h.above) for h in heads.values()
    )
    named = [
        [str(i) for i in c.attributes.get("/Headers", [])] for c in cells if "TBody" in c.above
    ]
    assert all(ids and set(ids) <= set(heads) for ids in named)
    tree = read.document.Root.StructTreeRoot.IDTree.Kids[0].Names
    assert sorted(heads) == [str(key) for key in tree[::2]]


def test_a_header_over_a_group_of_rows_heads_those_rows_alone(read: PdfReader) -> None:
    tables = [t for t in read.of("Table") if _bodies(t) > 1]
    groups = 0
    for table in tables:
        for body in (k for k in table.element.K if k.get("/S") == "/TBody"):
            own = {str(row.K[0].ID) for row in body.K if row.K[0].S == "/TH"}
            for cell in (c for row in body.K for c in row.K if c.S == "/TD"):
                above = {str(i) for i in cell.A.Headers} - own
                groups += 1
                assert all(str(read_head(table, i).A.Scope) == "/Column" for i in above)

    assert tables
    assert groups


def read_head(table, head_id):
    heads = [c for part in table.element.K if part.get("/S") in ("/THead", "/TBody")
             for row in part.K for c in row.K if c.S == "/TH"]  # fmt: skip
    return next(h for h in heads if str(h.ID) == head_id)


def _bodies(table) -> int:
    return sum(k.get("/S") == "/TBody" for k in table.element.K)


def test_figures_say_what_they_show_and_lie_on_their_page(full: Rendered, read: PdfReader) -> None:
    figures = read.of("Figure")
    alternatives = re.findall(r'<svg[^>]*aria-label="([^"]*)"', full.text("html"))

    assert len(figures) == full.text("html").count("<figure")
    assert all(str(f.element.Alt) for f in figures)
    assert not alternatives or len(alternatives) == len(figures)
    for figure in figures:
        left, bottom, right, top = (float(v) for v in figure.attributes.BBox)
        assert 0 <= left < right <= 596
        assert 0 <= bottom < top <= 842


def test_links_say_where_they_lead(read: PdfReader) -> None:
    said = {str(link.Contents) for link in read.links}

    assert "To Thresholds" in said
    assert not {s for s in said if "finding-" in s or "control-" in s}
    assert all(str(link.F) == "4" for link in read.links)


def test_footers_are_artifacts_and_no_tag(read: PdfReader) -> None:
    pages = read.document.pages
    for place, page in enumerate(pages, 1):
        content = page.Contents.read_bytes()
        assert content.count(b"/Artifact\n<</Type /Pagination") == 2
        assert f"{place} of {len(pages)}" in read.other.pages[place - 1].extract_text()
    numbers = read.document.Root.StructTreeRoot.ParentTree.Nums
    assert all(None in list(entry) for entry in list(numbers)[1 : 2 * len(pages) : 2])


def test_every_font_is_in_the_file_and_its_letters_can_be_read(read: PdfReader) -> None:
    names = {str(f.FontName).partition("+")[2].rstrip(",") for f in read.fonts}
    assert names == {
        "Source-Serif-4", "Source-Serif-4-Semi-Bold", "IBM-Plex-Sans", "IBM-Plex-Sans-Semi-Bold",
        "IBM-Plex-Mono",
    }  # fmt: skip
    assert all("/FontFile2" in f or "/FontFile3" in f for f in read.fonts)
    composite = [o for o in read.document.objects
                 if isinstance(o, pikepdf.Dictionary) and o.get("/Subtype") == "/Type0"]  # fmt: skip
    assert composite
    assert all("/ToUnicode" in font for font in composite)


def test_pages_have_labels_and_the_title_is_shown(read: PdfReader) -> None:
    assert read.other.page_labels == [str(n) for n in range(1, len(read.other.pages) + 1)]
    assert read.document.Root.ViewerPreferences.DisplayDocTitle
    assert str(read.document.Root.Lang) == "en"
    assert all(page.Tabs == "/S" for page in read.document.pages)


def test_the_text_has_page_one_in_order(full: Rendered, read: PdfReader) -> None:
    text = " ".join(read.other.pages[0].extract_text().split())

    assert text.index("Read this first") < text.index("Exception") < text.index("Missing")
    assert "evidence.json" in read.text
