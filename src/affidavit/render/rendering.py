"""The stage: one context, four documents and the figures, each an item of the payload."""

from __future__ import annotations

from affidavit.bundle.canonical import dumps
from affidavit.config import Config, Declarations
from affidavit.evidence import Evidence, Item
from affidavit.progress import Progress
from affidavit.render.compose import compose, read_reports
from affidavit.render.documents import drawn_figures, html, markdown
from affidavit.render.machine import card_record
from affidavit.render.pdf import document_date
from affidavit.render.pdf import pdf as make_pdf
from affidavit.render.words import many, size
from affidavit.standing import CatalogStanding
from affidavit.workspace import Workspace

CARD = "data/card/model-card"
FIGURES = "data/reports/figures"


def render(  # noqa: PLR0917  the signature that the stages agreed on
    evidence: Evidence,
    evidence_id: str,
    standings: tuple[CatalogStanding, ...],
    declarations: Declarations | None,
    config: Config | None,
    work: Workspace,
    *,
    pdf: bool,
    progress: Progress,
) -> tuple[Item, ...]:
    """Render the card and its figures into the workspace.

    Args:
        evidence: the sealed-to-be record; its reports lie in `work`.
        evidence_id: sha256 of evidence.json, printed on every page.
        standings: the assessments as sealed, one a catalog.
        declarations: what the institution states, where it does.
        config: affidavit.toml, where there is one.
        work: where the files go.
        pdf: whether the PDF is made as well.
        progress: told what is being written.

    Returns:
        The items, kind `card` and `figure`, origin `rendered`, sorted by path.

    Raises:
        MissingExtra: Jinja, WeasyPrint or Pango is not on this machine.
        AffidavitError: a report cannot be read, or WeasyPrint failed.
    """
    read = read_reports(evidence, work)
    card = compose(
        evidence,
        evidence_id,
        standings=standings,
        declarations=declarations,
        config=config,
        read=read,
    )
    record = card_record(card, evidence, standings, read)

    def write(suffix: str, content: bytes, media_type: str) -> Item:
        return work.write(
            f"{CARD}.{suffix}", content, kind="card", origin="rendered", media_type=media_type
        )

    progress.step("writing model-card.html, .md, .json")
    items = [
        write("html", html(card, "screen").encode(), "text/html"),
        write("md", markdown(card).encode(), "text/markdown"),
        write("json", dumps(record.model_dump(mode="json")), "application/json"),
    ]
    items.extend(
        work.write(
            f"{FIGURES}/{name}.svg", drawn.svg.encode(), kind="figure", origin="rendered",
            media_type="image/svg+xml",
        )
        for name, drawn in drawn_figures(card).items()
    )  # fmt: skip
    if pdf:
        progress.step("writing model-card.pdf")
        dated = document_date(evidence.subject.created_at)
        content = make_pdf(html(card, "paper", dated=dated), dated)
        items.append(write("pdf", content, "application/pdf"))
    total = size(sum(i.size_bytes for i in items)).replace("\N{THIN SPACE}", " ")
    progress.done("render", f"{many(len(items), 'file')}, {total}")
    return tuple(sorted(items, key=lambda i: i.path.encode()))
