"""An explanation in a few words, for show and diff: how it was made, what carries, what is absent.

No row is told of: decisions.json holds data of persons, so that its decisions are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from affidavit.bundle.layout import DECISIONS, EXPLAINABILITY
from affidavit.explanation_record import Decisions, Explainability, Importance
from affidavit.verify.records import Records

_FIRST: Final = 3
_ROUGH: Final = 3  # digits that are told


def explained_words(records: Records) -> dict[str, str]:
    """What is said of an explanation, by what it is called; empty where there is none."""
    whole, single = records.explainability, records.decisions
    words = dict(_whole_words(whole)) if whole is not None else {}
    items = {i.path for i in records.evidence.of_kind("explanation")}
    if single is not None:
        words["decisions"] = _decision_words(single)
    elif DECISIONS in items:
        words["decisions"] = f"in {DECISIONS}, which is not in this bundle"
    if whole is None and EXPLAINABILITY in items:
        words["model"] = f"in {EXPLAINABILITY}, which is not in this bundle"
    lacking = [g.part for r in (whole, single) if r is not None for g in r.lacking]
    if lacking:
        words["lacking"] = ", ".join(sorted(set(lacking)))
    return words


def _whole_words(whole: Explainability) -> Iterator[tuple[str, str]]:
    method = whole.quality.method if whole.quality is not None else "no attributions"
    rows = f", beside {whole.background.n} rows" if whole.background is not None else ""
    yield "method", f"{method}, {whole.scale} of {whole.of}, role {whole.role}{rows}"
    carried = sorted(whole.importance, key=lambda i: -_size(i))[:_FIRST]
    if carried:
        yield "carried by", ", ".join(f"{i.feature} {_size(i):.{_ROUGH}g}" for i in carried)
    proxies = [
        f"{p.feature or 'all features'} for {p.attribute}" for p in whole.proxies if p.stands_out
    ]
    if proxies:
        yield "stands in", ", ".join(proxies)
    for one in whole.decompositions:
        if one.difference is not None:
            groups = f"{' + '.join(one.group.values())} less {' + '.join(one.against.values())}"
            yield f"{one.of}, {groups}", f"{one.difference:.{_ROUGH}g}"
    outcomes = Counter(p.outcome for p in whole.probes)
    if outcomes:
        yield "checks", ", ".join(f"{n} {outcome}" for outcome, n in sorted(outcomes.items()))


def _size(one: Importance) -> float:
    for found in (one.mean_absolute, one.loss):
        if found is not None and found.value is not None:
            return found.value
    return 0.0


def _decision_words(single: Decisions) -> str:
    statuses = Counter(d.reasons.status for d in single.decisions)
    told = ", ".join(f"{n} {status}" for status, n in sorted(statuses.items()))
    changed = sum(bool(d.counterfactuals) for d in single.decisions)
    return f"{len(single.decisions)} explained (reasons: {told}; {changed} with a counterfactual)"
