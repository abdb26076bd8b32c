"""diff says what changed in the terms a validator thinks in."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.support.bundles import BundleBuilder
from tests.support.payloads import as_csv, commit_json
from tests.support.variants import fact, run_json, variant

from affidavit.cli.diff_lines import difference_lines
from affidavit.cli.main import cli
from affidavit.errors import BundleError
from affidavit.inspect import Difference, diff_bundles
from affidavit.inspect import reading as reading_module
from affidavit.inspect.differing import _PIN
from affidavit.verify import Trust, verify_bundle

DATA, PREDICTIONS = "data/dataset/evaluation/test.csv", "data/predictions/evaluation.csv"
COMMIT, REQUIREMENTS = "data/source/commit.json", "data/environment/requirements.txt"


def rows_of(builder: BundleBuilder, path: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(builder.read(path).decode())))


def compared(before: Path, after: Path, trust: Trust) -> Difference:
    """The difference of two bundles that both verify."""
    found, verdicts = diff_bundles(before, after, trust=trust)
    assert [v.word for v in verdicts] == ["VERIFIED", "VERIFIED"]
    return found


def text(found: Difference) -> str:
    return "\n".join(difference_lines(found))


def test_a_bundle_does_not_differ_from_itself(sealed: BundleBuilder, pinned: Trust) -> None:
    found = compared(sealed.path, sealed.path, pinned)

    assert found.same_evidence
    assert not any(
        (found.data, found.params, found.code, found.environment, found.logged, found.numbers,
         found.findings, found.controls, found.items, found.configuration)
    )  # fmt: skip
    assert [(r.same, r.decisions_changed) for r in found.rows] == [(True, 0)]
    assert "Nothing differs" in text(found)


def test_counts_rows_out_in_and_changed_by_id(sealed: BundleBuilder, pinned: Trust) -> None:
    header, *rows = rows_of(sealed, DATA)
    rows = rows[11:]  # eleven out
    rows.append(["new-1", "a", "yes"])  # one in
    for row in rows[:3]:
        row[1] = "c"  # three changed, in one column
    bundle = variant(sealed, {DATA: as_csv(header, reversed(rows))})

    (change,) = compared(sealed.path, bundle, pinned).data

    assert (change.role, change.how, change.compared) == ("evaluation", "changed", "rows")
    assert (change.rows_out, change.rows_in, change.rows_changed) == (11, 1, 3)
    assert change.columns == ("group",)


def test_names_columns_that_came_and_went(sealed: BundleBuilder, pinned: Trust) -> None:
    header, *rows = rows_of(sealed, DATA)
    bundle = variant(
        sealed, {DATA: as_csv([header[0], header[2], "tier"], [[r[0], r[2], "1"] for r in rows])}
    )

    (change,) = compared(sealed.path, bundle, pinned).data

    assert (change.columns_out, change.columns_in) == (("group",), ("tier",))
    assert (change.rows_out, change.rows_in, change.rows_changed) == (0, 0, 0)
    shown = " ".join(text(compared(sealed.path, bundle, pinned)).split())
    assert "column group out; column tier in" in shown


def test_without_a_row_id_a_changed_row_is_one_out_and_one_in(
    sealed: BundleBuilder, pinned: Trust
) -> None:
    header, *rows = rows_of(sealed, DATA)
    rows[5][0] = rows[4][0]  # an id that stands twice is none
    bundle = variant(sealed, {DATA: as_csv(header, rows)})

    (change,) = compared(sealed.path, bundle, pinned).data

    assert (change.rows_out, change.rows_in, change.rows_changed) == (1, 1, 0)
    assert change.reason == "no row id, so a changed row is one out and one in"


def test_compares_digests_where_the_bytes_are_not_here(
    sealed: BundleBuilder, pinned: Trust
) -> None:
    def refer(evidence: Any) -> None:
        item = next(i for i in evidence["items"] if i["path"] == DATA)
        item.update(embedded=False, sha256="ab" * 32, location="s3://bank/test.csv")

    entries = [(n, c) for n, c in sealed.entries if n != DATA]
    evidence = json.loads(sealed.read("data/evidence.json"))
    refer(evidence)
    from affidavit.bundle import canonical

    changed = [
        (n, canonical.dumps(evidence) if n.endswith("evidence.json") else c) for n, c in entries
    ]
    bundle = sealed.pack(sealed.repaired(changed, "resign"))

    (change,) = compared(sealed.path, bundle, pinned).data

    assert (change.compared, change.after) == ("digests", "ab" * 32)
    assert change.reason == "version 3 holds it by reference"


def test_lists_parameters_environment_and_logged_metrics(
    sealed: BundleBuilder, pinned: Trust
) -> None:
    def metric(value: Any) -> list[dict[str, Any]]:
        return [{"key": "profit", "value": value, "step": 0, "dataset_name": "test",
                 "dataset_digest": None, "model_id": None}]  # fmt: skip

    before = variant(sealed, {
        "data/run/params.json": run_json("params", {"max_depth": "4", "seed": "7"}),
        "data/run/metrics.json": run_json("metrics", metric(0.771)),
        REQUIREMENTS: b"scikit-learn==1.9.0\nnumpy==2.4.0  # pinned\n",
    })  # fmt: skip
    after = variant(sealed, {
        "data/run/params.json": run_json("params", {"max_depth": "3", "seed": "7"}),
        "data/run/metrics.json": run_json("metrics", metric("NaN")),
        REQUIREMENTS: b"scikit_learn==1.9.1\nnumpy==2.4.0\nlightgbm\n",
    })  # fmt: skip

    found = compared(before, after, pinned)

    assert [(c.name, c.before, c.after) for c in found.params] == [("max_depth", "4", "3")]
    assert [(c.name, c.before, c.after) for c in found.environment] == [
        ("lightgbm", None, "not pinned"), ("scikit-learn", "1.9.0", "1.9.1"),
    ]  # fmt: skip
    assert [(c.name, c.before, c.after) for c in found.logged] == [
        ("profit on test", "0.771", "NaN")
    ]
    assert "max_depth 4 → 3" in text(found)


def test_lists_the_files_of_the_commit_that_differ(sealed: BundleBuilder, pinned: Trust) -> None:
    def commit(sha: str, files: dict[str, str]) -> Path:
        return variant(
            sealed, {COMMIT: commit_json(sha, {p: b * 40 for p, b in files.items()})},
            lambda e: e["provenance"].insert(0, fact("code.commit", "code", sha)),
        )  # fmt: skip

    before = commit("a" * 40, {"train.py": "1", "README.md": "2", "old.py": "3"})
    after = commit("b" * 40, {"train.py": "9", "README.md": "2", "new.py": "4"})

    code = compared(before, after, pinned).code

    assert code is not None
    assert (code.before, code.after) == ("a" * 40, "b" * 40)
    assert code.files is not None
    assert [(f.path, f.how) for f in code.files] == [
        ("new.py", "in"), ("old.py", "out"), ("train.py", "changed"),
    ]  # fmt: skip


def test_names_findings_that_appeared_and_vanished(sealed: BundleBuilder, pinned: Trust) -> None:
    def finding(kind: str, what: str) -> Any:
        return {"id": "code.dirty", "kind": kind, "stage": "resolve", "what": what,
                "expected": None, "found": None, "fix": "f", "items": []}  # fmt: skip

    before = variant(sealed, change=lambda e: e["findings"].append(finding("gap", "no commit")))
    after = variant(sealed, change=lambda e: e["findings"].append(finding("exception", "dirty")))

    found = compared(before, after, pinned).findings

    assert [(f.how, f.kind, f.what) for f in found] == [
        ("appeared", "exception", "dirty"), ("vanished", "gap", "no commit"),
    ]  # fmt: skip


# ---- numbers: side by side on the same rows only


def test_sets_numbers_side_by_side_on_the_same_rows(tmp_path: Path) -> None:
    """Three decisions of the same applications turned: both values, and how many."""
    first = BundleBuilder(tmp_path / "a")
    second = turned(first, 3)

    found = compared(first.path, second, trust(first))

    (rows,) = found.rows
    assert (rows.same, rows.decisions_changed, rows.rows_after) == (True, 3, 400)
    accuracy = next(n for n in found.numbers if n.id == "performance/evaluation/accuracy")
    assert accuracy.comparable
    assert accuracy.before != accuracy.after
    shown = text(found)
    assert "the same 400 rows; 3 decisions changed" in shown
    assert "overlap" not in shown


def test_other_rows_are_different_data_and_not_comparable(tmp_path: Path) -> None:
    first = BundleBuilder(tmp_path / "a")
    second = turned(first, 3, renamed=True)

    found = compared(first.path, second, trust(first))

    (rows,) = found.rows
    assert (rows.same, rows.decisions_changed) == (False, None)
    assert not any(n.comparable for n in found.numbers)
    shown = text(found)
    assert "different data, not comparable (other rows)" in shown
    accuracy = shown[shown.index("accuracy") :].splitlines()
    assert "before 0." in accuracy[0]
    assert "after  0." in accuracy[1]
    assert "→ 0." not in shown[: shown.index("common rows")]


def trust(builder: BundleBuilder) -> Trust:
    from tests.support.pinned import trust_in

    return trust_in(builder)


def turned(builder: BundleBuilder, count: int, *, renamed: bool = False) -> Path:
    """The bundle with `count` decisions turned and everything that follows recomputed."""
    from tests.support.payloads import report_items

    from affidavit.workspace import Workspace

    header, *rows = rows_of(builder, PREDICTIONS)
    for row in rows[:count]:
        row[3] = "no" if row[3] == "yes" else "yes"
        row[2] = "0.9" if row[3] == "yes" else "0.1"
    if renamed:
        rows[0][0] = "row-new"
    work = Workspace(root=builder.folder / f"turned-{count}-{renamed}")
    groups = {r[0]: r[1] for r in rows_of(builder, DATA)[1:]}
    items = report_items(work, [[r[0], groups.get(r[0], "a"), r[1], r[2], r[3]] for r in rows])
    files = {i.path: work.locate(i).read_bytes() for i in items}
    return variant(builder, {PREDICTIONS: as_csv(header, rows), **files})


def test_names_the_first_file_where_two_builds_part(sealed: BundleBuilder, pinned: Trust) -> None:
    """design.md, Deterministic: where two builds differ, diff names the first item that does."""
    bundle = sealed.replace("data/card/model-card.md", b"# Another day\n", "resign")

    found = compared(sealed.path, bundle, pinned)

    assert found.same_evidence
    assert [i.path for i in found.items] == ["data/card/model-card.md", "data/items.json"]
    assert "the first is data/card/model-card.md" in text(found).replace("\n" + " " * 15, " ")


# ---- what is not verified


def test_heads_an_unverified_bundle(sealed: BundleBuilder) -> None:
    changed = sealed.replace("data/card/model-card.md", b"# Better\n", "checksums")
    arguments = ["diff", str(sealed.path), str(changed), "--key", str(sealed.public_key)]

    result = CliRunner().invoke(cli, arguments)

    lines = result.output.splitlines()
    assert result.exit_code == 1
    assert lines[0] == f"{changed.name}:"
    assert lines[1].startswith("NOT VERIFIED  the tag manifest is not the one that was sealed")


def test_refuses_to_compare_bytes_that_are_not_the_signed_ones(
    sealed: BundleBuilder, pinned: Trust
) -> None:
    changed = sealed.flip_bit(PREDICTIONS, byte=40)
    assert verify_bundle(changed, trust=pinned).exit_code == 1

    with pytest.raises(BundleError, match=r"predictions/evaluation\.csv is not the file"):
        diff_bundles(sealed.path, changed, trust=pinned)


def test_calls_neither_side_verified_that_is_not(
    sealed: BundleBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flipped bit in a file that diff does not read; then a bundle too large to be verified."""

    def run(before: Path, after: Path) -> tuple[int, str, str]:
        arguments = ["diff", str(before), str(after), "--json", "--key", str(sealed.public_key)]
        result = CliRunner().invoke(cli, arguments)
        value = json.loads(result.stdout)
        return result.exit_code, value["before"]["verdict"], value["after"]["verdict"]

    changed = sealed.flip_bit("data/model/model.pkl")

    assert run(sealed.path, sealed.path) == (0, "VERIFIED", "VERIFIED")
    assert run(sealed.path, changed) == (1, "VERIFIED", "NOT VERIFIED")
    monkeypatch.setattr(reading_module, "WHOLE_BELOW_BYTES", 0)
    assert run(sealed.path, changed) == (0, "SEAL HOLDS", "SEAL HOLDS")


def test_a_line_of_requirements_costs_no_more_than_its_length() -> None:
    started = time.process_time()

    assert _PIN.match("a" + " " * 200_000 + "b") is None
    assert _PIN.match("a [x, y]  ==  1.0 ; extra")[2] == "1.0"
    assert _PIN.match("scikit-learn==1.9.1").groups() == ("scikit-learn", "1.9.1")
    assert time.process_time() - started < 1


def test_prints_everything_as_json(sealed: BundleBuilder) -> None:
    result = CliRunner().invoke(
        cli, ["diff", str(sealed.path), str(sealed.path), "--json", "--key", str(sealed.public_key)]
    )

    value = json.loads(result.output)
    assert (result.exit_code, value["schema"]) == (0, "affidavit/difference")
    assert value["before"]["verdict"] == "VERIFIED"
