"""What `verify` says stands in one order, whatever seed Python hashes text with."""

from __future__ import annotations

import os
import subprocess
import sys

_FAULTS = """
from decimal import Decimal
from affidavit.counts import Cell, CountTable
from affidavit.evidence import AttributeSpec, CountSpec, Report
from affidavit.verify.arithmetic import _number_faults
from affidavit.verify.count_tables import NamedTable

spec = CountSpec(role="e", positive="1", favourable="1", weighted=False,
                 attributes=(AttributeSpec(name="g", reference="a"),))
cells = tuple(
    Cell(groups=(g,), label=label, decision=decision, n=50, sum_w=Decimal(50), sum_w2=Decimal(50))
    for g in ("a", "b", "c") for label in ("0", "1") for decision in ("0", "1")
)
report = Report(name="fairness", role="e", n_rows=600, n_labelled=600, counts=spec, numbers=())
counted = CountTable(spec=spec, rows=cells)
table = NamedTable(path="c.csv", table=counted, reports={"r.json": report})
print("\\n".join(f.what for f in _number_faults(table)))
"""


def _told(seed: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _FAULTS], env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


def test_numbers_that_no_report_states_are_told_in_one_order() -> None:
    first, second = _told("1"), _told("2")

    assert len(first) > 20
    assert first == second
