"""Long names and many groups: tables stay apart and readable."""

from __future__ import annotations

from decimal import Decimal

from affidavit.counts import Cell, count_table
from affidavit.evidence import AttributeSpec, CountSpec, Report
from affidavit.rates import derive
from affidavit.render.context import Attribute
from affidavit.render.fairness import fairness

LONG = "what the applicant said of the household when the form was filled in"


def of_groups(name: str, groups: int) -> Attribute:
    spec = CountSpec(
        role="evaluation", positive="yes", favourable="no",
        attributes=(AttributeSpec(name=name, reference="g00", source="observed"),),
    )  # fmt: skip
    table = count_table(
        spec,
        (
            Cell(groups=(f"g{k:02d}",), label=label, decision=decision, n=40, sum_w=Decimal(40),
                 sum_w2=Decimal(40))
            for k in range(groups) for label in ("no", "yes") for decision in ("no", "yes")
        ),
    )  # fmt: skip
    numbers = tuple(n for n in derive(table) if n.id.startswith("fairness/"))
    report = Report(name="fairness", role="evaluation", n_rows=160 * groups, n_labelled=160 * groups,
                    label_kind="outcome", counts=spec, numbers=numbers)  # fmt: skip
    return fairness(report, None).attributes[0]


def test_a_long_name_stands_in_the_caption_and_not_in_every_row() -> None:
    long, short = of_groups(LONG, 2), of_groups("afam", 2)

    assert {r.label for b in long.pairs for r in b.rows} == {"g01 against g00"}
    assert {r.label for b in short.pairs for r in b.rows} == {"afam = g01 against g00"}
    assert long.name == LONG


def test_tables_of_many_groups_have_names_of_their_own() -> None:
    captions = [g.caption for g in of_groups("region", 23).groups]

    assert len(set(captions)) == len(captions) > 1
    assert captions[-1].endswith(f"part {len(captions)} of {len(captions)}")
    assert [g.caption for g in of_groups("region", 2).groups] == [
        "region, role evaluation, each group"
    ]
