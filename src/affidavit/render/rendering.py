"""The stage: one context, four documents and the figures, each an item of the payload."""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.bundle.canonical import dumps, record_bytes
from affidavit.card_record import CardRecheck
from affidavit.config import Config, Declarations
from affidavit.evidence import Evidence, Item
from affidavit.progress import Progress
from affidavit.render.branding import Brand
from affidavit.render.compose import compose, read_reports
from affidavit.render.context import Card
from affidavit.render.documents import card_fonts, drawn_figures, html, markdown
from affidavit.render.machine import card_record
from affidavit.render.ml_bom import ml_bom
from affidavit.render.on_paper import on_paper
from affidavit.render.pdf import Attached, document_date
from affidavit.render.pdf import pdf as make_pdf
from affidavit.render.words import many
from affidavit.standing import CatalogStanding
from affidavit.wording import size_text
from affidavit.workspace import Workspace

CARD = "data/card/model-card"
ML_BOM = "data/card/ml-bom.cdx.json"
FIGURES = "data/reports/figures"


def render(
    evidence: Evidence,
    work: Workspace,
    *,
    evidence_id: str,
    standings: tuple[CatalogStanding, ...],
    declarations: Declarations | None,
    config: Config | None,
    pdf: bool,
    progress: Progress,
    brand: Brand | None = None,
    rechecks: tuple[CardRecheck, ...] = (),
) -> tuple[Item, ...]:
    """Render the card and its figures into the workspace.

    Args:
        evidence: the sealed-to-be record; its reports lie in `work`.
        work: where the files go.
        evidence_id: sha256 of evidence.json, printed on every page.
        standings: the assessments as sealed, one a catalog.
        declarations: what the institution states, where it does.
        config: affidavit.toml, where there is one.
        pdf: whether the PDF is made as well.
        progress: told what is being written.
        brand: a bank's look for HTML and PDF; None for Affidavit's own.
        rechecks: signed ones that go along with the bundle and are to be shown.

    Returns:
        The items, kind `card` and `figure`, origin `rendered`, sorted by path.

    Raises:
        MissingExtra: Jinja, WeasyPrint or Pango is not on this machine.
        ConfigError: a template of the brand is refused.
        AffidavitError: a report cannot be read, WeasyPrint failed, or the card leaves out what
            must stand on it.
    """
    read = read_reports(evidence, work)
    card = compose(
        evidence, evidence_id, standings=standings, declarations=declarations, config=config,
        read=read, rechecks=rechecks,
    )  # fmt: skip
    record = card_record(card, evidence, standings, read, rechecks)
    progress.step("writing model-card.html, .md, .json")
    items = [
        _write(work, "html", html(card, "screen", brand=brand).encode(), "text/html"),
        _write(work, "md", markdown(card).encode(), "text/markdown"),
        _write(work, "json", dumps(record.model_dump(mode="json")), "application/json"),
        *_figures(card, work),
        work.write(
            ML_BOM,
            dumps(
                ml_bom(
                    evidence,
                    evidence_id,
                    reports=read.reports,
                    config=config,
                    declarations=declarations,
                )
            ),
            kind="ml-bom",
            origin="rendered",
            media_type="application/vnd.cyclonedx+json",
        ),
    ]
    if pdf:
        progress.step("writing model-card.pdf")
        items.append(_pdf(card, evidence, work, brand))
    total = size_text(sum(i.size_bytes for i in items))
    progress.done("render", f"{many(len(items), 'file')}, {total}{_undrawn(card, brand)}")
    return tuple(sorted(items, key=lambda i: i.path.encode()))


def _undrawn(card: Card, brand: Brand | None) -> str:
    """What a person who builds should know: a name that the PDF can only spell in codes."""
    lost = card_fonts(card, brand)
    if not lost.undrawn:
        return ""
    return f"; no packaged font has {lost.codes()[:60]}: the PDF prints the code"


def _figures(card: Card, work: Workspace) -> Iterator[Item]:
    for name, drawn in drawn_figures(card).items():
        yield work.write(
            f"{FIGURES}/{name}.svg", drawn.svg.encode(), kind="figure", origin="rendered",
            media_type="image/svg+xml",
        )  # fmt: skip


def _pdf(card: Card, evidence: Evidence, work: Workspace, brand: Brand | None) -> Item:
    dated = document_date(evidence.subject.created_at)
    attached = Attached(
        name="evidence.json",
        description=f"The evidence record, sha256 {card.evidence_id}",
        content=record_bytes(evidence),
    )
    page = html(on_paper(card), "paper", dated=dated, brand=brand)
    content = make_pdf(page, dated, (attached,))
    return _write(work, "pdf", content, "application/pdf")


def _write(work: Workspace, suffix: str, content: bytes, media_type: str) -> Item:
    return work.write(
        f"{CARD}.{suffix}", content, kind="card", origin="rendered", media_type=media_type
    )
