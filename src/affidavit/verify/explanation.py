"""What is said of the explanations, against the configuration, the evidence, and each other.

Nothing here explains a model: its scores on made-up rows are not in a bundle. But a row's
attributions add up to its output, reasons are chosen by a stated rule, a counterfactual is on the
other side of the threshold, and the parts of a difference add up to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from affidavit.bundle.layout import CONFIG, DECISIONS, EVIDENCE, EXPLAINABILITY
from affidavit.config import Config
from affidavit.evidence import Item
from affidavit.explanation_record import Decisions, Explainability
from affidavit.gap_ids import EXPLAIN_GAPS
from affidavit.verify.checks import BUILD_AGAIN, UPDATE, Fault, Ledger, derivable, few
from affidavit.verify.explained_changes import change_faults
from affidavit.verify.explained_decisions import decision_faults, sum_faults
from affidavit.verify.explained_findings import finding_faults, protected_faults
from affidavit.verify.explained_form import form_faults, own_faults
from affidavit.verify.explained_parts import part_faults
from affidavit.verify.explained_reasons import reason_faults
from affidavit.verify.explained_rows import check_rows
from affidavit.verify.files import SignedFiles
from affidavit.verify.gaps import gap_ids_of
from affidavit.verify.records import Records
from affidavit.verify.withholding import lacks

FORM: Final = "explanation"
# Of single decisions; each needs decisions.json.
_SINGLE: Final = ("attribution", "explained-decision", "reasons", "counterfactual")


def check_explanation(files: SignedFiles, records: Records, ledger: Ledger) -> int:
    """Hold both files against everything in the bundle that they have to agree with.

    Args:
        files: of the bundle.
        records: of the bundle.
        ledger: gains the checks `explanation`, `decomposition`, `attribution`,
            `explained-decision`, `reasons` and `counterfactual`, where there is something to check.

    Returns:
        How many decisions and differences were derived again.
    """
    if lacks(files, ledger, FORM, "decomposition", *_SINGLE):
        return 0
    if records.config is None:
        ledger.not_run(FORM, f"{CONFIG} is not there, or cannot be read", path=CONFIG, fix=UPDATE)
        return 0
    ledger.run(
        FORM, "the explanations agree with the configuration, the evidence and each other",
        derivable(EXPLAINABILITY, _form_faults(records, records.config)),
    )  # fmt: skip
    followed = _check_parts(records.explainability, ledger)
    return followed + _check_single(files, records, records.config, ledger)


def _check_parts(whole: Explainability | None, ledger: Ledger) -> int:
    """Differences between groups; how many add up, or 0 where one does not."""
    if whole is None or not whole.decompositions:
        return 0
    is_sound = ledger.run(
        "decomposition", "the parts of every difference between groups add up to it",
        list(few(list(derivable(EXPLAINABILITY, part_faults(whole))))),
        found=f"{len(whole.decompositions)} differences",
    )  # fmt: skip
    return len(whole.decompositions) if is_sound else 0


def _items(records: Records) -> dict[str, Item]:
    paths = (EXPLAINABILITY, DECISIONS)
    return {i.path: i for i in records.evidence.items if i.path in paths}


def _form_faults(records: Records, config: Config) -> Iterator[Fault]:
    yield from _item_faults(records, config)
    both: tuple[tuple[str, Explainability | Decisions | None], ...] = (
        (EXPLAINABILITY, records.explainability), (DECISIONS, records.decisions),
    )  # fmt: skip
    for path, record in both:
        if record is not None:
            yield from form_faults(path, record, records, config)
    yield from own_faults(records.explainability, records.decisions, config)
    yield from finding_faults(records.explainability, records.decisions, records.evidence)


def _item_faults(records: Records, config: Config) -> Iterator[Fault]:
    """What [explain] asks for is there, or a gap says why not; and nothing where nothing asks."""
    items = _items(records)
    if config.explain is None:
        for path in sorted(items):
            yield Fault(f"{path} is there, and {CONFIG} asks for no explanation", path, "none",
                        "there")  # fmt: skip
        return
    for item in items.values():
        yield from _kept_faults(item, config)
    was_scored = any(r.name == "performance" for r in records.reports.values())
    excused = sorted(i for i in gap_ids_of(records.evidence) if i.startswith(EXPLAIN_GAPS))
    if excused and items:
        yield Fault(f"{excused[0]} says that nothing was explained", EVIDENCE, "no file",
                    ", ".join(sorted(items)))  # fmt: skip
    if items or (was_scored and not excused):  # both files are made, or none is
        for path in sorted({EXPLAINABILITY, DECISIONS} - items.keys()):
            yield Fault(
                f"{CONFIG} asks for an explanation, and {path} is not there", EVIDENCE,
                f"the file, or a gap {EXPLAIN_GAPS}… that says why not", "neither",
            )  # fmt: skip


def _kept_faults(item: Item, config: Config) -> Iterator[Fault]:
    """Single rows are personal data, and travel as the rows of their role do."""
    if (item.kind, item.origin) != ("explanation", "recomputed"):
        yield Fault(f"{item.path} is not tabled as an explanation", EVIDENCE,
                    "explanation, recomputed", f"{item.kind}, {item.origin}")  # fmt: skip
    if item.path != DECISIONS:
        return
    if item.sensitivity != "personal-data":
        yield Fault(f"{item.path} holds rows of persons", EVIDENCE, "personal-data",
                    item.sensitivity)  # fmt: skip
    dataset = config.datasets.get(item.role or "")
    if dataset is not None and item.embedded != (dataset.include == "embed"):
        yield Fault(
            f"{item.path} does not travel as its role {item.role} does", EVIDENCE, dataset.include,
            "embed" if item.embedded else "reference",
        )  # fmt: skip


def _check_single(files: SignedFiles, records: Records, config: Config, ledger: Ledger) -> int:
    """Single decisions; where their file is not here, nothing of them is said."""
    item = _items(records).get(DECISIONS)
    found = records.decisions
    if found is None:
        if item is not None:
            _say_absent(files, item, ledger)
        return 0
    checks: tuple[tuple[str, str, Callable[[], Iterator[Fault]]], ...] = (
        ("attribution", "each decision's attributions add up to its output",
         lambda: sum_faults(found)),
        ("explained-decision", "scores, thresholds and decisions agree",
         lambda: decision_faults(found, config)),
        ("reasons", "principal reasons follow from the attributions by the rule",
         lambda: reason_faults(found, records.explainability, config)),
        ("counterfactual", "every counterfactual obeys its limits and turns the decision",
         lambda: change_faults(found, config)),
    )  # fmt: skip
    is_sound = True
    for check, claim, faults in checks:
        is_sound &= ledger.run(
            check, claim, list(few(list(derivable(DECISIONS, faults())))),
            found=f"{len(found.decisions)} decisions",
        )  # fmt: skip
    ledger.run(
        "reasons", "a protected attribute that moved a decision is an exception on page one",
        protected_faults(found, records.evidence),
    )  # fmt: skip
    is_sound &= check_rows(files, found, ledger)
    return len(found.decisions) if is_sound else 0


def _say_absent(files: SignedFiles, item: Item, ledger: Ledger) -> None:
    if not item.embedded:
        why = f"{item.path} is held by reference, so no single decision was looked at"
    elif item.path in files.withheld:
        why = f"{item.path} is withheld, so no single decision was looked at"
    else:
        why = f"{item.path} could not be read, so no single decision was looked at"
    for check in _SINGLE:
        ledger.not_run(
            check, why, path=item.path, required=False,
            fix=None if item.path in files.withheld or not item.embedded else BUILD_AGAIN,
        )  # fmt: skip
