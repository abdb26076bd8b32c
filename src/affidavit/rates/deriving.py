"""Every number that follows from counts: recompute states them, verify derives them again."""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.counts import CountTable
from affidavit.evidence import Number
from affidavit.rates.fairness import estimated, fairness, final
from affidavit.rates.performance import by_segment, performance
from affidavit.rates.sheet import Sheet
from affidavit.rates.tallies import Tallied


def derive(table: CountTable) -> tuple[Number, ...]:
    """Every number that one count table gives, in one order.

    Ids begin with `performance` or `fairness` for the table `main`, else with the table's name;
    then `/<role>/<metric>[/<place>]`. A place is `class=<label>`, `<attribute>=<value>`,
    `<attribute>=<value> vs <reference>`, or `<attribute>` for a summary over its groups; several
    attributes are joined by `+`, and so are their values.

    Performance counts `positive` (the label whose probability is the score) as the event, or each
    class against the rest; fairness counts `favourable` (the label that is good for the person).
    Definitions are fairlearn's and scikit-learn's, with one difference: what has no denominator is
    undefined, where they say 0.
    """
    return tuple(_numbers(table))


def _numbers(table: CountTable) -> Iterator[Number]:
    spec, rows = table.spec, Tallied.of(table)
    if spec.table == "segments":
        yield from by_segment(rows)
        return
    sheet = Sheet.of(spec, spec.table)
    if spec.table == "estimated":
        yield from estimated(sheet, rows)
        return
    whole = rows.whole()
    if spec.table == "final":
        yield from final(sheet, rows, whole)
    else:
        yield from performance(sheet.under("performance"), rows, whole)
        yield from fairness(sheet.under("fairness"), rows, whole)
