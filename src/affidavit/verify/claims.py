"""What can be held against a dishonest signer beyond the arithmetic: nothing left out, made up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from affidavit.bundle.layout import CONFIG
from affidavit.config import Config
from affidavit.verify.checks import Fault, Ledger, derivable
from affidavit.verify.completeness import completeness_faults
from affidavit.verify.count_tables import NamedTable
from affidavit.verify.figures import figure_faults, sensitivity_faults
from affidavit.verify.files import SignedFiles
from affidavit.verify.gaps import gap_faults, gap_ids_of
from affidavit.verify.group_values import following_faults, value_name_faults
from affidavit.verify.records import Records
from affidavit.verify.score_tables import table_faults, weight_faults
from affidavit.verify.scored import check_scored
from affidavit.verify.stability_rows import shown_faults


def check_claims(
    files: SignedFiles, records: Records, tables: Sequence[NamedTable], ledger: Ledger
) -> None:
    """Reports, gaps, groups and numbers from scores against configuration and counts.

    Args:
        files: of the bundle.
        records: of the bundle.
        tables: all of its count tables.
        ledger: gains the checks `scores` and `figure`, and one of `count-spec`.
    """
    check_scored(records, tables, ledger)
    ledger.run("figure", "figures only draw", figure_faults(files))
    if records.config is not None and records.reports:
        ledger.run(
            "count-spec", f"nothing that {CONFIG} asks for is left out of the reports",
            _left_out(files, records, records.config, tables),
        )  # fmt: skip


def _left_out(
    files: SignedFiles, records: Records, config: Config, tables: Sequence[NamedTable]
) -> Iterator[Fault]:
    gaps = gap_ids_of(records.evidence)
    yield from completeness_faults(config, records.reports, files.listed, gaps)
    yield from sensitivity_faults(records.evidence, tables)
    yield from shown_faults(config, records.reports, tables, gaps)
    for role in sorted({r.role for r in records.reports.values()}):
        mine = [t for t in tables if t.spec.role == role]
        yield from gap_faults(config, records.evidence, role, mine)
        for table in mine:
            yield from _order_faults(config, table)
            yield from value_name_faults(config, table)
        main = next((t for t in mine if t.spec.table == "main"), None)
        if main is not None:
            yield from _main_faults(records, main, mine)


def _main_faults(
    records: Records, main: NamedTable, tables: Sequence[NamedTable]
) -> Iterator[Fault]:
    for path, report in main.reports.items():
        if report.name == "performance":
            yield from following_faults(records.evidence, main, report)
            if main.spec.task == "binary":
                yield from derivable(path, table_faults(path, report, main))
    for table in tables:
        yield from weight_faults(main, table)


def _order_faults(config: Config, table: NamedTable) -> Iterator[Fault]:
    """Attributes and segments stand in the order of their names, the period last."""
    names = [a.name for a in table.spec.attributes]
    known = config.segments if table.spec.table == "segments" else config.sensitive
    expected = sorted(n for n in names if n in known) + [n for n in names if n not in known]
    if names != expected:
        yield Fault(
            f"{table.path} counts its attributes in another order than any build", table.path,
            ", ".join(expected), ", ".join(names),
        )  # fmt: skip
