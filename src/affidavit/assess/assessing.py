"""The stage: every catalog in force over the record, as JSON, CSV and the catalog's own bytes."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from affidavit.assess.catalog import LoadedCatalog, read_catalog
from affidavit.assess.context import Context, context_of, read_reports
from affidavit.assess.rules import assess_control
from affidavit.bundle import canonical, layout
from affidavit.config import Config, Declarations
from affidavit.evidence import Evidence, Item
from affidavit.shipped import shipped
from affidavit.standing import CatalogStanding
from affidavit.workspace import Workspace

CATALOGS = ("sr-26-2", "gdpr")
_COLUMNS = (
    "control", "reference", "title", "status", "because", "remedy", "roles", "items", "mode",
    "expectation",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Assessed:
    """The standings, and the files that state them."""

    standings: tuple[CatalogStanding, ...]
    items: tuple[Item, ...]


def assess(
    evidence: Evidence,
    evidence_id: str,
    config: Config,
    declarations: Declarations | None,
    work: Workspace,
    *,
    as_of: str,
) -> Assessed:
    """Assess the record against the shipped catalogs.

    Args:
        evidence: the finished record; `evidence_id` is the sha256 of its canonical form.
        evidence_id: cited in every file, so that an assessment cannot move to other evidence.
        config: gives the label's kind and the thresholds held.
        declarations: what people state; None where nothing was declared.
        work: reports are read from it, data/controls/ is written into it.
        as_of: the day, YYYY-MM-DD, for which effective dates are judged.

    Raises:
        ConfigError: a catalog with faults, or an expression that fails on this record.
    """
    folder = shipped("policies") / "catalogs"
    loaded = [read_catalog(folder / f"{name}.yaml") for name in CATALOGS]
    context = context_of(evidence, read_reports(evidence, work.root), config, declarations)
    standings = tuple(_standing(c, context, evidence_id, as_of) for c in loaded)
    items = [i for c, s in zip(loaded, standings, strict=True) for i in _written(c, s, work)]
    return Assessed(standings, tuple(items))


def _standing(
    loaded: LoadedCatalog, context: Context, evidence_id: str, as_of: str
) -> CatalogStanding:
    catalog = loaded.catalog
    return CatalogStanding(
        catalog=catalog.id, title=catalog.title, issued=catalog.issued,
        text_status=catalog.text_status, catalog_sha256=loaded.sha256, evidence_id=evidence_id,
        as_of=as_of,
        assessments=tuple(assess_control(c, catalog, context, as_of) for c in catalog.controls),
    )  # fmt: skip


def _written(loaded: LoadedCatalog, standing: CatalogStanding, work: Workspace) -> list[Item]:
    stem = Path(layout.CONTROLS) / standing.catalog
    as_json = canonical.record_bytes(standing)
    return [
        work.write(
            f"{stem}.yaml", loaded.content, kind="catalog", origin="assessed",
            media_type="application/yaml", sensitivity="public",
        ),
        work.write(
            f"{stem}.json", as_json, kind="controls", origin="assessed",
            media_type="application/json",
        ),
        work.write(
            f"{stem}.csv", _as_csv(standing), kind="controls", origin="assessed",
            media_type="text/csv",
        ),
    ]  # fmt: skip


def _as_csv(standing: CatalogStanding) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for assessment in standing.assessments:
        row = assessment.model_dump()
        writer.writerow([_cell(row[c]) for c in _COLUMNS])
    return out.getvalue().encode()


def _cell(value: object) -> str:
    """One CSV cell; a leading =, +, - or @ would be a formula in a spreadsheet."""
    text = "; ".join(map(str, value)) if isinstance(value, tuple) else str(value or "")
    return f"'{text}" if text[:1] in "=+-@" and text else text
