"""Counts and what follows from them, forged and signed with the right key: each is refuted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.count_bundles import CountedBuilder
from tests.support.pinned import failures, trust_in

from affidavit.bundle import canonical, layout
from affidavit.verify import Verdict, verify_bundle

FAIRNESS, FINAL = "data/reports/fairness.json", "data/reports/final.json"
SEGMENTS, ESTIMATED = "data/reports/segments.json", "data/reports/estimated.json"
PERFORMANCE = "data/reports/performance.json"
COUNTS = "data/reports/counts"
Change = Callable[[Any], None]


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> CountedBuilder:
    return CountedBuilder(tmp_path_factory.mktemp("counted"))


@pytest.fixture(scope="module")
def by_unit(tmp_path_factory: pytest.TempPathFactory) -> CountedBuilder:
    return CountedBuilder(tmp_path_factory.mktemp("unit"), is_by_unit=True)


_TWINS: set[str] = set()


def refused(builder: CountedBuilder, bundle: Path) -> Verdict:
    """The verdict on a changed bundle; its untouched twin passes, which is asked once."""
    trust = trust_in(builder)
    if str(builder.path) not in _TWINS:
        assert verify_bundle(builder.path, trust=trust).exit_code == 0
        _TWINS.add(str(builder.path))
    verdict = verify_bundle(bundle, trust=trust)
    assert verdict.exit_code == 1, verdict.word
    return verdict


def forged(builder: CountedBuilder, path: str, change: Change) -> Verdict:
    return refused(builder, builder.replace_json(path, change, "resign"))


def number(report: Any, end: str) -> Any:
    return next(n for n in report["numbers"] if n["id"].endswith(end))


def test_every_table_is_derived_and_tallied(counted: CountedBuilder) -> None:
    """Each number of five reports follows; final decisions are counted in their own column."""
    verdict = verify_bundle(counted.path, trust=trust_in(counted))

    reports = [
        json.loads(counted.read(p)) for p in (PERFORMANCE, FAIRNESS, FINAL, SEGMENTS, ESTIMATED)
    ]
    assert verdict.exit_code == 0
    assert verdict.arithmetic is not None
    counts = [n for r in reports for n in r["numbers"] if n["from"] == "counts"]
    assert verdict.arithmetic.followed == len(counts)
    assert {c.status for c in verdict.checks if c.id == "prediction-tally"} == {"passed"}


def set_field(end: str, *path: str, value: Any) -> Change:
    def change(report: Any) -> None:
        found = number(report, end)
        for key in path[:-1]:
            found = found[key]
        assert found[path[-1]] != value
        found[path[-1]] = value

    return change


GAP = "/selection_rate_difference/group=b vs a"
BOTH = "/selection_rate_difference/group+sex=b+m vs a+f"


@pytest.mark.parametrize(
    ("path", "change", "says"),
    [
        (FAIRNESS, set_field(GAP, "significance", "p_value", value=0.21), "significance"),
        (FAIRNESS, set_field(GAP, "significance", "adjusted", value=0.9), "significance"),
        (FAIRNESS, set_field(GAP, "significance", "detectable_below", value=0.01), "significance"),
        (FAIRNESS, set_field(GAP, "significance", "detectable_above", value=0.01), "significance"),
        (FAIRNESS, set_field(GAP, "significance", "method", value="Fisher exact"), "significance"),
        (FAIRNESS, set_field(BOTH, "significance", "family", value=1), "significance"),
        (FAIRNESS, lambda r: number(r, GAP).pop("significance"), "significance"),
        (FAIRNESS, set_field("/demographic_parity_difference/group", "expected", value=0.2),
         "expected"),
        (FAIRNESS, set_field(BOTH, "value", value=-0.01), "value"),
        (FAIRNESS, set_field(BOTH, "low", value=-0.9), "low"),
        (FAIRNESS, set_field("/selection_rate/group+sex=b+m", "value", value=0.99), "value"),
        (FAIRNESS, set_field(BOTH, "method", value="Newcombe"), "method"),
        (FINAL, set_field("/selection_rate_ratio/group=b vs a", "value", value=0.99), "value"),
        (SEGMENTS, set_field("/accuracy/region=north", "value", value=0.99), "value"),
        (ESTIMATED, set_field("/selection_rate/origin=y", "value", value=0.99), "value"),
        (PERFORMANCE, set_field("/f1", "low", value=0.01), "low"),
    ],
)  # fmt: skip
def test_refuses_a_number_that_does_not_follow(
    counted: CountedBuilder, path: str, change: Change, says: str
) -> None:
    verdict = forged(counted, path, change)

    assert failures(verdict) == [("arithmetic", path)]
    assert f": {says} " in verdict["arithmetic"].what


def test_refuses_a_class_put_on_a_number(counted: CountedBuilder) -> None:
    verdict = forged(counted, PERFORMANCE, lambda r: number(r, "/f1").update(label="no"))

    assert failures(verdict) == [("arithmetic", PERFORMANCE)]
    assert ": label " in verdict["arithmetic"].what


@pytest.mark.parametrize("end", [BOTH, GAP])
def test_refuses_a_comparison_left_out(counted: CountedBuilder, end: str) -> None:
    verdict = forged(counted, FAIRNESS, lambda r: r["numbers"].remove(number(r, end)))

    assert [c.id for c in verdict.failed] == ["arithmetic"]
    assert verdict["arithmetic"].found == "not stated"


def test_refuses_a_number_moved_into_another_report(counted: CountedBuilder) -> None:
    """Performance and fairness are read with one table; each states its own."""

    def move(report: Any) -> None:
        fairness = json.loads(counted.read(FAIRNESS))
        report["numbers"].append(number(fairness, GAP))

    verdict = forged(counted, PERFORMANCE, move)

    assert {c.id for c in verdict.failed} == {"arithmetic"}


def test_refuses_the_models_counts_passed_off_as_the_final_ones(counted: CountedBuilder) -> None:
    """Overrides made it worse; with the other table every final number would follow."""
    main = counted.read(f"{COUNTS}/evaluation.csv")

    verdict = refused(counted, counted.replace(f"{COUNTS}/evaluation.final.csv", main, "resign"))

    assert {c.id for c in verdict.failed} == {"arithmetic", "prediction-tally"}


def test_refuses_final_numbers_that_are_the_models_in_table_and_report(
    counted: CountedBuilder,
) -> None:
    """Table and report fit each other; the predictions still say what was decided."""
    fairness = json.loads(counted.read(FAIRNESS))
    performance = json.loads(counted.read(PERFORMANCE))
    final = json.loads(counted.read(FINAL))
    model = {n["id"]: n for n in fairness["numbers"]}
    for one in final["numbers"]:
        twin = model.get(one["id"].replace("final/", "fairness/", 1))
        if twin is not None:
            one.update({k: v for k, v in twin.items() if k != "id"})
    assert performance["n_rows"] == final["n_rows"]
    entries = [
        (n, canonical.dumps(final) if n == FINAL
         else counted.read(f"{COUNTS}/evaluation.csv") if n == f"{COUNTS}/evaluation.final.csv"
         else c)
        for n, c in counted.entries
    ]  # fmt: skip
    bundle = counted.pack(counted.repaired(counted._retold(entries), "resign"))

    verdict = refused(counted, bundle)

    assert ("prediction-tally", "data/predictions/evaluation.csv") in failures(verdict)
    assert "final_decision" in verdict["prediction-tally"].what


def test_refuses_segments_of_other_rows(counted: CountedBuilder) -> None:
    """One row called labelled otherwise: the table no longer holds the rows of the role."""
    path = f"{COUNTS}/evaluation.segments.csv"
    lines = counted.read(path).decode().splitlines()
    fields = lines[1].split(",")
    fields[2] = {"yes": "no", "no": "yes", "": "no"}[fields[2]]
    merged = [lines[0], ",".join(fields), *(x for x in lines[2:] if x.split(",")[:4] != fields[:4])]

    verdict = refused(counted, counted.replace(path, ("\n".join(merged) + "\n").encode(), "resign"))

    assert ("count-sum", path) in failures(verdict)


def test_refuses_an_estimate_of_more_weight_than_there_is(counted: CountedBuilder) -> None:
    """A probability is at most 1."""
    path = f"{COUNTS}/evaluation.estimated.origin.csv"
    lines = counted.read(path).decode().splitlines()
    fields = lines[1].split(",")
    fields[4] = str(int(fields[3]) + 5)
    fields[5] = str((int(fields[3]) + 5) ** 2)
    content = "\n".join([lines[0], ",".join(fields), *lines[2:], ""]).encode()

    verdict = refused(counted, counted.replace(path, content, "resign"))

    assert ("count-sum", path) in failures(verdict)


@pytest.mark.parametrize("mean", [0.5, None])
def test_refuses_an_estimate_whose_rows_to_expect_are_reckoned_otherwise(
    counted: CountedBuilder, mean: float | None
) -> None:
    """A smaller mean weight would make a group of three people one of hundreds."""

    def lighter(report: Any) -> None:
        report["counts"].pop("mean_weight")
        if mean is not None:
            report["counts"]["mean_weight"] = mean

    verdict = forged(counted, ESTIMATED, lighter)

    assert ("count-sum", f"{COUNTS}/evaluation.estimated.origin.csv") in failures(verdict)


@pytest.mark.parametrize("path", [FAIRNESS, FINAL, SEGMENTS, ESTIMATED])
def test_refuses_counts_that_no_report_reads(counted: CountedBuilder, path: str) -> None:
    def drop(report: Any) -> None:
        del report["counts"]
        report["numbers"] = []

    verdict = forged(counted, path, drop)

    assert "arithmetic" in {c.id for c in verdict.failed}


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (FINAL, lambda s: s.update(table="main")),
        (SEGMENTS, lambda s: s.update(table="final")),
        (ESTIMATED, lambda s: s.update(attributes=[])),
        (ESTIMATED, lambda s: s.update(weighted=False)),
        (FINAL, lambda s: s.update(role="training")),
        (FINAL, lambda s: s["attributes"].append(s["attributes"][0])),
        (FINAL, lambda s: s.update(intersections=[["group", "age"]])),
        (FINAL, lambda s: s.update(intersections=[["group", "group"]])),
        (FINAL, lambda s: s.update(intersections=[["group", "sex"], ["sex", "group"]])),
        (FINAL, lambda s: s.update(effective=[{"metric": "accuracy", "n": 5.0, "units": 5}])),
    ],
)
def test_refuses_a_specification_that_no_table_can_have(
    counted: CountedBuilder, path: str, change: Change
) -> None:
    """Before anything is derived with it."""
    verdict = forged(counted, path, lambda r: change(r["counts"]))

    assert ("count-spec", path) in failures(verdict)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (FINAL, lambda s: s.update(favourable="yes")),
        (FINAL, lambda s: s.update(positive="no")),
        (FINAL, lambda s: s.update(task="multiclass")),
        (FINAL, lambda s: s.update(rates="wilson")),
        (FINAL, lambda s: s.update(unit="household")),
        (FINAL, lambda s: s.update(weighted=True)),
        (FINAL, lambda s: s.update(intersections=[])),
        (FINAL, lambda s: s["attributes"][0].update(reference="b")),
        (FINAL, lambda s: s["attributes"][0].pop("reference")),
        (FINAL, lambda s: s["attributes"][0].update(source="estimated")),
        (SEGMENTS, lambda s: s["attributes"][0].update(reference="north")),
        (ESTIMATED, lambda s: s["attributes"][0].update(reference="y")),
    ],
)
def test_refuses_counts_read_otherwise_than_configured(
    counted: CountedBuilder, path: str, change: Change
) -> None:
    verdict = forged(counted, path, lambda r: change(r["counts"]))

    assert "count-spec" in {c.id for c in verdict.failed}


@pytest.mark.parametrize(("field", "value"), [("small", 5), ("level", 0.9)])
def test_refuses_other_constants(counted: CountedBuilder, field: str, value: float) -> None:
    verdict = forged(counted, FINAL, lambda r: r["counts"].update({field: value}))

    assert ("settings", FINAL) in failures(verdict)
    assert "small 20" in verdict["settings"].expected


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b'column = "final_decision"\n', b""),
        lambda text: text.replace(b'[segments.region]\ncolumn = "region"\n', b""),
        lambda text: text.replace(b'[time]\ncolumn = "day"\n', b""),
        lambda text: text.replace(b'probabilities = { x = "p_x", y = "p_y" }', b'column = "o"'),
        lambda text: text.replace(b"smallest_group = 20\n", b""),
    ],
    ids=["no-final", "no-segment", "no-period", "not-estimated", "another-size"],
)
def test_refuses_counts_that_the_configuration_does_not_ask_for(
    counted: CountedBuilder, change: Callable[[bytes], bytes]
) -> None:
    content = counted.read(layout.CONFIG)
    assert change(content) != content

    verdict = refused(counted, counted.replace(layout.CONFIG, change(content), "resign"))

    assert {c.id for c in verdict.failed} & {"count-spec", "settings"}


def test_effective_rows_carry_through(by_unit: CountedBuilder) -> None:
    """The twin of the forgeries below."""
    found = number(json.loads(by_unit.read(FAIRNESS)), "/selection_rate/group=b")

    assert verify_bundle(by_unit.path, trust=trust_in(by_unit)).exit_code == 0
    assert found["method"] == "Clopper-Pearson (conservative), by unit"


def test_refuses_intervals_of_other_effective_rows(by_unit: CountedBuilder) -> None:
    """Stated in both reports alike, and the interval no longer follows."""

    def raise_them(report: Any) -> None:
        report["counts"]["effective"][0]["n"] += 1

    entries = [
        (n, changed(c, raise_them) if n in (FAIRNESS, PERFORMANCE) else c)
        for n, c in by_unit.entries
    ]
    verdict = refused(by_unit, by_unit.pack(by_unit.repaired(by_unit._retold(entries), "resign")))

    assert {c.id for c in verdict.failed} == {"arithmetic"}
    assert "does not follow" in verdict["arithmetic"].what


def test_refuses_more_effective_rows_than_rows(by_unit: CountedBuilder) -> None:
    """With them an interval could be made as narrow as one likes, and would follow."""

    def raise_them(report: Any) -> None:
        report["counts"]["effective"][0]["n"] = 100_000.0

    entries = [
        (n, changed(c, raise_them) if n in (FAIRNESS, PERFORMANCE) else c)
        for n, c in by_unit.entries
    ]
    verdict = refused(by_unit, by_unit.pack(by_unit.repaired(by_unit._retold(entries), "resign")))

    said = [c for c in verdict.failed if "effective rows" in c.what]
    assert len(said) == 1
    assert (said[0].id, said[0].found) == ("arithmetic", "100000.0")
    assert str(said[0].expected).startswith("at most 2")


def changed(content: bytes, change: Change) -> bytes:
    value = json.loads(content)
    change(value)
    return canonical.dumps(value)


@pytest.mark.parametrize(
    ("table", "report", "says"),
    [
        ("final", FINAL, "the final decisions, final_decision"),
        ("segments", SEGMENTS, "the segment region"),
        ("estimated.origin", ESTIMATED, "origin by probability"),
    ],
)
def test_refuses_a_declared_table_left_out_with_its_report(
    counted: CountedBuilder, table: str, report: str, says: str
) -> None:
    """Nothing that is there contradicts anything; yet affidavit.toml asks for it."""
    gone = {report, f"{COUNTS}/evaluation.{table}.csv"}
    entries = [(n, c) for n, c in counted.entries if n not in gone]

    verdict = refused(counted, counted.pack(counted.repaired(counted._retold(entries), "resign")))

    assert {c.id for c in verdict.failed} == {"count-spec"}
    assert any(says in c.what for c in verdict.failed)


def test_refuses_a_role_whose_counts_are_all_gone(counted: CountedBuilder) -> None:
    """No report says that there were decisions to count; affidavit.toml says what the task is."""

    def uncounted(report: dict[str, Any]) -> None:
        del report["counts"]
        report["numbers"] = [n for n in report["numbers"] if n["from"] != "counts"]

    kept = [
        (name, changed(content, uncounted) if name == "data/reports/performance.json" else content)
        for name, content in counted.entries
        if not name.startswith(COUNTS) and name not in {FINAL, SEGMENTS, ESTIMATED, FAIRNESS}
    ]

    verdict = refused(counted, counted.pack(counted.repaired(counted._retold(kept), "resign")))

    assert any(c.what == "the decisions of evaluation are not counted" for c in verdict.failed)


AGE = b'[sensitive.age]\ncolumn = "age"\nsource = "observed"\n\n'
AGE_GAP = {
    "id": "recompute.sensitive.age.evaluation", "kind": "gap", "stage": "recompute",
    "what": "fairness by age is not computed", "expected": "at most 200", "found": "231",
    "fix": "declare bands", "items": [],
}  # fmt: skip


def test_refuses_an_attribute_that_is_declared_and_neither_counted_nor_a_gap(
    counted: CountedBuilder,
) -> None:
    toml = counted.read(layout.CONFIG).replace(b"[fairness]", AGE + b"[fairness]")
    entries = [(n, toml if n == layout.CONFIG else c) for n, c in counted.entries]

    silent = counted.pack(counted.repaired(counted._retold(entries), "resign"))
    verdict = refused(counted, silent)
    assert failures(verdict) == [("count-spec", layout.CONFIG)]
    assert "age by group" in verdict["count-spec"].what

    entries = [
        (n, changed(c, lambda e: e["findings"].append(AGE_GAP)) if n == layout.EVIDENCE else c)
        for n, c in entries
    ]
    told = counted.pack(counted.repaired(counted._retold(entries), "resign"))
    assert verify_bundle(told, trust=trust_in(counted)).exit_code == 0


def test_refuses_more_units_than_rows(by_unit: CountedBuilder) -> None:
    """Each unit is at least a row, and more of them would make an interval narrower."""

    def raise_them(report: Any) -> None:
        report["counts"]["effective"][0]["units"] = 100_000

    entries = [
        (n, changed(c, raise_them) if n in (FAIRNESS, PERFORMANCE) else c)
        for n, c in by_unit.entries
    ]
    verdict = refused(by_unit, by_unit.pack(by_unit.repaired(by_unit._retold(entries), "resign")))

    said = [
        c for c in verdict.failed if c.what.startswith(f"{COUNTS}") and "the units of" in c.what
    ]
    assert len(said) == 1
    assert (said[0].id, said[0].found) == ("arithmetic", "100000")


def test_refuses_numbers_whose_rows_nothing_names(counted: CountedBuilder) -> None:
    """Left out of evidence.json too: a table held by reference is named there with its digest."""
    path = "data/predictions/evaluation.csv"

    verdict = refused(counted, counted.drop(path, "resign"))

    assert failures(verdict) == [("prediction-tally", path)]
