"""Bundles grouped by model, newest version first; which evidence stands twice, and what changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from affidavit.inspect.index_reading import Found
from affidavit.inspect.index_record import Change, Model, Version

_MOST_DIGITS = 18


def grouped(found: Iterable[Found]) -> tuple[Model, ...]:
    """The models by name, each with its versions, the newest first."""
    by_model: dict[str, list[tuple[Version, Found]]] = defaultdict(list)
    for one in found:
        if isinstance(one.row, Version):
            by_model[one.model].append((one.row, one))
    names = sorted(by_model, key=lambda name: (name.casefold(), name))
    return tuple(Model(name=name, versions=_versions(by_model[name])) for name in names)


def _versions(rows: list[tuple[Version, Found]]) -> tuple[Version, ...]:
    """Oldest to newest, so that each knows the last validated before it; then turned round."""
    rows.sort(key=lambda pair: _age(pair[0]))
    versions = [row for row, _ in rows]
    same = _by_evidence(versions)
    validators = {
        evidence_id: tuple(dict.fromkeys(name for v in copies for name in v.validated_by))
        for evidence_id, copies in same.items()
    }
    told: list[Version] = []
    last: tuple[Version, Found] | None = None
    validated: tuple[Version, Found] | None = None
    for row, found in rows:
        if last is not None and last[0].evidence_id != row.evidence_id:
            validated = _validated(last, validators) or validated
        told.append(
            row.model_copy(
                update={
                    "same_evidence_as": tuple(
                        v.bundle for v in same[row.evidence_id] if v is not row
                    ),
                    "validated_by": validators[row.evidence_id],
                    "change": _change(validated, found) if validated else None,
                }
            )
        )
        last = (row, found)
    return tuple(reversed(told))


def _validated(
    pair: tuple[Version, Found], validators: dict[str, tuple[str, ...]]
) -> tuple[Version, Found] | None:
    return pair if validators[pair[0].evidence_id] else None


def _by_evidence(versions: Sequence[Version]) -> dict[str, list[Version]]:
    same: dict[str, list[Version]] = defaultdict(list)
    for version in versions:
        same[version.evidence_id].append(version)
    return same


def _age(row: Version) -> tuple[int, str, str, str, str]:
    """Registries number versions; where one is no number, when it was made decides."""
    is_number = row.version.isascii() and row.version.isdigit()
    number = int(row.version) if is_number and len(row.version) <= _MOST_DIGITS else -1
    made = row.created_at or ""
    return number, made, row.version, row.sealed_at or "", row.bundle


def _change(validated: tuple[Version, Found], now: Found) -> Change:
    """What differs, by the digests that both records state; absent is another than present."""
    row, before = validated
    parts = dict.fromkeys((*now.traits, *before.traits))
    return Change(
        since=row.version,
        since_bundle=row.bundle,
        parts=tuple(p for p in parts if now.traits.get(p, "") != before.traits.get(p, "")),
        findings_new=len(now.findings - before.findings),
        findings_gone=len(before.findings - now.findings),
    )
