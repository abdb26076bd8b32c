"""The stage: every catalog asked about, over the record, as JSON, CSV and the catalog's bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from affidavit.assess import oscal
from affidavit.assess.contained import assess_apart
from affidavit.assess.context import Context, context_of, read_reports
from affidavit.assess.explanations import read_explained
from affidavit.assess.loading import LoadedCatalog
from affidavit.assess.rules import assess_control
from affidavit.assess.selecting import Asked, select, select_again
from affidavit.assess.vocabulary import FILE
from affidavit.bundle import canonical, layout
from affidavit.config import Config, Declarations
from affidavit.control_table import as_csv
from affidavit.evidence import Evidence, Item
from affidavit.standing import CatalogStanding
from affidavit.workspace import Workspace

# Standings made from the evidence, to the same with the signed answers that count.
Answering = Callable[[tuple[CatalogStanding, ...]], tuple[CatalogStanding, ...]]


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
    catalogs: Sequence[str] = (),
) -> Assessed:
    """Assess the record against the catalogs of the configuration, and those given.

    Args:
        evidence: the finished record; `evidence_id` is the sha256 of its canonical form.
        evidence_id: cited in every file, so that an assessment cannot move to other evidence.
        config: gives the label's kind, the thresholds held and the catalogs.
        declarations: what people state; None where nothing was declared.
        work: reports are read from it, data/controls/ is written into it.
        as_of: the day, YYYY-MM-DD, for which effective dates are judged.
        catalogs: ids of shipped catalogs, or files, beside those of the configuration.

    Raises:
        UsageError: no such catalog.
        ConfigError: a catalog with faults, or an expression that fails on this record.
    """
    asked = select(config, declarations, catalogs, as_of=as_of)
    context = _context(evidence, config, declarations, work)
    standings = tuple(standing_of(one, context, evidence_id) for one in asked)
    return Assessed(standings, _write(asked, standings, evidence_id, work))


def assess_again(
    evidence: Evidence,
    evidence_id: str,
    config: Config,
    declarations: Declarations | None,
    work: Workspace,
    *,
    as_of: str,
    kept: Sequence[LoadedCatalog],
    answer: Answering,
) -> Assessed:
    """Assess the record of a bundle against the catalogs that it holds, with signed answers.

    Args:
        evidence: of the bundle; `evidence_id` is its id.
        evidence_id: as `assess` takes it.
        config: of the bundle.
        declarations: of the bundle.
        work: holds the payload, without data/controls/, which is written into it.
        as_of: the day, YYYY-MM-DD, for which dates and answers are judged.
        kept: the bundle's catalogs (`load_again`).
        answer: gives the standings, made from the evidence alone, their answers.

    Raises:
        ConfigError: a catalog's expression that fails on this record, or takes too long.
    """
    asked = select_again(kept, config, declarations, as_of)
    context = _context(evidence, config, declarations, work)
    standings = answer(tuple(standing_of(one, context, evidence_id) for one in asked))
    return Assessed(standings, _write(asked, standings, evidence_id, work))


def _context(
    evidence: Evidence, config: Config, declarations: Declarations | None, work: Workspace
) -> Context:
    return context_of(
        evidence, read_reports(evidence, work.root), config, declarations,
        read_explained(evidence, work.root),
    )  # fmt: skip


def standing_of(asked: Asked, context: Context, evidence_id: str) -> CatalogStanding:
    """One catalog over the record; the expressions of a foreign one run apart.

    Raises:
        ConfigError: an expression that fails on this record, or takes too long.
    """
    catalog = asked.loaded.catalog
    if asked.loaded.foreign:
        assessments = assess_apart(
            catalog, asked.loaded.content, context,
            as_of=asked.as_of, counterparts=asked.counterparts,
            vocabulary=asked.loaded.vocabulary.content,
        )  # fmt: skip
    else:
        assessments = tuple(
            assess_control(
                control, catalog, asked.loaded.needs[control.id], context,
                as_of=asked.as_of, counterparts=asked.counterparts.get(control.id, ()),
            )
            for control in catalog.controls
        )  # fmt: skip
    return CatalogStanding(
        catalog=catalog.id,
        title=catalog.title,
        publisher=catalog.publisher,
        issued=catalog.issued,
        read_on=catalog.read_on,
        text_status=catalog.text_status,
        effective_from=catalog.effective.from_,
        effective_until=catalog.effective.until,
        superseded_by=catalog.superseded_by,
        superseded_on=catalog.superseded_on,
        catalog_sha256=asked.loaded.sha256,
        evidence_id=evidence_id,
        as_of=asked.as_of,
        applied=asked.applied,
        assessments=assessments,
    )


def _write(
    asked: Sequence[Asked],
    standings: tuple[CatalogStanding, ...],
    evidence_id: str,
    work: Workspace,
) -> tuple[Item, ...]:
    items = [i for a, s in zip(asked, standings, strict=True) for i in _written(a, s, work)]
    if asked:
        items.append(_write_catalog(work, FILE, asked[0].loaded.vocabulary.content))
        items += _oscal(asked, standings, evidence_id, work)
    return tuple(items)


def _written(asked: Asked, standing: CatalogStanding, work: Workspace) -> list[Item]:
    stem = Path(layout.CONTROLS) / standing.catalog
    return [
        _write_catalog(work, f"{standing.catalog}.yaml", asked.loaded.content),
        work.write(
            f"{stem}.json", canonical.record_bytes(standing), kind="controls", origin="assessed",
            media_type="application/json",
        ),
        work.write(
            f"{stem}.csv", as_csv(standing), kind="controls", origin="assessed",
            media_type="text/csv",
        ),
    ]  # fmt: skip


def _oscal(
    asked: Sequence[Asked], standings: Sequence[CatalogStanding], evidence_id: str, work: Workspace
) -> list[Item]:
    files = {
        f"catalog-{a.loaded.catalog.id}": oscal.oscal_catalog(a.loaded.catalog) for a in asked
    } | {
        oscal.PLAN: oscal.oscal_plan(standings, evidence_id),
        oscal.RESULTS: oscal.oscal_results(standings, evidence_id),
    }
    return [
        work.write(
            f"{layout.OSCAL}/{name}.json", canonical.dumps(made), kind="oscal",
            origin="assessed", media_type="application/oscal+json",
        )
        for name, made in files.items()
    ]  # fmt: skip


def _write_catalog(work: Workspace, name: str, content: bytes) -> Item:
    return work.write(
        f"{layout.CONTROLS}/{name}", content, kind="catalog", origin="assessed",
        media_type="application/yaml", sensitivity="public",
    )  # fmt: skip
