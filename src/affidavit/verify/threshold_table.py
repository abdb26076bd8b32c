"""What each threshold would do, line by line, against the counts of the decisions taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isclose
from typing import Final

from affidavit.bundle.canonical import rounded
from affidavit.bundle.layout import REPORTS
from affidavit.config import Config
from affidavit.counts import UNKNOWN_LABEL, Cell
from affidavit.errors import BundleError
from affidavit.places import Groups
from affidavit.threshold_lines import SUMS, Line, no_formula, rates_of, read_lines
from affidavit.verify.checks import Fault, Ledger, few
from affidavit.verify.count_tables import NamedTable
from affidavit.verify.files import DigestDiffers, SignedFiles

CHECK: Final = "threshold-table"
STEPS: Final = 200  # a test holds it against that of recompute
_LIMIT: Final = 64 * 1024 * 1024
_TOLERANCE: Final = 1e-9  # sums of weights as floats, differences of such
_OF_SELECTED: Final = ("selected", "favourable_selected", "unfavourable_selected")
_OF_ALL: Final = ("weight", "favourable", "unfavourable")
Sums = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A table that fits its counts, for the pass over the predictions.

    Attributes:
        cuts: its thresholds, rising.
        whole: for each of them, the line over all rows.
        allowed: thresholds of the configuration, which need not be scores.
        at_least: whether a score at or above the threshold selects.
    """

    path: str
    cuts: tuple[float, ...]
    whole: tuple[Line, ...]
    allowed: frozenset[float]
    favourable: str
    at_least: bool
    is_weighted: bool


@dataclass(frozen=True, slots=True)
class _Group:
    """The rows of a line at any threshold; `sums` are those of the decisions that were taken."""

    attribute: str
    name: str
    n: int
    sums: Sums


def check_threshold_table(
    files: SignedFiles, config: Config, main: NamedTable, ledger: Ledger
) -> Curve | None:
    """Hold reports/thresholds/<role>.csv against the main counts of a binary task.

    Every line is of a group that the counts have and of its rows; the decisions in force follow
    from the counts; sums rise or fall with the threshold, add up over groups, and give the rates.

    Returns:
        What the predictions have to give; None where the table is not there or does not fit.
    """
    path = f"{REPORTS}/thresholds/{main.spec.role}.csv"
    if main.spec.task != "binary" or path not in files:
        return None  # that it is there is another check
    if ledger.has_failed("payload-digest", path):
        ledger.not_run(CHECK, "its bytes are not those that were signed", path=path)
        return None
    if files.archive.size(path) > _LIMIT:
        ledger.not_run(
            CHECK, f"{path} is larger than {_LIMIT // 2**20} MiB; its lines were not read",
            path=path, fix="affidavit recheck reads them", required=False,
        )  # fmt: skip
        return None
    held = _Held(path, config, main)
    try:
        faults = list(held.faults(read_lines(files.read(path, _LIMIT), path)))
    except DigestDiffers as error:
        ledger.failed("payload-digest", error.fault)
        ledger.not_run(CHECK, "its bytes are not those that were signed", path=path)
        return None
    except BundleError as error:
        faults = [Fault(str(error), path)]
    claim = f"what each threshold would do in {main.spec.role} fits the counts"
    return held.curve if ledger.run(CHECK, claim, few(faults, 20)) else None


class _Held:
    """The lines of one table as they are read, a threshold's lines at a time."""

    def __init__(self, path: str, config: Config, main: NamedTable) -> None:
        self.path, self.main = path, main
        spec, decision = main.spec, config.decision
        self.favourable = spec.favourable or spec.positive
        self.at_least = self.favourable == spec.positive
        self.groups, self.parts = self._groups()
        own = [s.threshold for s in decision.segment]
        base = [] if decision.threshold is None else [decision.threshold]
        self.allowed = frozenset(rounded(t) for t in (*base, *own))
        self.plain = rounded(base[0]) if base and not own else None
        self.whole: list[Line] = []

    @property
    def curve(self) -> Curve:
        return Curve(
            path=self.path, cuts=tuple(line.threshold or 0.0 for line in self.whole),
            whole=tuple(self.whole), allowed=self.allowed, favourable=self.favourable,
            at_least=self.at_least, is_weighted=self.main.spec.weighted,
        )  # fmt: skip

    def faults(self, lines: Iterable[Line]) -> Iterator[Fault]:
        """Whatever does not fit, and the line that it stands in."""
        before: list[Line] = []
        taken: list[Line] = []
        for line in lines:
            taken.append(line)
            if len(taken) == len(self.groups):
                yield from self._threshold(taken, before)
                before, taken = taken, []
                if len(self.whole) > STEPS + len(self.allowed):
                    yield Fault(f"{self.path} has too many thresholds", self.path,
                                f"at most {STEPS} and those in force", "more")  # fmt: skip
                    return
        if taken or not self.whole:
            yield Fault(f"{self.path} ends within a threshold", self.path,
                        f"{len(self.groups)} lines for each", f"{len(taken)} lines")  # fmt: skip
        cuts = {line.threshold for line in self.whole}
        if self.plain is not None and self.plain not in cuts:
            yield Fault(f"{self.path} has no line at the threshold in force", self.path,
                        repr(self.plain), "none")  # fmt: skip

    def _threshold(self, lines: Sequence[Line], before: Sequence[Line]) -> Iterator[Fault]:
        """The lines of one threshold: their groups, their rows, and beside those before it."""
        for group, line in zip(self.groups, lines, strict=True):
            if (line.attribute, line.group) != (group.attribute, no_formula(group.name)):
                yield self._fault(line, "is another group than the counts have here",
                                  f"{group.attribute}={group.name}",
                                  f"{line.attribute}={line.group}")  # fmt: skip
                return
        yield from self._place(lines, before)
        is_taken = not before or lines[0].threshold == self.plain
        for group, line in zip(self.groups, lines, strict=True):
            yield from self._line(group, line, SUMS if is_taken else _OF_ALL)
        for name, start, end in self.parts:
            for field in SUMS:
                total = sum(line.sums[field] for line in lines[start:end])
                if not self._near(total, lines[0].sums[field], lines[0].sums["weight"]):
                    yield self._fault(
                        lines[0], f"{field} is not that of the groups by {name} together",
                        repr(total), repr(lines[0].sums[field]),
                    )  # fmt: skip
        if before and before[0].threshold is not None:
            yield from self._falling(before, lines)

    def _place(self, lines: Sequence[Line], before: Sequence[Line]) -> Iterator[Fault]:
        """The decisions in force first, then thresholds that rise, each for every group."""
        cut = lines[0].threshold
        last = before[0].threshold if before else None
        if any(line.threshold != cut for line in lines) or (cut is None) != (not before):
            yield self._fault(lines[0], "stands where another threshold has to",
                              "one threshold for all groups", "others")  # fmt: skip
        elif cut is not None:
            self.whole.append(lines[0])
            if last is not None and cut <= last:
                yield self._fault(lines[0], "does not rise", f"above {last!r}", repr(cut))

    def _line(self, group: _Group, line: Line, fields: Sequence[str]) -> Iterator[Fault]:
        if line.n != group.n:
            yield self._fault(line, "n is not that of the counts", str(group.n), str(line.n))
        for field in fields:
            if not self._near(group.sums[field], line.sums[field], group.sums["weight"]):
                yield self._fault(line, f"{field} does not follow from the counts",
                                  repr(group.sums[field]), repr(line.sums[field]))  # fmt: skip
        for name, ours in rates_of(line.sums).items():
            theirs = line.rates[name]
            if ours != theirs:
                yield self._fault(line, f"{name} does not follow from its line", _shown(ours),
                                  _shown(theirs))  # fmt: skip
        known = line.sums["favourable_selected"] + line.sums["unfavourable_selected"]
        unlabelled = group.sums["weight"] - group.sums["favourable"] - group.sums["unfavourable"]
        slack = _TOLERANCE * max(1.0, group.sums["weight"])
        within = all(
            line.sums[part] <= line.sums[whole] + slack
            for part, whole in zip(_OF_SELECTED, _OF_ALL, strict=True)
        )
        if not within or not -slack <= line.sums["selected"] - known <= unlabelled + slack:
            yield self._fault(line, "selects rows that there are not", "parts of the whole",
                              f"{line.sums['selected']:g} of {group.sums['weight']:g}")  # fmt: skip

    def _falling(self, before: Sequence[Line], lines: Sequence[Line]) -> Iterator[Fault]:
        """A higher threshold selects fewer; where scores below it are selected, more."""
        for one, other in zip(before, lines, strict=True):
            for field in _OF_SELECTED:
                more = (other.sums[field] - one.sums[field]) * (1 if self.at_least else -1)
                if more > _TOLERANCE * max(1.0, one.sums["weight"]):
                    yield self._fault(other, f"{field} runs against the threshold",
                                      repr(one.sums[field]), repr(other.sums[field]))  # fmt: skip

    def _near(self, one: float, other: float, whole: float) -> bool:
        if not self.main.spec.weighted:
            return one == other
        return isclose(one, other, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE * max(1.0, whole))

    def _fault(self, line: Line, what: str, expected: str, found: str) -> Fault:
        return Fault(f"{self.path}, {line.name}: {what}", self.path, expected, found)

    def _groups(self) -> tuple[list[_Group], list[tuple[str, int, int]]]:
        """The groups in their order, all rows first; and where each attribute's stand."""
        spec, cells = self.main.spec, self.main.table.rows
        places = {a.name: i for i, a in enumerate(spec.attributes)}
        found, ends = [self._of("", "", cells)], [1]
        sets = [(), *((a.name,) for a in spec.attributes), *spec.intersections]
        for names in sets[1:]:
            at = [places[n] for n in names]
            apart: dict[tuple[str, ...], list[Cell]] = {}
            for cell in cells:
                apart.setdefault(tuple(cell.groups[i] for i in at), []).append(cell)
            groups = Groups(names=names, reference=None)
            found += [self._of("+".join(names), groups.text(v), apart[v]) for v in sorted(apart)]
            ends.append(len(found))
        parts = zip(sets[1:], pairwise(ends), strict=True)
        return found, [(" and ".join(names), start, end) for names, (start, end) in parts]

    def _of(self, attribute: str, name: str, cells: Sequence[Cell]) -> _Group:
        sums = dict.fromkeys(SUMS, 0.0)
        for cell in cells:
            weight = float(cell.sum_w)
            selected = (cell.decision == self.main.spec.positive) is self.at_least
            fields = ["weight"] + (["selected"] if selected else [])
            if cell.label != UNKNOWN_LABEL:
                side = "favourable" if cell.label == self.favourable else "unfavourable"
                fields += [side] + ([f"{side}_selected"] if selected else [])
            for field in fields:
                sums[field] += weight
        return _Group(attribute, name, sum(c.n for c in cells), sums)


def _shown(value: float | None) -> str:
    return "undefined" if value is None else repr(value)
