"""diff compares two versions row by row on the rows that they have in common."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score
from tests.support.bundles import BundleBuilder
from tests.support.payloads import AFFIDAVIT_TOML, as_csv, report_items
from tests.support.variants import variant

from affidavit.bundle.layout import CONFIG
from affidavit.cli.diff_lines import difference_lines
from affidavit.cli.main import cli
from affidavit.inspect import Difference, diff_bundles, predicted
from affidavit.inspect.difference import PairedNumber, PairedRole
from affidavit.workspace import Workspace

DATA, PREDICTIONS = "data/dataset/evaluation/test.csv", "data/predictions/evaluation.csv"
Rows = list[list[str]]
LABEL, SCORE, DECISION, WEIGHT = 1, 2, 3, 4


def rows_of(builder: BundleBuilder, path: str) -> tuple[list[str], Rows]:
    header, *rows = csv.reader(io.StringIO(builder.read(path).decode()))
    return header, rows


def rescored(rows: Rows) -> None:
    """Another model: scores moved by a wave, decided again at 0.25."""
    for i, row in enumerate(rows):
        score = min(1.0, max(0.0, float(row[SCORE]) + 0.2 * math.sin(i)))
        row[SCORE], row[DECISION] = repr(round(score, 6)), "yes" if score >= 0.25 else "no"


def later(
    builder: BundleBuilder,
    change: Callable[[Rows], object] = rescored,
    *,
    data: Callable[[Rows], object] | None = None,
    config: bytes | None = None,
    is_counted: bool = True,
) -> Path:
    """The bundle with other predictions (and data), and the reports that follow from them."""
    header, rows = rows_of(builder, PREDICTIONS)
    data_header, data_rows = rows_of(builder, DATA)
    change(rows)
    if data is not None:
        data(data_rows)
    files: dict[str, bytes | None] = {}
    if is_counted:
        work = Workspace(root=builder.folder / f"later-{len(list(builder.folder.iterdir()))}")
        grouped = zip(rows, data_rows, strict=False)
        counted = [[r[0], d[1], r[1], r[2], r[3]] for r, d in grouped]
        files = {i.path: work.locate(i).read_bytes() for i in report_items(work, counted)}
    files |= {PREDICTIONS: as_csv(header, rows)}
    if data is not None:
        files[DATA] = as_csv(data_header, data_rows)
    if config is not None:
        files[CONFIG] = config
    return variant(builder, files)


def diffed(before: Path, after: Path) -> Difference:
    return diff_bundles(before, after, trust=None)[0]


def paired_with(before: Path, after: Path) -> PairedRole:
    (found,) = diffed(before, after).paired
    return found


def by_metric(found: PairedRole) -> dict[str, PairedNumber]:
    return {n.metric: n for n in found.numbers}


def text_of(before: Path, after: Path) -> str:
    lines = difference_lines(diffed(before, after))
    assert all(len(line) <= 80 for line in lines[1:])
    return "\n".join(lines)


def labelled(rows: Rows) -> tuple[list[int], list[float], list[str]]:
    known = [r for r in rows if r[LABEL]]
    return (
        [int(r[LABEL] == "yes") for r in known],
        [float(r[SCORE]) for r in known],
        [r[DECISION] for r in known],
    )


# ---- the same rows


def test_every_measure_is_that_of_the_rows(sealed: BundleBuilder) -> None:
    _, old = rows_of(sealed, PREDICTIONS)
    _, new = rows_of(sealed, PREDICTIONS)
    rescored(new)

    found = paired_with(sealed.path, later(sealed))

    assert (found.n, found.n_before, found.n_after, found.n_labelled) == (400, 400, 400, 392)
    numbers = by_metric(found)
    (y, s1, d1), (_, s2, d2) = labelled(old), labelled(new)
    truth = ["yes" if v else "no" for v in y]
    expected = {
        "roc_auc": (roc_auc_score(y, s1), roc_auc_score(y, s2)),
        "brier_score": (brier_score_loss(y, s1), brier_score_loss(y, s2)),
        "accuracy": (accuracy_score(truth, d1), accuracy_score(truth, d2)),
        "selection_rate": tuple(
            np.mean([r[DECISION] == "no" for r in rows]) for rows in (old, new)
        ),
        "true_positive_rate": tuple(
            np.mean([d == "yes" for d, v in zip(side, y, strict=True) if v]) for side in (d1, d2)
        ),
        "false_positive_rate": tuple(
            np.mean([d == "yes" for d, v in zip(side, y, strict=True) if not v])
            for side in (d1, d2)
        ),
    }
    assert numbers.keys() == expected.keys()
    for metric, (before, after) in expected.items():
        number = numbers[metric]
        assert (number.before, number.after) == pytest.approx((before, after), rel=1e-12)
        assert number.difference == pytest.approx(after - before, abs=1e-12)
        assert number.low < number.difference < number.high
        assert number.level == 0.95
    assert [numbers[m].n for m in ("roc_auc", "selection_rate", "accuracy")] == [392, 400, 392]
    assert (numbers["selection_rate"].event, numbers["true_positive_rate"].event) == ("no", "yes")
    assert (numbers["roc_auc"].test, numbers["accuracy"].test) == ("DeLong", "McNemar")


def test_counts_the_decisions_that_changed_and_how_many_are_right(sealed: BundleBuilder) -> None:
    _, old = rows_of(sealed, PREDICTIONS)
    _, new = rows_of(sealed, PREDICTIONS)
    rescored(new)
    moved = [(a, b) for a, b in zip(old, new, strict=True) if a[DECISION] != b[DECISION]]

    turned = paired_with(sealed.path, later(sealed)).turned

    assert [(t.before, t.after) for t in turned] == [("no", "yes"), ("yes", "no")]
    for t in turned:
        mine = [b for _, b in moved if b[DECISION] == t.after]
        assert t.n == len(mine) > 10
        assert t.n_labelled == sum(b[LABEL] != "" for b in mine)
        assert t.right_after == sum(b[LABEL] == b[DECISION] for b in mine)
        assert t.right_before == t.n_labelled - t.right_after
    assert any(t.n_labelled < t.n for t in turned)


def test_by_group_with_intervals_that_hold_together(sealed: BundleBuilder) -> None:
    _, old = rows_of(sealed, PREDICTIONS)
    _, new = rows_of(sealed, PREDICTIONS)
    rescored(new)
    group_of = {r[0]: r[1] for r in rows_of(sealed, DATA)[1]}

    (attribute,) = paired_with(sealed.path, later(sealed)).attributes

    assert (attribute.name, attribute.reason, attribute.regrouped) == ("group", None, 0)
    assert [g.value for g in attribute.groups] == ["a", "b"]
    for group in attribute.groups:
        pairs = [(a, b) for a, b in zip(old, new, strict=True) if group_of[a[0]] == group.value]
        rate = group.selection_rate
        assert group.n == rate.n == len(pairs)
        assert rate.before == pytest.approx(np.mean([a[DECISION] == "no" for a, _ in pairs]))
        assert rate.after == pytest.approx(np.mean([b[DECISION] == "no" for _, b in pairs]))
        assert sum(t.n for t in group.turned) == sum(a[DECISION] != b[DECISION] for a, b in pairs)
        assert rate.method == "Newcombe paired, simultaneous over 2 groups"
        assert (rate.p_value, rate.test) == (None, None)


def test_a_small_group_has_its_count_only(sealed: BundleBuilder) -> None:
    def few(rows: Rows) -> None:
        for position, row in enumerate(rows):
            row[1] = "rare" if position < 29 else row[1]

    before, after = later(sealed, list, data=few), later(sealed, data=few)

    groups = {g.value: g for g in paired_with(before, after).attributes[0].groups}

    assert (groups["rare"].n, groups["rare"].turned, groups["rare"].selection_rate) == (
        29,
        (),
        None,
    )
    assert groups["rare"].reason == "fewer than 30 rows: too small to compare"
    assert groups["a"].selection_rate is not None
    smaller = AFFIDAVIT_TOML + b"\n[fairness]\nsmallest_group = 29\n"
    before, after = (later(sealed, change, data=few, config=smaller) for change in (list, rescored))
    groups = {g.value: g for g in paired_with(before, after).attributes[0].groups}
    assert groups["rare"].selection_rate.n == 29


def test_shows_the_block_in_80_columns(sealed: BundleBuilder) -> None:
    shown = text_of(sealed.path, later(sealed))

    assert "evaluation: the same 400 rows; " in shown
    said = " ".join(shown.split())
    assert "row by row: after minus before, 95 % interval; p unadjusted, " in said
    assert "tests; positive is 'yes'" in said
    lines = [line.split() for line in shown.splitlines()]
    area = next(line for line in lines if line[:1] == ["roc_auc"])
    assert (area[2], area[6], area[8]) == ("→", "to", "p")
    assert sum(line[:1] == ["accuracy"] for line in lines) == 1
    assert "by group: selection_rate 'no', decisions turned +to it/" in shown
    assert "the 2 intervals hold together" in " ".join(shown.split())
    assert "as labelled, of" in " ".join(shown.split())
    assert "significant" not in shown


def test_a_version_against_itself_has_nothing_to_say(sealed: BundleBuilder) -> None:
    found = diffed(sealed.path, sealed.path)

    numbers = by_metric(found.paired[0])
    assert numbers["roc_auc"].reason == "no interval: the two scores rank the rows alike"
    assert {n.difference for n in numbers.values()} == {0.0}
    assert numbers["accuracy"].p_value == 1.0
    assert "row by row" not in "\n".join(difference_lines(found))


# ---- rows that differ


def test_compares_the_common_rows_of_two_snapshots(sealed: BundleBuilder) -> None:
    def fewer(rows: Rows) -> None:
        rescored(rows)
        del rows[:4]

    after = later(sealed, fewer, data=lambda rows: rows.__delitem__(slice(0, 4)))

    found = diffed(sealed.path, after)

    assert (found.rows[0].same, found.rows[0].reason) == (False, "other rows")
    assert (found.paired[0].n, found.paired[0].n_before, found.paired[0].n_after) == (396, 400, 396)
    shown = text_of(sealed.path, after)
    assert "different data, not comparable (other rows)" in shown
    assert "396 common rows, row by row" in shown


def test_common_rows_with_other_labels_are_not_compared(sealed: BundleBuilder) -> None:
    def relabelled(rows: Rows) -> None:
        for row in rows[:3]:
            row[LABEL] = "no" if row[LABEL] == "yes" else "yes"

    after = later(sealed, relabelled)

    found = paired_with(sealed.path, after)

    assert found.reason == "3 of the 400 common rows have another label"
    assert (found.numbers, found.turned, found.attributes) == ((), (), ())
    assert "not compared row by row: 3 of the 400 common rows" in text_of(sealed.path, after)


def test_rows_that_are_only_numbered_are_the_same_in_the_same_bytes_alone(
    sealed: BundleBuilder,
) -> None:
    numbered = AFFIDAVIT_TOML.replace(b'[rows]\nid = "id"\n', b"")

    def count(rows: Rows) -> None:
        rescored(rows)
        for position, row in enumerate(rows, 1):
            row[0] = str(position)

    def plain(rows: Rows) -> None:
        for position, row in enumerate(rows, 1):
            row[0] = str(position)

    before, after = later(sealed, plain, config=numbered), later(sealed, count, config=numbered)
    assert paired_with(before, after).n == 400

    other = later(sealed, count, data=lambda rows: rows[0].__setitem__(1, "c"), config=numbered)
    found = paired_with(before, other)
    assert (found.n, found.reason) == (
        0, "rows are only numbered ([rows] id names no column), and the snapshots differ",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "config", "reason"),
    [
        (lambda rows: rows[0].__setitem__(0, rows[1][0]), None, "row ids are missing or stand"),
        (lambda rows: rows[0].__setitem__(0, ""), None, "row ids are missing or stand twice"),
        (lambda rows: [r.__setitem__(0, f"x{r[0]}") for r in rows], None, "no row id is in both"),
        (list, AFFIDAVIT_TOML.replace(b'id = "id"', b'id = "group"'), "[rows] id names another"),
        (list, b"version = 9\n", "the affidavit.toml of version 3 cannot be read"),
    ],
)
def test_says_why_rows_cannot_be_matched(
    sealed: BundleBuilder, change: Callable[[Rows], object], config: bytes | None, reason: str
) -> None:
    found = paired_with(sealed.path, later(sealed, change, config=config))

    assert found.reason.startswith(reason)
    assert found.numbers == ()


def test_without_predictions_there_is_nothing_to_compare(sealed: BundleBuilder) -> None:
    without = variant(sealed, {PREDICTIONS: None})

    assert paired_with(sealed.path, without).reason == "the predictions are not in both bundles"
    assert "not compared row by row" not in text_of(sealed.path, without)


def test_more_rows_than_are_held_in_memory_are_not_compared(
    sealed: BundleBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = later(sealed)
    monkeypatch.setattr(predicted, "MAX_ROWS", 399)

    assert paired_with(sealed.path, after).reason == "more than 399 rows"


# ---- groups that are not known here


def reason_of_group(before: Path, after: Path) -> str:
    (attribute,) = paired_with(before, after).attributes
    assert attribute.groups == ()
    assert attribute.reason is not None
    return attribute.reason


def test_a_protected_table_travels_by_reference(sealed: BundleBuilder) -> None:
    protected = AFFIDAVIT_TOML.replace(
        b'reference = "a"\n', b'reference = "a"\ntable = "data/protected.csv"\njoin_on = "id"\n'
    )
    before, after = (later(sealed, c, config=protected) for c in (list, rescored))

    reason = reason_of_group(before, after)

    assert reason == "groups are not known here: its protected table is held by reference"
    shown = " ".join(text_of(before, after).split())
    assert f"by group: {reason}" in shown


def test_other_bands_are_other_groups(sealed: BundleBuilder) -> None:
    banded = AFFIDAVIT_TOML.replace(b'reference = "a"\n', b"bands = [1, 2]\n")

    assert reason_of_group(sealed.path, later(sealed, config=banded)) == (
        "version 3 does not declare it, or otherwise"
    )


def test_groups_must_be_those_that_the_reports_count(sealed: BundleBuilder) -> None:
    """A snapshot whose groups the reports do not count is none to group by."""
    after = later(sealed)
    header, rows = rows_of(sealed, DATA)
    rows[0][1] = "b" if rows[0][1] == "a" else "a"
    moved = BundleBuilder(sealed.folder / "moved")
    swapped = variant(moved, {DATA: as_csv(header, rows)})

    assert reason_of_group(swapped, after) == (
        "the snapshot of version 3 does not give the groups it states"
    )


def test_a_row_that_changed_its_group_is_said(sealed: BundleBuilder) -> None:
    def swap(rows: Rows) -> None:
        for row in rows[:5]:
            row[1] = "b" if row[1] == "a" else "a"

    after = later(sealed, data=swap)

    (attribute,) = paired_with(sealed.path, after).attributes

    assert attribute.regrouped == 5
    assert "5 rows had another group before; counted in the later one" in text_of(
        sealed.path, after
    )


def test_bands_cut_as_the_builder_cuts(sealed: BundleBuilder) -> None:
    """Ages as text: 24.5 is below 25, 25 is not; a missing one is a group of its own."""
    banded = AFFIDAVIT_TOML.replace(b'reference = "a"\n', b"bands = [25, 60]\n")
    ages = ["24.5", "25", "59.9", "60", " 61 ", "NA", ""]
    names = ["<25", "25-59", "25-59", ">=60", ">=60", "(missing)", "(missing)"]

    def aged(rows: Rows) -> None:
        for position, row in enumerate(rows):
            row[1] = ages[position % 7]

    before, after = (banded_bundle(sealed, c, aged, names, banded) for c in (list, rescored))

    (attribute,) = paired_with(before, after).attributes

    assert attribute.reason is None
    counts = {g.value: g.n for g in attribute.groups}
    assert counts == {"<25": 58, "25-59": 114, ">=60": 114, "(missing)": 114}


def banded_bundle(
    builder: BundleBuilder,
    change: Callable[[Rows], object],
    data: Callable[[Rows], object],
    names: Sequence[str],
    config: bytes,
) -> Path:
    """`later`, with reports that count the bands."""
    header, rows = rows_of(builder, PREDICTIONS)
    data_header, data_rows = rows_of(builder, DATA)
    change(rows)
    data(data_rows)
    work = Workspace(root=builder.folder / f"banded-{len(list(builder.folder.iterdir()))}")
    counted = [[r[0], names[i % len(names)], r[1], r[2], r[3]] for i, r in enumerate(rows)]
    files: dict[str, bytes | None] = {
        i.path: work.locate(i).read_bytes() for i in report_items(work, counted)
    }
    files |= {
        PREDICTIONS: as_csv(header, rows), DATA: as_csv(data_header, data_rows), CONFIG: config
    }  # fmt: skip
    return variant(builder, files)


# ---- weights, units, other tasks


def test_weighted_rows_have_values_and_no_interval(sealed: BundleBuilder) -> None:
    weighted = AFFIDAVIT_TOML.replace(b'id = "id"\n', b'id = "id"\nweight = "w"\n')

    def heavier(rows: Rows) -> None:
        rescored(rows)
        for position, row in enumerate(rows):
            row[WEIGHT] = str(1 + position % 3)

    _, new = rows_of(sealed, PREDICTIONS)
    heavier(new)

    before, after = (later(sealed, c, config=weighted) for c in (list, heavier))

    found = paired_with(before, after)

    weights = [float(r[WEIGHT]) for r in new]
    known = [float(r[WEIGHT]) for r in new if r[LABEL]]
    y, score, _ = labelled(new)
    numbers = by_metric(found)
    assert numbers["roc_auc"].after == pytest.approx(roc_auc_score(y, score, sample_weight=known))
    assert numbers["brier_score"].after == pytest.approx(
        brier_score_loss(y, score, sample_weight=known)
    )
    assert numbers["selection_rate"].after == pytest.approx(
        np.average([r[DECISION] == "no" for r in new], weights=weights)
    )
    assert all(n.low is None and n.p_value is None for n in found.numbers)
    assert all(n.reason.startswith("no interval: ") for n in found.numbers)
    shown = " ".join(text_of(before, after).split())
    assert shown.count("no interval: Newcombe's form does not hold with weights") == 1
    assert shown.count("(no interval)") == 8
    (note,) = found.notes
    assert note.startswith(f"{sum(w != 1 for w in weights)} rows weigh otherwise in version 3; ")


def test_rows_of_one_unit_have_no_interval(sealed: BundleBuilder) -> None:
    config = AFFIDAVIT_TOML.replace(b'task = "binary"\n', b'task = "binary"\nunit = "person"\n')

    found = paired_with(sealed.path, later(sealed, config=config))

    assert {n.reason for n in found.numbers} == {
        "no interval: rows of one person are not independent"
    }
    assert all(n.difference is not None and n.low is None for n in found.numbers)


def test_scores_of_another_label_are_not_compared(sealed: BundleBuilder) -> None:
    config = AFFIDAVIT_TOML.replace(b'positive = "yes"', b'positive = "no"')

    numbers = by_metric(paired_with(sealed.path, later(sealed, config=config)))

    assert numbers["roc_auc"].reason == "the scores are of different labels, 'yes' and 'no'"
    assert numbers["roc_auc"].difference is None
    assert numbers["accuracy"].difference is not None


@pytest.mark.parametrize(
    ("score", "metric", "reason"),
    [
        ("", "roc_auc", "1 scores of labelled rows are missing"),
        ("1.5", "brier_score", "1 scores lie outside [0, 1]"),
    ],
)
def test_a_score_that_is_none_leaves_no_number(
    sealed: BundleBuilder, score: str, metric: str, reason: str
) -> None:
    after = later(sealed, lambda rows: rows[0].__setitem__(SCORE, score))

    number = by_metric(paired_with(sealed.path, after))[metric]

    assert (number.difference, number.reason) == (None, reason)


def other_task(task: str) -> bytes:
    config = AFFIDAVIT_TOML.replace(b'"binary"', f'"{task}"'.encode())
    config = config.replace(b'positive = "yes"\nfavourable = "no"\n', b"")
    config = config.replace(b"[decision]\nthreshold = 0.25\n", b"")
    start, end = config.index(b"[sensitive"), config.index(b"[datasets")
    return config[:start] + config[end:]


def test_a_multiclass_model_is_compared_by_its_decisions(sealed: BundleBuilder) -> None:
    def classes(shift: int) -> Callable[[Rows], None]:
        def change(rows: Rows) -> None:
            for i, row in enumerate(rows):
                row[LABEL] = "xyz"[i % 3]
                row[DECISION] = "xyz"[(i % 3 + (i % 10 < shift)) % 3]
                row[SCORE] = ""

        return change  # fmt: skip

    config = other_task("multiclass")
    before, after = (later(sealed, classes(n), config=config, is_counted=False) for n in (2, 3))

    found = paired_with(before, after)

    (accuracy,) = found.numbers
    assert (accuracy.metric, accuracy.n) == ("accuracy", 400)
    assert (accuracy.before, accuracy.after) == pytest.approx((0.8, 0.7))
    assert [(t.before, t.after) for t in found.turned] == [("x", "y"), ("y", "z"), ("z", "x")]
    assert sum(t.n for t in found.turned) == sum(t.right_before for t in found.turned) == 40
    assert "accuracy             0.800 → 0.700  −0.100" in text_of(before, after)  # noqa: RUF001


def test_a_regression_is_compared_by_its_absolute_errors(sealed: BundleBuilder) -> None:
    def targets(scale: float) -> Callable[[Rows], None]:
        def change(rows: Rows) -> None:
            for i, row in enumerate(rows):
                row[LABEL], row[DECISION] = ("" if i == 5 else str(i % 7)), ""
                row[SCORE] = repr(i % 7 + scale * math.sin(i))

        return change  # fmt: skip

    config = other_task("regression")
    before, after = (later(sealed, targets(s), config=config, is_counted=False) for s in (1.0, 0.5))

    found = paired_with(before, after)

    (error,) = found.numbers
    losses = [abs(math.sin(i)) for i in range(400) if i != 5]
    half = np.array(losses) / 2
    assert (error.metric, error.n) == ("mae", 399)
    assert (error.before, error.after) == pytest.approx((np.mean(losses), np.mean(half)))
    reach = 1.959963984540054 * np.std(half, ddof=1) / math.sqrt(399)
    assert (error.low, error.high) == pytest.approx(
        (-np.mean(half) - reach, -np.mean(half) + reach)
    )
    assert (found.turned, found.attributes) == ((), ())
    for score in ("inf", "1e200", "x"):
        far = later(
            sealed, lambda rows, s=score: (targets(0.5)(rows), rows[0].__setitem__(SCORE, s)),
            config=config, is_counted=False,
        )  # fmt: skip
        assert by_metric(paired_with(before, far))["mae"].reason == (
            "1 predictions or targets are not finite, or beyond 1e+100"
        )


@pytest.mark.parametrize("weight", ["0", "-1", "nan", "inf", "heavy"])
def test_a_weight_that_no_builder_writes_is_not_used(sealed: BundleBuilder, weight: str) -> None:
    weighted = AFFIDAVIT_TOML.replace(b'id = "id"\n', b'id = "id"\nweight = "w"\n')
    after = later(sealed, lambda rows: rows[0].__setitem__(WEIGHT, weight), config=weighted)

    found = paired_with(sealed.path, after)

    assert found.reason == "the predictions hold a weight that is no number from 1e-06 to 1e+09"
    assert found.numbers == ()


def test_says_when_the_decisions_are_of_two_kinds(sealed: BundleBuilder) -> None:
    final = AFFIDAVIT_TOML.replace(b"threshold = 0.25", b'column = "final"')

    found = paired_with(sealed.path, later(sealed, config=final))

    assert found.notes == (
        "the decisions are the model's in version 3 and the final ones in version 3",
    )


def test_json_gives_all_of_it(sealed: BundleBuilder) -> None:
    after = later(sealed)

    result = CliRunner().invoke(cli, ["diff", str(sealed.path), str(after), "--json"])

    (role,) = json.loads(result.output)["paired"]
    assert role["n"] == 400
    assert {n["metric"] for n in role["numbers"]} >= {"roc_auc", "selection_rate"}
    assert role["attributes"][0]["groups"][0]["selection_rate"]["method"].startswith("Newcombe")
    assert Difference.model_validate_json(result.output).paired[0].role == "evaluation"


@pytest.mark.slow
def test_an_attribute_may_be_the_row_id(sealed: BundleBuilder) -> None:
    config = AFFIDAVIT_TOML.replace(b'column = "group"', b'column = "id"')
    ids = [r[0] for r in rows_of(sealed, DATA)[1]]
    before, after = (banded_bundle(sealed, c, len, ids, config) for c in (list, rescored))

    (attribute,) = paired_with(before, after).attributes

    assert (attribute.reason, len(attribute.groups)) == (None, 400)
    assert "and 392 more groups: -v or --json" in text_of(before, after)
