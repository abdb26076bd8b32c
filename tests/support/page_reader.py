"""A second reader of count tables, made from section 8.4 of docs/bundle-format.md alone.

Ids, metrics, events and rates come off the page's tables; its prose is written out here in plain
floats, scipy where a distribution is asked for, and nothing of `affidavit.rates`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from scipy import optimize, stats
from tests.support.format_page import coded, section, table

from affidavit.counts import Cell, CountTable

TEXT = section("8.4 Reports")
APART = {"(missing)", "(unmatched)", "(unassigned)"}
SETS = {row[0]: coded(row[1]) for row in table(TEXT, "set | metrics")[1:]}
FORMS = table(TEXT, "form of the id")[1:]
# Labelled as the event, and decided as it.
CONFUSION = {
    "true_positives": (True, True), "false_negatives": (True, False),
    "false_positives": (False, True), "true_negatives": (False, False),
}  # fmt: skip
RATES = {
    coded(row[0])[0]: (row[1].split(", "), row[2].split(", ")) for row in table(TEXT, "rate")[1:]
}
JACCARD = "J"
MEANS = {"recall_macro": "true_positive_rate", "precision_macro": "precision"}
TAKES = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
}
FEW = "an effective expected count is below 5, and no exact test knows weights or units"
NOT_STATED = "the rows that its units are worth are not stated"
Interval = tuple[float, float | None]


@dataclass(frozen=True, kw_only=True)
class Test:
    """What the page puts under `significance`."""

    p_value: float | None = None
    method: str | None = None
    reason: str | None = None
    adjusted: float | None = None
    family: int = 0
    detectable_below: float | None = None
    detectable_above: float | None = None


@dataclass(frozen=True, kw_only=True)
class Read:
    """A number, as the page gives it."""

    metric: str
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    method: str | None = None
    label: str | None = None
    group: dict[str, str] | None = None
    against: dict[str, str] | None = None
    attributes: tuple[str, ...] | None = None
    expected: float | None = None
    significance: Test | None = None

    @property
    def level(self) -> float | None:
        return None if self.method is None else 0.95


@dataclass(frozen=True, kw_only=True)
class Share:
    """A rate: rows and weight of its denominator, its value, its effective rows, and its units."""

    rows: int
    weight: float
    part: float
    events: int
    n: float | None
    units: int | None = None

    @property
    def p(self) -> float | None:
        return self.part / self.weight if self.weight else None

    def at(self, alpha: float) -> Share:
        """With the effective rows of an interval at 1 - alpha."""
        if self.units is None or self.n is None:
            return self
        z, t = stats.norm.isf(alpha / 2), stats.t.isf(alpha / 2, self.units - 1)
        return replace(self, n=self.n * (z / t) ** 2)


@dataclass(frozen=True)
class Group:
    """The rows of one V of one A."""

    names: tuple[str, ...]
    values: tuple[str, ...]
    cells: list[Cell] = field(default_factory=list)

    @property
    def fields(self) -> dict[str, str]:
        return dict(zip(self.names, self.values, strict=True))

    @property
    def text(self) -> str:
        if len(self.values) == 1:
            return self.values[0]
        return "+".join(v.replace("%", "%25").replace("+", "%2B") for v in self.values)


class Reader:
    """Every number that the page asks for, of one count table."""

    def __init__(self, counts: CountTable) -> None:
        self.cells, self.spec = list(counts.rows), counts.spec
        self.z = stats.norm.ppf(0.5 + self.spec.level / 2)

    def numbers(self) -> dict[str, Read]:
        found: dict[str, Read] = {}
        for form, tables, task, sets, event in FORMS:
            if coded(tables)[0] != self.spec.table or task not in ("any", self.spec.task):
                continue
            if event == "favourable" and not self.spec.favourable:
                continue
            template = coded(form)[0]
            if template.startswith("fairness/") and not self.spec.attributes:
                continue
            metrics = [m for s in sets.split(", ") for m in SETS[s]]
            for number_id, read in self._of_form(template, metrics, event):
                assert number_id not in found, number_id
                found[number_id] = read
        return found

    def rates(self) -> Iterator[tuple[str, str | None, dict[str, str] | None]]:
        """Metric, event and group of every rate."""
        groups = [None, *(g.fields for names in self._together() for g in self._groups(names))]
        for metric in RATES:
            for event in (None,) if metric == "accuracy" else classes(self.cells):
                for group in groups:
                    yield metric, event, group

    def _together(self) -> Iterator[tuple[str, ...]]:
        yield from ((a.name,) for a in self.spec.attributes)
        yield from self.spec.intersections

    def _groups(self, names: tuple[str, ...]) -> list[Group]:
        places = [[a.name for a in self.spec.attributes].index(n) for n in names]
        found: dict[tuple[str, ...], Group] = {}
        for cell in self.cells:
            values = tuple(cell.groups[i] for i in places)
            found.setdefault(values, Group(names, values, [])).cells.append(cell)
        return list(found.values())

    def _of_form(self, template: str, metrics: list[str], event: str) -> Iterator[tuple[str, Read]]:
        """Ids and numbers of one line of the page's table of forms."""
        start, _, end = template.partition("/R/M")
        stem = f"{start}/{self.spec.role}"
        events = {"positive": self.spec.positive, "favourable": self.spec.favourable}
        whole = Group((), (), self.cells)
        if end == "":
            for metric in metrics:
                yield f"{stem}/{metric}", self._one(metric, events.get(event, ""), whole)
        elif end == "/class=C":
            for name in classes(self.cells):
                for metric in metrics:
                    read = replace(self._one(metric, name, whole), label=name)
                    yield f"{stem}/{metric}/class={name}", read
        else:
            for names in self._together():
                for place, read in self._of_attribute(end, names, metrics, events.get(event, "")):
                    yield f"{stem}/{read.metric}/{'+'.join(names)}{place}", read

    def _of_attribute(
        self, end: str, names: tuple[str, ...], metrics: list[str], event: str
    ) -> Iterator[tuple[str, Read]]:
        groups = self._groups(names)
        known = [g for g in groups if not APART & set(g.values)]
        if end == "/A=V":
            for group in groups:
                for metric in metrics:
                    read = replace(self._one(metric, event, group), group=group.fields)
                    yield f"={group.text}", read
        elif end == "/A":
            for metric in metrics:
                yield "", replace(self._summary(metric, event, known), attributes=names)
        else:
            yield from self._pairs(names, known, metrics, event)

    # Numbers of some rows

    def share(self, metric: str, event: str, group: Group) -> Share:
        within, counted = (
            RATES[metric] if metric != JACCARD else (["J"], ["label = E", "decision = E"])
        )
        whole = [c for c in group.cells if all(holds(w, c, event) for w in within)]
        part = [c for c in whole if all(holds(w, c, event) for w in counted)]
        rows, weight = sum(c.n for c in whole), float(sum(c.sum_w for c in whole))
        n: float | None = float(rows)
        counted_weight = float(sum(c.sum_w for c in part))
        if self.spec.weighted and weight:
            squares = float(sum(c.sum_w2 for c in whole))
            of_part = float(sum(c.sum_w2 for c in part))
            p = counted_weight / weight
            n = weight**2 / squares
            if 0 < p < 1:
                below = (1 - p) ** 2 * of_part + p**2 * (squares - of_part)
                n = p * (1 - p) * weight**2 / below
        units = None
        if self.spec.unit is not None:
            stated = [
                (e.n, e.units) for e in self.spec.effective
                if (e.metric, e.event or "", e.group or {})
                == (metric, "" if metric == "accuracy" else event, group.fields)
            ]  # fmt: skip
            n, units = stated[0] if stated else (None, None)
        return Share(
            rows=rows, weight=weight, part=counted_weight, events=sum(c.n for c in part), n=n,
            units=units,
        )  # fmt: skip

    def suffix(self) -> str:
        estimated = ", weighted by estimated probability"
        weighted = ", effective n" if self.spec.weighted and self.spec.unit is None else ""
        shown = estimated if self.spec.table == "estimated" else weighted
        return shown + (", by unit" if self.spec.unit is not None else "")

    def bounds(self, share: Share) -> tuple[Interval, str]:
        """The interval of a rate that has a value and effective rows."""
        p, n = share.p, share.at(1 - self.spec.level).n
        assert p is not None
        assert n is not None
        if self.spec.rates == "wilson":
            return wilson(p, n, self.z), "Wilson"
        half = (1 - self.spec.level) / 2
        low = stats.beta.ppf(half, n * p, n - n * p + 1) if p > 0 else 0.0
        high = stats.beta.ppf(1 - half, n * p + 1, n - n * p) if p < 1 else 1.0
        return (float(low), float(high)), "Clopper-Pearson (conservative)"

    def _one(self, metric: str, event: str, group: Group) -> Read:
        """A number of COUNT, RATES, CONFUSION, DECISIONS or AVERAGES."""
        known = [c for c in group.cells if c.label]
        n = sum(c.n for c in known)
        if metric == "count":
            rows = sum(c.n for c in group.cells)
            size = float(sum(c.sum_w for c in group.cells)) / (self.spec.mean_weight or 1)
            return Read(
                metric=metric, n=rows, value=size if self.spec.table == "estimated" else rows
            )
        if not event:
            return self._average(metric, n, group)
        if metric in RATES:
            return self._rate(metric, self.share(metric, event, group))
        if metric in CONFUSION:
            is_event, is_decided = CONFUSION[metric]
            weights = [
                c.sum_w for c in known
                if (c.label == event, c.decision == event) == (is_event, is_decided)
            ]  # fmt: skip
            return Read(metric=metric, n=n, value=float(sum(weights)) if n else None)
        if metric == "f1":
            return self._f1(event, n, group)
        if metric == "balanced_accuracy":
            sides = [self.share(f"true_{s}_rate", event, group) for s in ("positive", "negative")]
            if any(s.p is None for s in sides):
                return Read(metric=metric, n=n)
            return self._mean(metric, n, sides)
        return self._matthews(metric, event, n, known)

    def _rate(self, metric: str, share: Share, n: int | None = None) -> Read:
        rows = share.rows if n is None else n
        if share.p is None or share.n is None:
            return Read(metric=metric, n=rows, value=share.p)
        (low, high), name = self.bounds(share)
        return Read(
            metric=metric, n=rows, value=share.p, low=low, high=high, method=name + self.suffix()
        )

    def _f1(self, event: str, n: int, group: Group) -> Read:
        share = self.share(JACCARD, event, group)
        if share.p is None:
            return Read(metric="f1", n=n)
        value = 2 * share.p / (1 + share.p)  # 2 TP / (2 TP + FP + FN)
        if share.n is None:
            return Read(metric="f1", n=n, value=value)
        (low, high), name = self.bounds(share)
        assert high is not None
        return Read(
            metric="f1", n=n, value=value, low=2 * low / (1 + low), high=2 * high / (1 + high),
            method=f"{name} on TP / (TP + FP + FN){self.suffix()}",
        )  # fmt: skip

    def _mean(self, metric: str, n: int, shares: list[Share]) -> Read:
        mean = sum(s.p for s in shares) / len(shares)
        if self.spec.unit is not None:
            return Read(metric=metric, n=n, value=mean)
        ends = [(s.p, *wilson(s.p, s.n, self.z)) for s in shares]
        low = mean - math.sqrt(sum((p - low) ** 2 for p, low, _ in ends)) / len(shares)
        high = mean + math.sqrt(sum((high - p) ** 2 for p, _, high in ends)) / len(shares)
        return Read(
            metric=metric, n=n, value=mean, low=max(0.0, low), high=min(1.0, high),
            method="MOVER of Wilson limits" + self.suffix(),
        )  # fmt: skip

    def _average(self, metric: str, n: int, group: Group) -> Read:
        if not n:
            return Read(metric=metric, n=n)
        names = classes(group.cells)
        if metric in ("accuracy", "f1_micro"):
            return self._rate(metric, self.share("accuracy", "", group), n)
        if metric.startswith("f1_"):
            each = [(self.share(JACCARD, c, group).p, self.share("true_positive_rate", c, group).weight)
                    for c in names]  # fmt: skip
            known = [(2 * p / (1 + p), w) for p, w in each if p is not None]
            weights = [w for _, w in known] if metric == "f1_weighted" else [1.0] * len(known)
            value = sum(v * w for (v, _), w in zip(known, weights, strict=True)) / sum(weights)
            return self._f1_mean(Read(metric=metric, n=n, value=value), group)
        rate = MEANS["recall_macro" if metric == "balanced_accuracy" else metric]
        shares = [s for s in (self.share(rate, c, group) for c in names) if s.p is not None]
        return self._mean(metric, n, shares)

    def _f1_mean(self, plain: Read, group: Group) -> Read:
        """The page's delta method, by derivatives taken of the matrix of shares."""
        known = [c for c in group.cells if c.label and c.sum_w]
        names = classes(known)
        w, t = np.zeros((2, len(names), len(names)))
        for c in known:
            at = names.index(c.label), names.index(c.decision)
            w[at] += float(c.sum_w)
            t[at] += float(c.sum_w2)
        is_macro, value = plain.metric == "f1_macro", plain.value
        of_class = [(w[i].sum() ** 2 / t[i].sum()) if w[i].sum() else 0 for i in range(len(names))]
        if self.spec.unit is not None or w.sum() ** 2 / t.sum() < 30 or not 0 < value < 1:
            return plain
        if is_macro and min(of_class) < 10:
            return plain
        p = w / w.sum()
        share, both = p.sum(axis=1), p.sum(axis=1) + p.sum(axis=0)
        f = 2 * p.diagonal() / both
        s = np.full(len(names), 1 / len(names)) if is_macro else share
        a = s * f / both
        g = np.diag(2 * s / both) - a[:, None] - a[None, :] + (0 if is_macro else f[:, None])
        error = math.sqrt((t * (g - (p * g).sum()) ** 2).sum()) / w.sum()
        if error < 1e-15:
            return plain
        centre, half = math.log(value / (1 - value)), self.z * error / (value * (1 - value))
        low, high = (1 / (1 + math.exp(-end)) for end in (centre - half, centre + half))
        weighted = ", weighted" if self.spec.weighted else ""
        return replace(plain, low=low, high=high,
                       method=f"multinomial delta method, log odds{weighted}")  # fmt: skip

    def _matthews(self, metric: str, event: str, n: int, known: list[Cell]) -> Read:
        tp, fn, fp, tn = (
            float(sum(c.sum_w for c in known if (c.label == event, c.decision == event) == so))
            for so in ((True, True), (True, False), (False, True), (False, False))
        )
        below = math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
        if not below:
            return Read(metric=metric, n=n)
        r = (tp * tn - fp * fn) / below
        plain = Read(metric=metric, n=n, value=r)
        if self.spec.weighted or self.spec.unit is not None or n < 30 or abs(r) >= 1:
            return plain
        a, c = (tp + fn) / n, (tp + fp) / n
        b, d = 1 - a, 1 - c
        if min(a, b) * min(c, d) * n < 5:
            return plain
        v = (
            1 - r * r + r * (1 + r * r / 2) * (a - b) * (c - d) / math.sqrt(a * b * c * d)
            - 0.75 * r * r * ((a - b) ** 2 / (a * b) + (c - d) ** 2 / (c * d))
        ) / n  # fmt: skip
        if v <= 0:
            return plain
        half = self.z * math.sqrt(v) / (1 - r * r)
        return replace(
            plain, low=math.tanh(math.atanh(r) - half), high=math.tanh(math.atanh(r) + half),
            method="Fisher's z, delta method",
        )  # fmt: skip

    # Groups against the reference

    def _pairs(
        self, names: tuple[str, ...], known: list[Group], metrics: list[str], event: str
    ) -> Iterator[tuple[str, Read]]:
        references = {a.name: a.reference for a in self.spec.attributes}
        wanted = tuple(references[n] for n in names)
        if None in wanted:
            return
        found = [g for g in known if g.values == wanted]
        reference = found[0] if found else Group(names, tuple(map(str, wanted)), [])
        others = [g for g in known if g.values != wanted]
        for metric in metrics:
            rate, _, kind = metric.rpartition("_")
            theirs = self.share(rate, event, reference)
            ours = [self.share(rate, event, g) for g in others]
            compared = [self._is_compared(s) and self._is_compared(theirs) for s in ours]
            m = sum(compared)
            reads = [
                self._pair(metric, s, theirs, m)
                if so
                else Read(metric=metric, n=s.rows + theirs.rows)
                for s, so in zip(ours, compared, strict=True)
            ]
            if kind == "difference" and self.spec.table != "estimated":
                reads = self._tested(reads, ours, theirs, m)
            for group, read in zip(others, reads, strict=True):
                place = replace(read, group=group.fields, against=reference.fields)
                yield f"={group.text} vs {reference.text}", place

    def _is_compared(self, share: Share) -> bool:
        size = float(share.rows)
        if self.spec.table == "estimated":
            size = share.weight / (self.spec.mean_weight or 1)
        return share.p is not None and size >= self.spec.small

    def _pair(self, metric: str, one: Share, ref: Share, m: int) -> Read:
        is_ratio = metric.endswith("_ratio")
        n = one.rows + ref.rows
        if is_ratio and ref.p == 0:
            return Read(metric=metric, n=n)
        value = one.p / ref.p if is_ratio else one.p - ref.p
        if one.n is None or ref.n is None:
            return Read(metric=metric, n=n, value=value)
        alpha = (1 - self.spec.level) / m
        z = stats.norm.isf(alpha / 2)
        low, high = (koopman if is_ratio else newcombe)(one.at(alpha), ref.at(alpha), z)
        name = ("Koopman" if is_ratio else "Newcombe") + (
            f", simultaneous over {m} pairs" if m > 1 else ""
        )
        return Read(
            metric=metric, n=n, value=value, low=low, high=high, method=name + self.suffix()
        )

    def _tested(self, reads: list[Read], ours: list[Share], ref: Share, m: int) -> list[Read]:
        tests = {
            i: self._test(ours[i], ref, m) for i, read in enumerate(reads) if read.value is not None
        }
        order = sorted(tests, key=lambda i: 1.0 if tests[i].p_value is None else tests[i].p_value)
        least = 0.0
        for rank, i in enumerate(order):
            p = tests[i].p_value
            least = max(least, min(1.0, (m - rank) * (1.0 if p is None else p)))
            tests[i] = replace(tests[i], adjusted=None if p is None else least)
        return [replace(read, significance=tests.get(i)) for i, read in enumerate(reads)]

    def _test(self, one: Share, ref: Share, m: int) -> Test:
        alpha = (1 - self.spec.level) / m
        if not self.spec.weighted and self.spec.unit is None:
            x, n = one.events + ref.events, one.rows + ref.rows
            test = gaps(one, ref, m, alpha)
            if min(one.rows, ref.rows) * min(x, n - x) < 5 * n:
                table = [[one.events, ref.events], [one.rows - one.events, ref.rows - ref.events]]
                p = float(stats.fisher_exact(table)[1])
                return replace(test, p_value=p, method="Fisher exact")
            return replace(test, p_value=score(one, ref), method="score")
        if one.n is None or ref.n is None:
            return Test(family=m, reason=NOT_STATED)
        test = gaps(one.at(alpha), ref.at(alpha), m, alpha)
        if min(one.n, ref.n) * min(pooled(one, ref), 1 - pooled(one, ref)) < 5:
            return replace(test, reason=FEW)
        return replace(test, p_value=score(one, ref), method="score" + self.suffix())

    # All groups in one number

    def _summary(self, metric: str, event: str, known: list[Group]) -> Read:
        name, _, kind = metric.rpartition("_")
        n = sum(c.n for g in known for c in g.cells)
        found, nulls = [], []
        for rate in TAKES[name]:
            shares = [s for s in (self.share(rate, event, g) for g in known) if s.p is not None]
            rates = [s.p for s in shares]
            if len(rates) < 2 or (kind == "ratio" and max(rates) == 0):
                return Read(metric=metric, n=n)
            found.append(
                max(rates) - min(rates) if kind == "difference" else min(rates) / max(rates)
            )
            nulls.append((
                sum(s.part for s in shares) / sum(s.weight for s in shares),
                tuple(sorted(s.n for s in shares)) if all(s.n is not None for s in shares) else None,
            ))  # fmt: skip
        value = max(found) if kind == "difference" else min(found)
        return Read(metric=metric, n=n, value=value, expected=expected(kind, nulls))


def classes(cells: Iterable[Cell]) -> list[str]:
    return sorted({t for c in cells for t in (c.label, c.decision) if t})


def holds(words: str, cell: Cell, event: str) -> bool:
    """One condition of the table of rates; J stands for that of f1's interval."""
    if words == "any":
        return True
    if words == "label known":
        return cell.label != ""
    if words == "J":
        return cell.label != "" and event in (cell.label, cell.decision)
    left, relation, right = words.split()
    other = {"E": event, "decision": cell.decision}[right]
    return (getattr(cell, left) == other) is {"=": True, "≠": False}[relation]


def wilson(p: float, n: float, z: float) -> tuple[float, float]:
    middle, half = p + z * z / 2 / n, z * math.sqrt(p * (1 - p) / n + z * z / 4 / n**2)
    low, high = ((middle + s * half) / (1 + z * z / n) for s in (-1, 1))
    return 0.0 if p == 0 else low, 1.0 if p == 1 else high


def newcombe(one: Share, ref: Share, z: float) -> Interval:
    (l1, u1), (l2, u2) = wilson(one.p, one.n, z), wilson(ref.p, ref.n, z)
    d = one.p - ref.p
    low, high = d - math.hypot(one.p - l1, u2 - ref.p), d + math.hypot(u1 - one.p, ref.p - l2)
    return max(-1.0, low), min(1.0, high)


def koopman(one: Share, ref: Share, z: float) -> Interval:
    p1, n1, p2, n2 = one.p, one.n, ref.p, ref.n

    def inside(r: float) -> bool:
        a, b = (n1 + n2) * r, r * n1 + n1 * p1 + n2 + r * n2 * p2
        q2 = (b - math.sqrt(max(0.0, b * b - 4 * a * (n1 * p1 + n2 * p2)))) / (2 * a)
        q1 = min(1.0, r * q2)
        spread = q1 * (1 - q1) / n1 + r * r * q2 * (1 - q2) / n2
        return (p1 - r * p2) ** 2 <= z * z * spread

    def edge(within: float, beyond: float) -> float:
        for _ in range(200):
            middle = (within + beyond) / 2
            within, beyond = (middle, beyond) if inside(middle) else (within, middle)
        return within

    return 0.0 if p1 == 0 else edge(p1 / p2, 1e-300), edge(p1 / p2, 1e6)


def pooled(one: Share, ref: Share) -> float:
    return (one.n * one.p + ref.n * ref.p) / (one.n + ref.n)


def score(one: Share, ref: Share) -> float:
    q = pooled(one, ref)
    s = (one.p - ref.p) / math.sqrt(q * (1 - q) * (1 / one.n + 1 / ref.n))
    if one.units is None or ref.units is None:
        return float(2 * stats.norm.sf(abs(s)))
    each = [1 / one.n**2 / (one.units - 1), 1 / ref.n**2 / (ref.units - 1)]
    return float(2 * stats.t.sf(abs(s), (1 / one.n + 1 / ref.n) ** 2 / sum(each)))


def gaps(one: Share, ref: Share, m: int, alpha: float) -> Test:
    """A test so far: its family and the gaps that it could show."""
    below, above = (detectable(one, ref, alpha, sign) for sign in (-1, 1))
    return Test(family=m, detectable_below=below, detectable_above=above)


def detectable(one: Share, ref: Share, alpha: float, sign: int) -> float | None:
    p2, n1, n2 = ref.p, one.n, ref.n
    k = (1 / n1 + 1 / n2) / 2 if min(n1, n2) * min(p2, 1 - p2) < 5 else 0.0

    def short(d: float) -> float:
        p1 = p2 + sign * d
        p = (n1 * p1 + n2 * p2) / (n1 + n2)
        null = math.sqrt(max(0.0, p * (1 - p)) * (1 / n1 + 1 / n2))
        own = math.sqrt(max(0.0, p1 * (1 - p1)) / n1 + p2 * (1 - p2) / n2)
        return d - k - stats.norm.isf(alpha / 2) * null - stats.norm.ppf(0.8) * own

    most = p2 if sign < 0 else 1 - p2
    if most <= 0 or short(most) < 0:
        return None
    least = 1e-15 * most
    return float(optimize.brentq(short, least, most, xtol=1e-16, rtol=1e-14))


STEPS = 600
Null = tuple[float, tuple[float, ...] | None]


def expected(kind: str, nulls: list[Null]) -> float | None:
    """The mean of the spread where no group differs, on a fine grid of rates."""
    for p, sizes in nulls:
        if sizes is None or min(p, 1 - p) * sum(sizes) < 10 * (1 - 1e-9):
            return None
    if kind == "difference" and len(nulls) == 1:
        return range_of(*nulls[0])
    steps = np.linspace(0, 1, 4001)
    # E = integral of P(spread > v); of the larger of several 1 - prod P(<= v), of the smaller prod
    below = np.array([at_most(kind, p, sizes, STEPS) for p, sizes in nulls])
    above = 1 - np.prod(below, axis=0) if kind == "difference" else np.prod(1 - below, axis=0)
    return float(np.sum((above[1:] + above[:-1]) / 2) * (steps[1] - steps[0]))


def range_of(p: float, sizes: tuple[float, ...]) -> float:
    """E[max - min] by the page's integral, at the middles of 100,000 steps."""
    rates = (np.arange(100_000) + 0.5) / 100_000
    below, above = np.ones_like(rates), np.ones_like(rates)
    for n in sizes:
        one = chance_below(n, p, rates)
        below, above = below * one, above * (1 - one)
    return float(np.mean(1 - below - above))


@lru_cache(maxsize=256)
def at_most(kind: str, p: float, sizes: tuple[float, ...], steps: int) -> np.ndarray:
    """P(spread <= v) at 4,001 values of v from 0 to 1."""
    reach = 8 * math.sqrt(p * (1 - p) / min(sizes)) + 8 / min(sizes)
    edges = np.linspace(max(0.0, p - reach), min(1.0, p + reach), steps + 1)
    edges = np.concatenate([[-1e-9], edges, [1.0]])
    chance = np.ones((len(edges), len(edges)))
    for n in sizes:
        one = np.where(edges < 0, 0.0, np.where(edges >= 1, 1.0, chance_below(n, p, edges)))
        chance *= np.clip(one[None, :] - one[:, None], 0, None)  # P(edge i < rate <= edge j)
    within = np.pad(chance, ((0, 1), (1, 0)))
    mass = np.triu(chance[:-1, 1:] - within[1:-1, 2:] - within[:-2, 1:-1] + within[1:-1, 1:-1])
    rates = np.minimum(1, (edges[:-1] + edges[1:]) / 2)
    rates[0] = 0.0
    low, high = np.meshgrid(rates, rates, indexing="ij")
    keep = (mass > 0) & ((high > 0) | (kind == "difference"))
    spread = high - low if kind == "difference" else low / np.where(high > 0, high, 1)
    counts, _ = np.histogram(
        spread[keep], bins=4001, range=(-0.5 / 4000, 1 + 0.5 / 4000), weights=mass[keep]
    )
    return np.cumsum(counts) / counts.sum()


def chance_below(n: float, p: float, edges: np.ndarray) -> np.ndarray:
    if n * p * (1 - p) >= 64:
        return stats.norm.cdf(edges, p, math.sqrt(p * (1 - p) / n))
    whole = max(1, round(n))
    return stats.binom.cdf(np.floor(edges * whole + 1e-9), whole, p)
