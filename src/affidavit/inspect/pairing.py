"""Both versions of a model on the rows that they have in common."""

from __future__ import annotations

from dataclasses import dataclass

from affidavit.config import Config
from affidavit.inspect.common_rows import Common, common_rows
from affidavit.inspect.difference import PairedRole
from affidavit.inspect.paired_groups import pair_groups
from affidavit.inspect.paired_numbers import pair_numbers, turned_rows
from affidavit.inspect.predicted import Predicted
from affidavit.inspect.reading import Reading
from affidavit.metric_names import is_training_role
from affidavit.reading_rules import LARGEST_WEIGHT, LEAST_WEIGHT
from affidavit.wording import count_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """One role of two bundles: readings, configurations and predictions of both."""

    role: str
    before: Reading
    after: Reading
    old: Predicted
    new: Predicted


def pair_role(
    before: Reading, after: Reading, role: str, old: Predicted, new: Predicted
) -> PairedRole:
    """Compare both versions row by row, matched by row id.

    Returns:
        With a `reason` and nothing else where they cannot be: no ids that identify a row, other
        labels, another task, no common row.

    Raises:
        DigestDiffers: a snapshot that is not what was signed.
    """
    pairing = Pairing(role=role, before=before, after=after, old=old, new=new)
    found = PairedRole(role=role, n_before=old.n, n_after=new.n)
    earlier, later = before.records.config, after.records.config
    if earlier is None or later is None:
        reading = before if earlier is None else after
        return _not(found, f"the affidavit.toml of version {reading.version} cannot be read")
    if reason := _no_pairing(pairing, earlier, later):
        return _not(found, reason)
    ids = sorted((old.by_id or {}).keys() & (new.by_id or {}).keys())
    if not ids:
        return _not(found, "no row id is in both")
    if differing := _other_labels(pairing, ids):
        rows = count_text(len(ids), "common row")
        return _not(found, f"{differing:,} of the {rows} have another label")
    try:
        common = common_rows(ids, old, new, (earlier, later))
    except ValueError:
        return _not(
            found,
            f"the predictions hold a weight that is no number from {LEAST_WEIGHT:g} to "
            f"{LARGEST_WEIGHT:g}",
        )
    return _compared(pairing, found, common, (earlier, later))


def _not(found: PairedRole, reason: str) -> PairedRole:
    return found.model_copy(update={"reason": reason})


def _no_pairing(pairing: Pairing, old: Config, new: Config) -> str:
    if old.task != new.task:
        return f"other tasks: {old.task} and {new.task}"
    if pairing.old.by_id is None or pairing.new.by_id is None:
        return "row ids are missing or stand twice"
    snapshots = pairing.before.snapshot(pairing.role), pairing.after.snapshot(pairing.role)
    if snapshots[0] and snapshots[0] == snapshots[1]:
        # Numbered or named, the rows of the same bytes are the same rows.
        return "" if old.rows.id == new.rows.id else "[rows] id names another column"
    if old.rows.id is None or new.rows.id is None:
        return "rows are only numbered ([rows] id names no column), and the snapshots differ"
    return "" if old.rows.id == new.rows.id else "[rows] id names another column"


def _other_labels(pairing: Pairing, ids: list[str]) -> int:
    old, new = pairing.old.by_id or {}, pairing.new.by_id or {}
    return sum(old[i].label != new[i].label for i in ids)


def _compared(
    pairing: Pairing, found: PairedRole, common: Common, configs: tuple[Config, Config]
) -> PairedRole:
    is_decided = configs[1].task != "regression"
    return found.model_copy(
        update={
            "task": configs[1].task,
            "n": common.n,
            "n_labelled": len(common.labelled),
            "numbers": pair_numbers(common, *configs),
            "turned": turned_rows(common, range(common.n)) if is_decided else (),
            "attributes": (
                pair_groups(common, pairing.before, pairing.after, pairing.role)
                if is_decided
                else ()
            ),
            "notes": _notes(pairing, common, *configs),
        }
    )


def _notes(pairing: Pairing, common: Common, old: Config, new: Config) -> tuple[str, ...]:
    versions = pairing.before.version, pairing.after.version
    notes = []
    kinds = [_decisions(c) for c in (old, new)]
    if new.task == "binary" and kinds[0] != kinds[1]:
        notes.append(
            f"the decisions are {kinds[0]} in version {versions[0]} and {kinds[1]} in version "
            f"{versions[1]}"
        )
    if (old.label.favourable, old.label.positive) != (new.label.favourable, new.label.positive):
        notes.append(f"labels are read as version {versions[1]} declares them")
    is_weighted = (old.rows.weight or new.rows.weight) is not None
    heavier = sum(a.weight != b.weight for a, b in zip(common.before, common.after, strict=True))
    if is_weighted and heavier:
        notes.append(
            f"{heavier:,} rows weigh otherwise in version {versions[0]}; the weights of version "
            f"{versions[1]} are used"
        )
    if is_training_role(pairing.role):
        notes.append("these are training rows: differences are of fit, not of performance")
    return tuple(notes)


def _decisions(config: Config) -> str:
    declared = config.decision
    is_final = declared.column is not None and declared.threshold is None and not declared.segment
    return "the final ones" if is_final else "the model's"
