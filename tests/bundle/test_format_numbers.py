"""Section 8.4 of docs/bundle-format.md is enough: a reader made from the page alone agrees with us.

The ids and the rates are read off the page's tables; what it says in prose is written out below.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from decimal import Decimal

import pytest
from tests.support.format_page import coded, section, table

from affidavit.counts import Cell, CountTable, count_table
from affidavit.evidence import AttributeSpec, CountSpec, Number
from affidavit.rates import derive

TEXT = section("8.4 Reports")
APART = ("(missing)", "(unmatched)")
Z = 1.959963984540054


def a_table(seed: int, *, weighted: bool = False) -> CountTable:
    """Two attributes, the second without a reference; unknown labels, small and odd groups.

    Of table 0 the reference group has no favourable decision, and table 1 has one origin only.
    """
    draw = random.Random(seed)
    spec = CountSpec(
        role="evaluation", positive="yes", favourable="no", weighted=weighted,
        attributes=(
            AttributeSpec(name="age", reference="25-59", source="observed"),
            AttributeSpec(name="origin", source="self-reported"),
        ),
    )  # fmt: skip
    cells = []
    origins = ("a", "(unmatched)") if seed == 1 else ("a", "b/c=d vs e", "(unmatched)")
    for age in ("25-59", ">=60", "<25", "(missing)"):
        for origin in origins:
            for label in ("yes", "no", ""):
                for decision in ("yes", "no"):
                    n = draw.choice((0, 0, 1, 4, 30, 300) if age != "<25" else (0, 0, 0, 0, 1))
                    if (seed, age, decision) == (0, "25-59", "no"):
                        n = 0
                    weights = [Decimal(draw.randint(1, 40)) / 8 for _ in range(n)]
                    if not weighted:
                        weights = [Decimal(1)] * n
                    if n:
                        cells.append(Cell(
                            groups=(age, origin), label=label, decision=decision, n=n,
                            sum_w=sum(weights), sum_w2=sum(w * w for w in weights),
                        ))  # fmt: skip
    return count_table(spec, cells)


class Share:
    """A rate, by the table of rates."""

    def __init__(self, name: str, cells: list[Cell], event: str) -> None:
        within, counted = RATES[name]
        whole = [c for c in cells if all(holds(w, c, event) for w in within)]
        part = [c for c in whole if all(holds(w, c, event) for w in counted)]
        weight = float(sum(c.sum_w for c in whole))
        self.rows = sum(c.n for c in whole)
        self.p = float(sum(c.sum_w for c in part)) / weight if weight else None
        self.n = weight**2 / float(sum(c.sum_w2 for c in whole)) if weight else 0.0


def holds(words: str, cell: Cell, event: str) -> bool:
    """One condition of the table of rates."""
    if words == "any":
        return True
    if words == "label known":
        return cell.label != ""
    left, relation, right = words.split()
    other = {"E": event, "decision": cell.decision}[right]
    return (getattr(cell, left) == other) is {"=": True, "≠": False}[relation]


RATES = {
    coded(row[0])[0]: (row[1].split(", "), row[2].split(", ")) for row in table(TEXT, "rate")[1:]
}


def ids(counts: CountTable) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every id that the page's table asks for, with its form and what its letters stand for."""
    header, *rows = table(TEXT, "metric")
    for row in rows:
        for metric in coded(row[0]):
            for form, said in zip(header[1:], row[1:], strict=True):
                if said.startswith("yes"):
                    template = coded(form)[0]
                    for letters in places(template, counts):
                        filled = {"R": counts.spec.role, "M": metric, **letters}
                        yield template, fill(template, filled), filled


def fill(template: str, letters: dict[str, str]) -> str:
    words = {"R": "R", "M": "M", "A": "A", "V": "V", "REF": "REF"}
    out, rest = "", template
    while rest:
        word = next((w for w in ("REF", *words) if rest.startswith(w)), rest[0])
        out, rest = out + letters.get(word, word), rest[len(word) :]
    return out


def places(template: str, counts: CountTable) -> Iterator[dict[str, str]]:
    spec = counts.spec
    if "/A" not in template:
        yield from ({},) if template.startswith("performance/") or spec.attributes else ()
        return
    for position, attribute in enumerate(spec.attributes):
        if "=V" not in template:
            yield {"A": attribute.name}
            continue
        for value in {c.groups[position] for c in counts.rows}:
            if "REF" not in template:
                yield {"A": attribute.name, "V": value}
            elif attribute.reference not in (None, value) and value not in APART:
                yield {"A": attribute.name, "V": value, "REF": str(attribute.reference)}


def cells_of(counts: CountTable, attribute: str, value: str) -> list[Cell]:
    position = [a.name for a in counts.spec.attributes].index(attribute)
    return [c for c in counts.rows if c.groups[position] == value]


Result = tuple[float | None, int, float | None, float | None]


def read(template: str, letters: dict[str, str], counts: CountTable) -> Result:
    """Value, n, low and high of one number, from the page."""
    spec, metric = counts.spec, letters["M"]
    event = spec.positive if template.startswith("performance/") else spec.favourable
    if "V" not in letters:
        if "A" in letters:
            return summary(metric, letters["A"], counts)
        if metric in OF_DECISIONS:
            return of_decisions(metric, list(counts.rows), event)
        return rate(Share(metric, list(counts.rows), event))
    ours = cells_of(counts, letters["A"], letters["V"])
    if metric == "count":
        n = sum(c.n for c in ours)
        return float(n), n, None, None
    if "REF" not in letters:
        return rate(Share(metric, ours, event))
    name, _, kind = metric.rpartition("_")
    theirs = cells_of(counts, letters["A"], letters["REF"])
    return compared(Share(name, ours, event), Share(name, theirs, event), kind, spec.small)


def rate(share: Share) -> Result:
    if share.p is None:
        return None, share.rows, None, None
    return share.p, share.rows, *wilson(share.p, share.n)


OF_DECISIONS = [coded(row[0])[0] for row in table(TEXT, "number")[1:]]


def of_decisions(metric: str, cells: list[Cell], event: str) -> Result:
    known = [c for c in cells if c.label]
    tp, fn, fp, tn = (
        float(sum(c.sum_w for c in known if (c.label == event, c.decision == event) == so))
        for so in ((True, True), (True, False), (False, True), (False, False))
    )
    above, below = {
        "f1": (2 * tp, 2 * tp + fp + fn),
        "balanced_accuracy": (tp * (tn + fp) + tn * (tp + fn), 2 * (tp + fn) * (tn + fp)),
        "matthews_correlation": (
            tp * tn - fp * fn,
            math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)),
        ),
    }[metric]
    return above / below if below else None, sum(c.n for c in known), None, None


def wilson(p: float, n: float) -> tuple[float, float]:
    middle, half = p + Z * Z / 2 / n, Z * math.sqrt(p * (1 - p) / n + Z * Z / 4 / n**2)
    low, high = ((middle + s * half) / (1 + Z * Z / n) for s in (-1, 1))
    return 0.0 if p == 0 else low, 1.0 if p == 1 else high


def compared(one: Share, ref: Share, kind: str, small: int) -> Result:
    n = one.rows + ref.rows
    if one.p is None or ref.p is None or min(one.rows, ref.rows) < small:
        return None, n, None, None
    if kind == "difference":
        (l1, u1), (l2, u2) = wilson(one.p, one.n), wilson(ref.p, ref.n)
        d = one.p - ref.p
        low = d - math.hypot(one.p - l1, u2 - ref.p)
        high = d + math.hypot(u1 - one.p, ref.p - l2)
        return d, n, max(-1.0, low), min(1.0, high)
    if ref.p == 0:
        return None, n, None, None
    return one.p / ref.p, n, *koopman(one, ref)


def koopman(one: Share, ref: Share) -> tuple[float, float]:
    p1, n1, p2, n2 = one.p, one.n, ref.p, ref.n

    def inside(r: float) -> bool:
        a, b = (n1 + n2) * r, r * n1 + n1 * p1 + n2 + r * n2 * p2
        q2 = (b - math.sqrt(max(0.0, b * b - 4 * a * (n1 * p1 + n2 * p2)))) / (2 * a)
        q1 = min(1.0, r * q2)
        spread = q1 * (1 - q1) / n1 + r * r * q2 * (1 - q2) / n2
        return (p1 - r * p2) ** 2 <= Z * Z * spread

    def edge(within: float, beyond: float) -> float:
        for _ in range(200):
            middle = (within + beyond) / 2
            within, beyond = (middle, beyond) if inside(middle) else (within, middle)
        return within

    return 0.0 if p1 == 0 else edge(p1 / p2, 1e-300), edge(p1 / p2, 1e6)


TAKES = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
}


def summary(metric: str, attribute: str, counts: CountTable) -> Result:
    name, _, kind = metric.rpartition("_")
    position = [a.name for a in counts.spec.attributes].index(attribute)
    values = {c.groups[position] for c in counts.rows} - set(APART)
    n = sum(c.n for c in counts.rows if c.groups[position] in values)
    found = []
    for taken in TAKES[name]:
        groups = (
            Share(taken, cells_of(counts, attribute, v), counts.spec.favourable) for v in values
        )
        known = [g.p for g in groups if g.p is not None]
        if len(known) < 2 or (kind == "ratio" and max(known) == 0):
            return None, n, None, None
        spread = max(known) - min(known)
        found.append(spread if kind == "difference" else min(known) / max(known))
    return (max if kind == "difference" else min)(found), n, None, None


def is_near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("weighted", [False, True])
def test_a_reader_made_from_the_page_finds_every_number(seed: int, *, weighted: bool) -> None:
    counts = a_table(seed, weighted=weighted)
    derived = {n.id: n for n in derive(counts)}
    forms = {i: (template, letters) for template, i, letters in ids(counts)}

    assert set(forms) == set(derived)
    for number_id, number in derived.items():
        value, n, low, high = read(*forms[number_id], counts)
        assert n == number.n, number_id
        for ours, theirs in ((number.value, value), (number.low, low), (number.high, high)):
            assert is_near(ours, theirs), f"{number_id}: {ours}, by the page {theirs}"


def test_the_tables_drawn_here_hold_every_case_of_undefined() -> None:
    """Else the test above would prove less than it says."""
    reasons = {n.reason for s in range(12) for n in derive(a_table(s)) if n.value is None}

    for words in (
        "n = 0: no rows whose",
        "too small to",
        "so the ratio has no",
        "all groups but one",
    ):
        assert any(words in str(reason) for reason in reasons), words


@pytest.mark.parametrize("weighted", [False, True])
def test_group_against_attributes_and_method_are_as_on_the_page(*, weighted: bool) -> None:
    counts = a_table(3, weighted=weighted)
    derived = {n.id: n for n in derive(counts)}
    suffix = ", effective n" if weighted else ""
    for template, number_id, letters in ids(counts):
        number: Number = derived[number_id]
        a, v, ref = (letters.get(k) for k in ("A", "V", "REF"))

        assert number.metric == letters["M"]
        assert number.group == ({a: v} if v else None), template
        assert number.against == ({a: ref} if ref else None)
        assert number.attributes == ((a,) if a and not v else None)
        assert (number.level is None) == (number.method is None)
        if number.value is None or letters["M"] in ("count", *OF_DECISIONS) or (a and not v):
            assert number.method is None
        else:
            kind = letters["M"].rpartition("_")[2] if ref else "rate"
            name = {"difference": "Newcombe", "ratio": "Koopman"}.get(kind, "Wilson")
            assert (number.method, number.level) == (name + suffix, 0.95)


def test_without_attributes_there_is_no_fairness() -> None:
    spec = CountSpec(role="r", positive="yes", favourable="no", attributes=())
    one = Cell(groups=(), label="yes", decision="no", n=3, sum_w=Decimal(3), sum_w2=Decimal(3))
    counts = count_table(spec, [one])

    assert {i for _, i, _ in ids(counts)} == {n.id for n in derive(counts)}
    assert all(n.id.startswith("performance/r/") for n in derive(counts))
