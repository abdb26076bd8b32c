"""Page one, second half: what holds, three key numbers, exactly which bytes this is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from affidavit.config import Config
from affidavit.evidence import Evidence, Number, Report
from affidavit.render.context import AboutRow, KeyNumber
from affidavit.render.metrics import NO_EVENT, rank, wording
from affidavit.render.numbers import quantity
from affidavit.render.pairs import ALPHA, comparison_label, comparison_n, rows_of
from affidavit.render.performance import event_words
from affidavit.render.sections import fact_value, rows_words
from affidavit.render.words import day, day_of, digest_words, grouped, listed, many, size

_RANKING: Final = ("roc_auc", "roc_auc_score", "roc_auc_macro", "accuracy", "r2")
_NAMES: Final = ("AUC", "Gini", "Kolmogorov", "Brier", "F1", "Matthews", "R²")
_SCREEN: Final = (
    "its share over the reference group's, 1 at parity; a guideline's screen (29 CFR 1607.4 D), "
    "not a finding of law"
)
_KINDS_NAMED: Final = 2  # the rest stands under Reproducibility
_TREE: Final = {
    "clean": "trained on a clean tree, says the run",
    "dirty": "trained with uncommitted changes, says the run",
    "unknown": "the run does not say whether its tree was clean",
}
_CALIBRATION: Final = ("brier_score", "brier_score_loss", "log_loss", "mae")


def holds(
    evidence: Evidence,
    reports: Sequence[Report],
    numbers: Sequence[Number],
) -> tuple[str, ...]:
    """What holds, in sentences with counts; nothing that was not looked at."""
    logged = [row for r in reports for row in r.logged]
    equal = sum(row.verdict == "equal" for row in logged)
    said = []
    if logged and equal == len(logged):
        said.append(
            f"All {many(equal, 'metric')} that training logged equal what was recomputed here."
            if equal > 1
            else "The one metric that training logged equals what was recomputed here."
        )
    elif equal:
        said.append(f"{equal} of {many(len(logged), 'logged metric')} equal what was recomputed.")
    counted = sum(n.source == "counts" for n in numbers)
    if counted:
        verb = "follows from its" if counted == 1 else "follow from their"
        said.append(
            f"{many(counted, 'number')} {verb} counts{_and_indices(numbers)}, which affidavit "
            "verify derives again"
            f"{_not_counted(numbers)}."
        )
    if agreed := _compared(evidence):
        said.append(f"No {agreed} contradicts another.")
    return tuple(said)


def _and_indices(numbers: Sequence[Number]) -> str:
    """`, and 11 indices from bins`: counted apart, as verify does."""
    indices = sum(n.source == "bins" for n in numbers)
    return f", and {many(indices, 'index', 'indices')} from bins" if indices else ""


def _not_counted(numbers: Sequence[Number]) -> str:
    """`; 4 are not derived from counts: AUC, Brier score`, each kind once."""
    kinds = kinds_not_counted(numbers)
    if not kinds:
        return ""
    others = sum(n.source == "scores" and n.value is not None for n in numbers)
    verb = "is" if others == 1 else "are"
    more = len(kinds) - _KINDS_NAMED
    said = listed(kinds if more <= 1 else [*kinds[:_KINDS_NAMED], f"{more} more kinds"])
    return f"; {others:,} {verb} not derived from counts: {said}"


def kinds_not_counted(numbers: Sequence[Number]) -> list[str]:
    """The metrics whose numbers rest on scores, in words, each once."""
    others = [n for n in numbers if n.source == "scores" and n.value is not None]
    titles = (
        wording(n.metric, NO_EVENT).title for n in sorted(others, key=lambda n: rank(n.metric))
    )
    return list(dict.fromkeys(t if t.startswith(_NAMES) else t[:1].lower() + t[1:] for t in titles))


def _compared(evidence: Evidence) -> str:
    """What of the record was held against each other; empty where there is only one thing."""
    known = {f.id: f for f in evidence.provenance if f.value is not None}
    links = (i for i in known if i.startswith("data.") and i.endswith(".link"))
    kinds = [
        word
        for word, is_there in (
            ("digest", any(f.digest and f.basis == "measured" for f in known.values())),
            ("run", "run.status" in known),
            ("commit", "code.pack" in known),
            ("data link", any(links)),
        )
        if is_there
    ]
    return " or ".join(filter(None, (", ".join(kinds[:-1]), kinds[-1]))) if len(kinds) > 1 else ""


def key_numbers(
    reports: Sequence[Report], config: Config | None
) -> tuple[KeyNumber, ...]:  # fmt: skip
    """Three numbers: how well it ranks, a gap between groups, how far scores are off.

    The rule is fixed by task, whatever the values are (docs/metrics.md, *The three numbers on page
    one*), so that nobody picks flattering ones.
    """
    performance = next((r for r in reports if r.name == "performance"), None)
    fair = next((r for r in reports if r.name == "fairness"), None)
    event = event_words(config, config.label.positive if config else None)
    chosen = [
        _first(performance, _RANKING, event),
        _gap(fair, event_words(config, config.label.favourable if config else None)),
        _first(performance, _CALIBRATION, event),
    ]
    taken = {k.quantity.id for k in chosen if k}
    for number in performance.numbers if performance else ():
        if sum(k is not None for k in chosen) >= 3:
            break
        is_own = not number.group and number.label is None  # not of one class alone
        if number.id not in taken and number.low is not None and is_own:
            chosen.append(_key(number, event))
            taken.add(number.id)
    return tuple(k for k in chosen if k is not None)


def _first(report: Report | None, metrics: Sequence[str], event: str) -> KeyNumber | None:
    for metric in metrics:
        for number in report.numbers if report else ():
            if number.metric == metric and not number.group and number.label is None:
                return _key(number, event)
    return None


def _key(number: Number, event: str) -> KeyNumber:
    words = wording(number.metric, event)
    shown = quantity(number, words.style, words.title)
    return KeyNumber(quantity=shown, label=words.title, definition=words.definition)


def _gap(report: Report | None, event: str) -> KeyNumber | None:
    """The lowest ratio of favourable decisions that is no chance find; else the summary's."""
    if report is None:
        return None
    pairs = [n for n in report.numbers if n.metric == "selection_rate_ratio" and n.against]
    # An attribute before an intersection: small groups lie far apart by chance.
    pairs = [n for n in pairs if len(n.group or {}) == 1] or pairs
    known = [n for n in pairs if n.value is not None]
    if known or pairs:
        number, which = _chosen(known, report.numbers) if known else (pairs[0], "")
        name = " and ".join(number.group or {})
        label = f"ratio of favourable decisions ({event}), {name} {comparison_label(number)}{which}"
        return KeyNumber(
            quantity=quantity(
                number, "plain", label, n=comparison_n(number, rows_of(report.numbers))
            ),
            label=label,
            definition=_SCREEN,
        )
    summaries = [n for n in report.numbers if n.metric == "demographic_parity_ratio"]
    known = [n for n in summaries if n.value is not None]
    if not summaries:
        return _widest_mean(report)
    number = min(known, key=lambda n: (n.value or 0.0, n.id)) if known else summaries[0]
    label = f"ratio of favourable decisions ({event}), lowest to highest group by " + listed(
        number.attributes or ()
    )
    return KeyNumber(
        quantity=quantity(number, "plain", label), label=label,
        definition=wording(number.metric, event).definition,
    )  # fmt: skip


def _widest_mean(report: Report) -> KeyNumber | None:
    """Of an amount: the largest difference in mean prediction, else in error, either way."""
    rows = rows_of(report.numbers)
    for metric in ("mean_prediction_difference", "mae_difference"):
        own = [n for n in report.numbers if n.metric == metric and n.against]
        own = [n for n in own if n.value is not None and len(n.group or {}) == 1] or own
        if own:
            number = max(own, key=lambda n: (abs(n.value or 0.0), n.id))
            what = wording(metric.removesuffix("_difference"), "").title.lower()
            name = " and ".join(number.group or {})
            pairs = f"widest of {len(own)} pairs" if len(own) > 1 else "the only pair"
            label = f"difference in {what}, {name} {comparison_label(number)} ({pairs})"
            n = comparison_n(number, rows)
            return KeyNumber(
                quantity=quantity(number, "plain", label, n=n), label=label,
                definition="the group's less the reference group's",
            )  # fmt: skip
    return None


def _chosen(ratios: Sequence[Number], numbers: Sequence[Number]) -> tuple[Number, str]:
    """The lowest ratio of the pairs that differ significantly, else that of most rows; and which.

    The lowest, or farthest from 1, of all pairs would mostly be the smallest group's: the more
    pairs, the farther one of them lies from 1 by chance.
    """
    tests = {(n.id.partition("/selection_rate_difference")[::2]): n.significance for n in numbers}
    significant = [
        n for n in ratios
        if (test := tests.get(n.id.partition("/selection_rate_ratio")[::2])) is not None
        and test.adjusted is not None and test.adjusted < ALPHA
    ]  # fmt: skip
    of = f"of {len(ratios)} pairs" if len(ratios) > 1 else "the only pair"
    if significant:
        found = min(significant, key=lambda n: (n.value or 0.0, n.id))
        return found, f" (lowest significant {of})" if len(ratios) > 1 else f" ({of})"
    found = min(ratios, key=lambda n: (-n.n, n.id))
    return found, f" (most rows {of}, none significant)" if len(ratios) > 1 else f" ({of})"


def about(evidence: Evidence, evidence_id: str, reports: Sequence[Report]) -> tuple[AboutRow, ...]:
    """Exactly which bytes this is about, each with its basis."""
    rows = [_model(evidence), _code(evidence), *_data(evidence, reports)]
    rows.append(
        AboutRow(
            name="Recomputed",
            text="in a process of its own; affidavit verify prints the isolation in force"
            if reports
            else "nothing; the gaps above say why",
        )
    )
    rows.append(
        AboutRow(
            name="Evidence",
            text=f"{many(len(evidence.items), 'file')} in data/evidence.json, which names the rest",
            digest=f"sha256 {grouped(evidence_id)} …",
        )
    )
    return tuple(rows)


def _model(evidence: Evidence) -> AboutRow:
    items = evidence.of_kind("model")
    fact, flavor = evidence.fact("model.artifact"), evidence.fact("model.flavor")
    text = f"{many(len(items), 'file')}, {size(sum(i.size_bytes for i in items))}"
    if flavor is not None and flavor.value is not None:
        text += f", {flavor.value}"
    if fact is None:
        return AboutRow(name="Model", text=text)
    return AboutRow(
        name="Model", text=f"{text} ({fact.basis})", digest=digest_words(fact.digest)
    )  # fmt: skip


def _code(evidence: Evidence) -> AboutRow:
    fact = evidence.fact("code.commit")
    if fact is None or fact.value is None:
        return AboutRow(name="Code", text="no commit is known")
    sha = fact.digest.value if fact.digest else str(fact.value)
    when, signature = evidence.fact("code.date"), evidence.fact("code.signature")
    dirty = evidence.fact("code.dirty")
    text = f"commit {sha[:7]}"
    if when is not None and when.value is not None:
        text += f" of {day_of(str(when.value))}"
    text += f" ({fact.basis})"
    if signature is not None and signature.value is not None:
        signed = str(signature.value)
        text += ", unsigned" if signed == "unsigned" else f", signature {signed}"
    if dirty is not None:
        text += f"; {_TREE.get(str(dirty.value), _TREE['unknown'])}"
    return AboutRow(name="Code", text=text, digest=f"git {grouped(sha)} …")


def _data(evidence: Evidence, reports: Sequence[Report]) -> Iterable[AboutRow]:
    travels = any(i.embedded for i in evidence.of_kind("dataset"))
    for fact in evidence.provenance:
        parts = fact.id.split(".")
        if parts[0] != "data" or parts[-1] != "snapshot":
            continue
        role = ".".join(parts[1:-1])
        rows = rows_words(evidence, role, reports)
        value = fact_value(fact)
        text = f"{role}: {value}"
        files = evidence.of_kind("dataset", role)
        if evidence.of_kind("protected-table", role) or (role == value and not files):
            text = f"protected table {value}, kept apart"
        text += f", {rows} rows" if rows else ""
        if files and not travels:  # where no rows travel at all; else Data says which
            text += ", held by reference and not in the bundle"
        yield AboutRow(
            name="Data", text=f"{text} ({fact.basis})", digest=digest_words(fact.digest)
        )  # fmt: skip


def created_words(evidence: Evidence) -> str:
    """When the version was registered, as a day."""
    moment = evidence.subject.created_at
    return day(moment) if moment else ""
