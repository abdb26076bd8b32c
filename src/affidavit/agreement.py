"""Two models on the same rows, from counts: recompute states it, verify derives it again.

One table holds the rows by sensitive attribute, label and both decisions. Its one margin is the
count table that the subject's own numbers come from, cell by cell; from the other margin follows
what the challenger decided. Pure Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from affidavit.challenger_record import HEADING, ComparedNumber, compared_number
from affidavit.counts import UNKNOWN_LABEL, Cell, CountTable, gathered
from affidavit.evidence import AttributeSpec, CountSpec
from affidavit.paired import Fourfold, Paired, compare_shares
from affidavit.places import Groups, Place, is_known

CHALLENGER_COLUMN: Final = "challenger_decision"
_WEIGHTED: Final = "no interval: Newcombe's form does not hold with weights"
_SPREAD: Final = "no interval: which groups lie farthest apart is itself chosen by the rows"
_ONE_GROUP: Final = "undefined: fewer than two groups have the rate"


@dataclass(frozen=True, slots=True)
class _Share:
    """A share whose rows no decision chooses, so that both models are measured on the same.

    Attributes:
        rows: whether a row with this label is among them; of label and event.
        hits: whether it counts; of label, decision and event.
    """

    metric: str
    rows: Callable[[str, str], bool]
    hits: Callable[[str, str, str], bool]
    empty: str
    counts_event: bool = True


_SELECTION: Final = _Share(
    "selection_rate", lambda _label, _event: True, lambda _label, made, event: made == event,
    "no rows",
)  # fmt: skip
_ACCURACY: Final = _Share(
    "accuracy", lambda label, _event: label != UNKNOWN_LABEL,
    lambda label, made, _event: made == label, "no labelled rows", counts_event=False,
)  # fmt: skip
_TRUE_POSITIVE: Final = _Share(
    "true_positive_rate", lambda label, event: label == event,
    lambda _label, made, event: made == event, "no rows whose label is {event}",
)  # fmt: skip
_FALSE_POSITIVE: Final = _Share(
    "false_positive_rate", lambda label, event: label not in (UNKNOWN_LABEL, event),
    lambda _label, made, event: made == event, "no rows whose label is other than {event}",
)  # fmt: skip
# fairlearn's names of the largest gap in a rate between two groups.
_SPREADS: Final = (
    (_SELECTION, "demographic_parity_difference"),
    (_TRUE_POSITIVE, "equal_opportunity_difference"),
)


def joint_spec(main: CountSpec) -> CountSpec:
    """How the table of both decisions is to be read, from the role's main specification."""
    return main.model_copy(
        update={
            "table": "challenger", "intersections": (), "effective": (),
            "attributes": (*main.attributes, AttributeSpec(name=CHALLENGER_COLUMN)),
        }
    )  # fmt: skip


def subject_margin(joint: CountTable, main: CountSpec) -> CountTable:
    """The subject's own count table: rows by groups, label and its decision."""
    return gathered(main, (replace(c, groups=c.groups[:-1]) for c in joint.rows))


def challenger_margin(joint: CountTable, main: CountSpec) -> CountTable:
    """The same of the challenger's decisions."""
    spec = main.model_copy(update={"intersections": (), "effective": ()})
    cells = (replace(c, groups=c.groups[:-1], decision=c.groups[-1]) for c in joint.rows)
    return gathered(spec, cells)


def compare_counts(joint: CountTable) -> tuple[ComparedNumber, ...]:
    """Every measure of both models that the table gives; differences are subject less challenger.

    All rows: the share decided as the favourable label (`positive`, where none is declared) and
    accuracy; of a binary task true and false positive rate of `positive`. Each group of a
    sensitive attribute: that share, and the true positive rate of the favourable label, with
    intervals that hold together over the attribute's groups. Each attribute: how far its groups
    lie apart in these, without an interval.
    """
    return tuple(_numbers(joint))


def _numbers(joint: CountTable) -> Iterator[ComparedNumber]:
    spec, place = joint.spec, Place(kind=HEADING, role=joint.spec.role)
    favourable = spec.favourable or spec.positive
    if favourable:
        yield _number(joint.rows, _SELECTION, favourable, spec, place)
    yield _number(joint.rows, _ACCURACY, "", spec, place)
    if spec.task == "binary":
        for share in (_TRUE_POSITIVE, _FALSE_POSITIVE):
            yield _number(joint.rows, share, spec.positive, spec, place)
    for position, attribute in enumerate(spec.attributes[:-1]):
        yield from _by_group(joint, position, attribute, favourable)


def _by_group(
    joint: CountTable, position: int, attribute: AttributeSpec, event: str
) -> Iterator[ComparedNumber]:
    spec = joint.spec
    named = Groups(names=(attribute.name,), reference=None)
    whole = Place(kind=HEADING, role=spec.role)
    cells: dict[str, list[Cell]] = {}
    for cell in joint.rows:
        cells.setdefault(cell.groups[position], []).append(cell)
    large = [v for v in cells if is_known((v,)) and _rows(cells[v]) >= spec.small]
    for share, spread in _SPREADS:
        made = []
        for value in sorted(cells):
            place = named.place((value,), whole)
            if value in large:
                yield _number(cells[value], share, event, spec, place, over=len(large))
            elif is_known((value,)):
                yield _too_small(share.metric, event, _rows(cells[value]), spec, place)
            if is_known((value,)):
                made.append(_paired(cells[value], share, event, spec))
        yield _spread(spread, event, made, sum(_rows(cells[v]) for v in cells if is_known((v,))),
                      named.summary(whole))  # fmt: skip


def _rows(cells: Iterable[Cell]) -> int:
    return sum(c.n for c in cells)


def _number(
    cells: Sequence[Cell],
    share: _Share,
    event: str,
    spec: CountSpec,
    place: Place,
    *,
    over: int = 1,
) -> ComparedNumber:
    found = _paired(cells, share, event, spec, over=over)
    return compared_number(
        place, share.metric, found, "counts", event if share.counts_event else None
    )


def _paired(
    cells: Iterable[Cell], share: _Share, event: str, spec: CountSpec, *, over: int = 1
) -> Paired:
    """The share on both sides, and their difference."""
    chosen = [c for c in cells if share.rows(c.label, event)]
    n = _rows(chosen)
    weights = [Fraction(0)] * 3  # of all, of the challenger's and of the subject's hits
    rows = dict.fromkeys(((a, b) for a in (True, False) for b in (True, False)), 0)
    for cell in chosen:
        theirs = share.hits(cell.label, cell.groups[-1], event)
        ours = share.hits(cell.label, cell.decision, event)
        rows[theirs, ours] += cell.n
        weight = Fraction(cell.sum_w)
        weights[0] += weight
        weights[1] += weight if theirs else 0
        weights[2] += weight if ours else 0
    if not n or not weights[0]:
        return Paired(n=n, reason=f"undefined, n = {n}: {share.empty.format(event=repr(event))}")
    if spec.weighted:
        before, after = weights[1] / weights[0], weights[2] / weights[0]
        return Paired(
            n=n, before=float(before), after=float(after), difference=float(after - before),
            reason=_WEIGHTED,
        )  # fmt: skip
    found = compare_shares(
        Fourfold(
            both=rows[True, True], before_only=rows[True, False], after_only=rows[False, True],
            neither=rows[False, False],
        ),
        over=over,
    )  # fmt: skip
    return found.without_interval(by_unit(spec.unit)) if spec.unit is not None else found


def by_unit(unit: str) -> str:
    """Why rows that come in units have no interval here."""
    return f"no interval: rows of one {unit} are not independent"


def _too_small(metric: str, event: str, n: int, spec: CountSpec, place: Place) -> ComparedNumber:
    reason = f"fewer than {spec.small} rows: too small to compare"
    return compared_number(place, metric, Paired(n=n, reason=reason), "counts", event)


def _spread(
    metric: str, event: str, groups: Sequence[Paired], n: int, place: Place
) -> ComparedNumber:
    """The largest less the smallest rate of all groups that have it, on either side."""
    known = [(g.before, g.after) for g in groups if g.before is not None and g.after is not None]
    if len(known) < 2:
        return compared_number(place, metric, Paired(n=n, reason=_ONE_GROUP), "counts", event)
    before, after = (max(side) - min(side) for side in zip(*known, strict=True))
    found = Paired(
        n=n, before=before, after=after, difference=after - before, reason=_SPREAD
    )  # fmt: skip
    return compared_number(place, metric, found, "counts", event)
