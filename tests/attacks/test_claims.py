"""What a signer could leave out or make up beside sound arithmetic; each is refuted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.count_bundles import CountedBuilder
from tests.support.pinned import failures, trust_in

from affidavit.bundle import canonical, layout
from affidavit.counts import Cell, CountTable, count_table, read_counts, write_counts
from affidavit.evidence import CountSpec, Report
from affidavit.rates import derive
from affidavit.recompute import fineness, groups, sanity
from affidavit.verify import Verdict, figures, gaps, group_values, verify_bundle

PERFORMANCE, FAIRNESS = "data/reports/performance.json", "data/reports/fairness.json"
SEGMENTS, STABILITY = "data/reports/segments.json", "data/reports/stability.json"
DATA, FINAL = "data/reports/data.json", "data/reports/final.json"
THRESHOLDS = "data/reports/thresholds/evaluation.csv"
Change = Callable[[Any], None]


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> CountedBuilder:
    made = CountedBuilder(tmp_path_factory.mktemp("claims"))
    assert verify_bundle(made.path, trust=trust_in(made)).exit_code == 0
    return made


def refused(builder: CountedBuilder, bundle: Path) -> Verdict:
    verdict = verify_bundle(bundle, trust=trust_in(builder))
    assert verdict.exit_code == 1, verdict.word
    return verdict


def forged(builder: CountedBuilder, path: str, change: Change) -> Verdict:
    return refused(builder, builder.replace_json(path, change, "resign"))


def number(report: Any, end: str) -> Any:
    return next(n for n in report["numbers"] if n["id"].endswith(end))


AREA = {
    "id": "performance/evaluation/roc_auc ", "metric": "roc_auc", "role": "evaluation", "n": 390,
    "value": 0.99, "from": "scores",
}  # fmt: skip
SHADOW = {
    "id": "performance/evaluation/note", "metric": "selection_rate_ratio", "role": "evaluation",
    "group": {"sex": "m"}, "n": 400, "value": 1.5, "from": "scores",
}  # fmt: skip


@pytest.mark.parametrize("path", [PERFORMANCE, FAIRNESS, SEGMENTS, FINAL, DATA])
@pytest.mark.parametrize(
    "extra",
    [
        AREA,
        SHADOW,
        {**SHADOW, "id": "performance/evaluation/x/<script>", "metric": "m"},
        {**SHADOW, "id": "fairness/evaluation/mean_score/sex=x", "metric": "mean_score"},
    ],
    ids=["second-area", "shadow", "markup", "no-such-group"],
)
def test_refuses_an_invented_number(counted: CountedBuilder, path: str, extra: Any) -> None:
    verdict = forged(counted, path, lambda r: r["numbers"].append(extra))

    said = [c.what for c in verdict.failed if c.id == "scores"]
    assert f"{extra['id']}: no such number is computed from scores" in said


@pytest.mark.parametrize(
    ("path", "end"),
    [
        (PERFORMANCE, "/roc_auc"),
        (PERFORMANCE, "/calibration_gap"),
        (FAIRNESS, "/mean_score/sex=m"),
        (FAIRNESS, "/roc_auc_difference/group=b vs a"),
        (FAIRNESS, "/mean_score_difference/group+sex=b+m vs a+f"),
        (SEGMENTS, "/brier_score/region=south"),
    ],
)
def test_refuses_a_number_from_scores_left_out(
    counted: CountedBuilder, path: str, end: str
) -> None:
    verdict = forged(counted, path, lambda r: r["numbers"].remove(number(r, end)))

    assert failures(verdict) == [("scores", path)]
    assert verdict["scores"].found == "not stated"


@pytest.mark.parametrize(
    ("end", "fields"),
    [
        ("/brier_score", {"value": -5.0}),
        ("/roc_auc", {"value": 1.5}),
        ("/roc_auc", {"value": None, "reason": "undefined"}),
        ("/roc_auc", {"low": 0.9, "high": 0.1, "level": 0.95, "method": "DeLong"}),
        ("/roc_auc", {"low": 0.8, "high": 0.9, "level": 0.95, "method": "DeLong"}),
        ("/roc_auc", {"low": 0.6, "high": 0.8, "level": 0.5, "method": "DeLong"}),
        ("/roc_auc", {"low": 0.6, "high": 0.8, "level": 0.95}),
        ("/gini", {"value": 0.9}),
        ("/log_loss", {"n": 10**9}),
        ("/ks", {"label": "no"}),
        ("/ks", {"group": {"sex": "m"}}),
        ("/ks", {"reason": "both"}),
        ("/ks", {"metric": "gini"}),
        ("/ks", {"expected": 0.1}),
        ("/ks", {"significance": {"family": 1, "p_value": 0.9}}),
        ("/average_precision", {"low": 0.9, "high": 0.2, "level": 0.95, "method": "logit"}),
    ],
)
def test_refuses_a_number_from_scores_that_cannot_be(
    counted: CountedBuilder, end: str, fields: dict[str, Any]
) -> None:
    verdict = forged(counted, PERFORMANCE, lambda r: number(r, end).update(fields))

    assert ("scores", PERFORMANCE) in failures(verdict)


def test_refuses_a_difference_that_is_not_that_of_its_groups(counted: CountedBuilder) -> None:
    end = "/mean_score_difference/group=b vs a"
    verdict = forged(counted, FAIRNESS, lambda r: number(r, end).update(value=0.3))

    assert failures(verdict) == [("scores", FAIRNESS)]
    assert (verdict["scores"].expected, verdict["scores"].found) == ("0.0", "0.3")


@pytest.mark.parametrize("path", [FAIRNESS, DATA, STABILITY, THRESHOLDS])
def test_refuses_a_report_left_out(counted: CountedBuilder, path: str) -> None:
    verdict = refused(counted, without(counted, path))

    assert "count-spec" in {c.id for c in verdict.failed}


def without(builder: CountedBuilder, path: str) -> Path:
    entries = [(n, c) for n, c in builder.entries if n != path]
    return builder.pack(builder.repaired(builder._retold(entries), "resign"))


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.update(n_rows=-5),
        lambda r: r.update(n_rows=10, n_labelled=10),
        lambda r: r.update(n_labelled=401),
    ],
)
def test_refuses_data_of_other_rows(counted: CountedBuilder, change: Change) -> None:
    verdict = forged(counted, DATA, change)

    assert ("count-spec", DATA) in failures(verdict)


def test_refuses_stability_of_other_rows(counted: CountedBuilder) -> None:
    """Index, bins and n fit each other; the periods hold other rows."""
    from affidavit.stability import expected_stability, stability_index

    def shrink(report: Any) -> None:
        bins, one = report["bins"][0], report["numbers"][0]
        bins["reference"], bins["found"] = [5, 5], [5, 5]
        one.update(n=10, value=stability_index([5, 5], [5, 5]))
        one["expected"] = expected_stability([5, 5], [5, 5])

    verdict = forged(counted, STABILITY, shrink)

    assert failures(verdict) == [("count-spec", STABILITY)] * 2


def gap(gap_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": gap_id, "kind": "gap", "stage": "recompute", "what": "is not computed",
            "fix": "none", "items": [], **fields}  # fmt: skip


@pytest.mark.parametrize(
    "finding",
    [
        gap("recompute.favourable.evaluation"),
        gap("recompute.sensitive.sex.evaluation", expected="at most 200", found="231"),
        gap("recompute.segments.region.evaluation", expected="at most 200", found="231"),
        gap("recompute.segments.period.evaluation", expected="at most 200", found="231"),
        gap("recompute.intersection.group+sex.evaluation", expected="at most 200", found="231"),
    ],
    ids=lambda f: str(f["id"]),
)
def test_refuses_a_gap_beside_what_is_counted(counted: CountedBuilder, finding: Any) -> None:
    verdict = forged(counted, layout.EVIDENCE, lambda e: told(e, finding))

    assert failures(verdict) == [("count-spec", layout.EVIDENCE)]
    assert finding["id"] in verdict["count-spec"].what


def told(evidence: Any, finding: Any) -> None:
    evidence["findings"] = sorted([*evidence["findings"], finding], key=lambda f: f["id"])


def table_of(builder: CountedBuilder, path: str) -> CountTable:
    spec = CountSpec.model_validate_json(json.dumps(json.loads(builder.read(path))["counts"]))
    return read_counts(builder.read(f"{layout.COUNTS}/{spec.file}"), spec)


def recounted(
    builder: CountedBuilder, paths: tuple[str, ...], table: CountTable, *findings: Any
) -> Path:
    """A bundle whose reports follow from another table, and that tells of more."""
    new: dict[str, bytes] = {f"{layout.COUNTS}/{table.spec.file}": write_counts(table)}
    for path in paths:
        old = Report.model_validate_json(builder.read(path))
        scored = [n for n in old.numbers if n.source != "counts"]
        derived = [n for n in derive(table) if n.id.startswith(f"{old.name}/")]
        report = old.model_copy(update={"counts": table.spec, "numbers": (*derived, *scored)})
        new[path] = canonical.record_bytes(report)
    evidence = json.loads(builder.read(layout.EVIDENCE))
    for finding in findings:
        told(evidence, finding)
    new[layout.EVIDENCE] = canonical.dumps(evidence)
    entries = [(n, new.get(n, c)) for n, c in builder.entries]
    return builder.pack(builder.repaired(builder._retold(entries), "resign"))


def test_refuses_an_intersection_left_out_by_a_gap_that_is_not_so(counted: CountedBuilder) -> None:
    """The four groups can be counted in the table of both attributes."""
    main = table_of(counted, FAIRNESS)
    alone = CountTable(main.spec.model_copy(update={"intersections": ()}), main.rows)
    said = gap("recompute.intersection.group+sex.evaluation", expected="at most 200", found="231")

    verdict = refused(counted, recounted(counted, (PERFORMANCE, FAIRNESS), alone, said))

    assert "recompute.intersection.group+sex.evaluation: the groups are not too many" in " ".join(
        c.what for c in verdict.failed
    )


@pytest.mark.parametrize("kind", ["exception", "gap"])
def test_refuses_a_segment_left_out_for_no_reason(counted: CountedBuilder, kind: str) -> None:
    """An exception excuses nothing, nor a gap whose number is not above the limit."""
    whole = table_of(counted, SEGMENTS)
    spec = whole.spec.model_copy(update={"attributes": whole.spec.attributes[1:]})
    cells: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in whole.rows:
        cells.setdefault((cell.groups[1], cell.label, cell.decision), []).append(cell)
    table = count_table(spec, (
        Cell(groups=(g,), label=y, decision=d, n=sum(c.n for c in found),
             sum_w=sum((c.sum_w for c in found), start=found[0].sum_w * 0),
             sum_w2=sum((c.sum_w2 for c in found), start=found[0].sum_w * 0))
        for (g, y, d), found in cells.items()
    ))  # fmt: skip
    said = gap("recompute.segments.region.evaluation", expected="at most 200", found="12")

    verdict = refused(counted, recounted(counted, (SEGMENTS,), table, {**said, "kind": kind}))

    assert "count-spec" in {c.id for c in verdict.failed}


def test_refuses_final_decisions_by_attributes_in_another_order(counted: CountedBuilder) -> None:
    """Else the groups of the final decisions need not be those of the model's."""
    final = table_of(counted, FINAL)
    spec = final.spec.model_copy(update={"attributes": final.spec.attributes[::-1]})
    turned = count_table(spec, (
        Cell(groups=c.groups[::-1], label=c.label, decision=c.decision, n=c.n, sum_w=c.sum_w,
             sum_w2=c.sum_w2) for c in final.rows
    ))  # fmt: skip

    verdict = refused(counted, recounted(counted, (FINAL,), turned))

    assert {c.id for c in verdict.failed} == {"count-sum", "count-spec"}


def test_the_limits_are_those_of_recompute() -> None:
    assert gaps.MAX_GROUPS == groups.MAX_GROUPS
    assert gaps.MAX_COMBINATIONS == fineness.MAX_COMBINATIONS


PREDICTIONS = "data/predictions/evaluation.csv"


@pytest.mark.parametrize(
    ("column", "text", "says"),
    [
        ("score", "banana", "no score that is a number"),
        ("score", "nan", "no score that is a number"),
        ("score", "inf", "no score that is a number"),
        ("score", "", "no score that is a number"),
        ("score", "1.5", "scores are outside 0 to 1"),
        ("score", None, "decided against the threshold"),
        ("row_id", "row-0001", "the id of another row"),
        ("weight", "-7", "no weight that can be"),
        ("weight", "3", "are not the counts"),
        ("role", "training", "another role"),
    ],
)
def test_refuses_a_row_that_cannot_be(
    counted: CountedBuilder, column: str, text: str | None, says: str
) -> None:
    lines = [line.split(",") for line in counted.read(PREDICTIONS).decode().splitlines()]
    place, decided = lines[0].index(column), lines[1][lines[0].index("decision")]
    other = "0.1" if decided == "yes" else "0.9"
    lines[1][place] = other if text is None else text
    content = "".join(",".join(line) + "\n" for line in lines).encode()

    verdict = refused(counted, counted.replace(PREDICTIONS, content, "resign"))

    assert {(c.id, c.path) for c in verdict.failed} == {("prediction-row", PREDICTIONS)}
    assert says in " ".join(c.what for c in verdict.failed)


def test_refuses_a_threshold_that_the_decisions_do_not_have(counted: CountedBuilder) -> None:
    toml = counted.read(layout.CONFIG).replace(b"threshold = 0.5", b"threshold = 0.05")

    verdict = refused(counted, counted.replace(layout.CONFIG, toml, "resign"))

    assert failures(verdict) == [("threshold-table", THRESHOLDS), ("prediction-row", PREDICTIONS)]


@pytest.mark.parametrize(
    ("path", "name", "old", "new"),
    [
        (SEGMENTS, "period", "2026-Q1", "2026-Q9"),
        (SEGMENTS, "region", "north", "(unmatched)"),
        (FAIRNESS, "origin", "x", "martian"),
        (FAIRNESS, "group", "b", "(unassigned)"),
        (FAIRNESS, "sex", "f", "F"),
        (FAIRNESS, "sex", "f", "(missing)"),
    ],
)
def test_refuses_groups_that_cannot_be(
    counted: CountedBuilder, path: str, name: str, old: str, new: str
) -> None:
    """Renamed, a reference does not occur and every comparison with it is gone."""
    table = table_of(counted, path)
    place = [a.name for a in table.spec.attributes].index(name)
    renamed = count_table(table.spec, (
        Cell(groups=tuple(new if i == place and g == old else g for i, g in enumerate(c.groups)),
             label=c.label, decision=c.decision, n=c.n, sum_w=c.sum_w, sum_w2=c.sum_w2)
        for c in table.rows
    ))  # fmt: skip
    paths = (path,) if path == SEGMENTS else (PERFORMANCE, FAIRNESS)

    verdict = refused(counted, recounted(counted, paths, renamed))

    said = [c for c in verdict.failed if c.id == "count-spec"]
    assert any(repr(new) in c.what or f".{name}.evaluation" in c.what for c in said)


@pytest.mark.parametrize(
    "finding_id",
    [
        "recompute.missing.sex.evaluation", "recompute.unmatched.sex.evaluation",
        "recompute.unassigned.origin.evaluation", "recompute.reference.sex.evaluation",
        "recompute.constant.sex.evaluation", "recompute.label.evaluation",
        "recompute.threshold.evaluation",
    ],
)  # fmt: skip
def test_refuses_a_finding_that_the_counts_do_not_give(
    counted: CountedBuilder, finding_id: str
) -> None:
    verdict = forged(counted, layout.EVIDENCE, lambda e: told(e, gap(finding_id)))

    assert failures(verdict) == [("count-spec", layout.EVIDENCE)]


def test_refuses_a_model_without_skill_that_nobody_tells_of(counted: CountedBuilder) -> None:
    def chance(report: Any) -> None:
        number(report, "/roc_auc").update(
            value=0.5, low=0.45, high=0.55, level=0.95, method="DeLong, log odds"
        )
        number(report, "/gini").update(
            value=0.0, low=-0.1, high=0.1, level=0.95, method="DeLong, log odds"
        )

    verdict = forged(counted, PERFORMANCE, chance)

    assert failures(verdict) == [("count-spec", layout.EVIDENCE)]
    assert "recompute.no-skill.evaluation" in verdict["count-spec"].what


def test_the_fewest_rows_of_a_label_are_those_of_recompute() -> None:
    assert group_values.MIN_OF_LABEL == sanity.MIN_OF_LABEL


@pytest.mark.parametrize(
    ("table", "fields"),
    [
        ("calibration", {"n": 5000}),
        ("calibration", {"observed": 0.9}),
        ("calibration", {"low": 0.0}),
        ("calibration", {"mean_score": 0.2}),
        ("calibration", {"first": 0.5}),
        ("gains", {"lift": 99.0}),
        ("gains", {"n": 1}),
        ("gains", {"gain": 0.5, "lift": 0.5}),
        ("gains", {"low": 2.0, "high": 3.0}),
    ],
)
def test_refuses_bins_and_gains_that_cannot_be(
    counted: CountedBuilder, table: str, fields: dict[str, Any]
) -> None:
    verdict = forged(counted, PERFORMANCE, lambda r: r[table][0].update(fields))

    assert set(failures(verdict)) == {("count-spec", PERFORMANCE)}


@pytest.mark.parametrize("table", ["calibration", "gains"])
def test_refuses_a_table_left_out(counted: CountedBuilder, table: str) -> None:
    verdict = forged(counted, PERFORMANCE, lambda r: r.update({table: []}))

    assert set(failures(verdict)) == {("count-spec", PERFORMANCE)}


@pytest.mark.parametrize(
    ("weigh", "says"),
    [
        (lambda c: (c.sum_w * 0 + c.n, c.sum_w2 * 0 + c.n), "together weigh more"),
        (lambda c: (c.sum_w, c.sum_w * 2), "no weights have the sums"),
    ],
    ids=["all-of-every-group", "squares"],
)
def test_refuses_probabilities_that_cannot_be(
    counted: CountedBuilder, weigh: Callable[[Cell], Any], says: str
) -> None:
    path = "data/reports/estimated.json"
    table = table_of(counted, path)
    heavier = count_table(table.spec, (
        Cell(groups=c.groups, label=c.label, decision=c.decision, n=c.n, sum_w=weigh(c)[0],
             sum_w2=weigh(c)[1]) for c in table.rows
    ))  # fmt: skip

    verdict = refused(counted, recounted(counted, (path,), heavier))

    assert says in " ".join(c.what for c in verdict.failed)


def test_refuses_small_counts_called_public(counted: CountedBuilder) -> None:
    def publish(evidence: Any) -> None:
        for item in evidence["items"]:
            item["sensitivity"] = "public"

    verdict = forged(counted, layout.EVIDENCE, publish)

    assert set(failures(verdict)) == {("count-spec", layout.EVIDENCE)}


@pytest.mark.parametrize(
    "content",
    [
        b"<svg><script>alert(1)</script></svg>", b'<svg onload="alert(1)"/>',
        b'<svg><a href="https://example.com"/></svg>',
    ],
)  # fmt: skip
def test_a_figure_that_acts_is_refused(content: bytes) -> None:
    assert figures._ACTS.search(content)
    assert not figures._ACTS.search(b'<svg><use href="#a"/><text>once = 1</text></svg>')
