"""A recheck of whole bundles: equal where nobody lied, different where a signer did, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.recompute.case import save_sklearn
from tests.support.bundles import BundleBuilder
from tests.support.dishonest import (
    attribute_omitted,
    build_dishonest,
    finding_omitted,
    model_exchanged,
    number_changed,
)
from tests.support.small_world import (
    BINARY,
    INPUTS,
    SmallBundle,
    applicants,
    build_small,
    fill_binary,
    several_classes,
)

from affidavit.progress import Silent
from affidavit.reproduce import Recheck, Rechecked, Request, SampleTaken, recheck
from affidavit.scan_record import SCAN
from affidavit.verify import read_keys

# The sex of the applicants stands in a protected table, which never travels.
APART = BINARY.replace(
    '[sensitive.sex]\ncolumn = "sex"\n',
    '[sensitive.sex]\ncolumn = "sex"\ntable = "protected.csv"\njoin_on = "id"\n',
) + """\
[[hold]]
metric = "selection_rate_ratio"
group = { sex = "f" }
min = 0.99
set_by = "validation"
set_on = "2026-01-01"
[[hold]]
metric = "roc_auc"
min = 0.99
set_by = "validation"
set_on = "2026-01-01"
"""  # fmt: skip
AUC = "performance/evaluation/roc_auc"
BRIER = "performance/evaluation/brier_score"


def protected_table() -> pd.DataFrame:
    known = applicants(seed=7)
    both = pd.concat([applicants(), known.assign(id="t" + known["id"].str[1:])])
    return both[["id", "sex"]]


def fill_apart(folder: Path) -> Any:
    fill = fill_binary(folder, applicants().drop(columns="sex"))
    return lambda case: fill(case).protected("protected.csv", protected_table())


def again(bundle: SmallBundle, *data: Path, **more: Any) -> Rechecked:
    trust = more.pop("trust", read_keys((bundle.public_key,)))
    return recheck(Request(bundle=bundle.path, trust=trust, data=data, **more), Silent())


def result_of(bundle: SmallBundle, *data: Path, **more: Any) -> Recheck:
    done = again(bundle, *data, **more)
    assert done.result is not None, done.verdict.checks
    return done.result


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> SmallBundle:
    folder = tmp_path_factory.mktemp("honest")
    config = APART.replace('include = "reference"', 'include = "embed"')
    return build_small(folder, config, fill_apart(folder))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the protected table, under a name that nobody expects."""
    folder = tmp_path_factory.mktemp("tables")
    (folder / "deep").mkdir()
    protected_table().to_csv(folder / "deep" / "export-of-today.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def exchanged(tmp_path_factory: pytest.TempPathFactory) -> SmallBundle:
    """Its numbers are those of a model that never travelled."""
    from sklearn.linear_model import LogisticRegression

    folder = tmp_path_factory.mktemp("exchanged")
    known = applicants(seed=3)
    better = LogisticRegression(C=0.001).fit(known[INPUTS], known["deny"] == "yes")
    better.classes_ = np.array(["no", "yes"])
    save_sklearn(better, folder / "other", known[INPUTS].head(3))
    lie = model_exchanged(folder / "other")
    return build_dishonest(folder, BINARY, fill_binary(folder, applicants()), lie)


def test_an_honest_bundle_is_equal_in_every_number_given_the_protected_table(
    honest: SmallBundle, tables: Path
) -> None:
    result = result_of(honest, tables)

    assert (result.outcome, result.exit_code, result.first) == ("EQUAL", 0, None)
    stated = {p for p in honest.files if p.startswith("data/reports/") and p.endswith(".json")}
    assert stated <= {c.path for c in result.compared}
    stated.remove(SCAN)  # a list of imports holds no numbers
    assert result.numbers.equal == sum(len(honest.report(Path(p).stem).numbers) for p in stated)
    assert result.numbers.compared == result.numbers.equal
    assert (result.differences, result.not_run, result.overridden) == ((), (), ())
    assert result.environment is not None
    assert result.environment.how == "own"


def test_without_the_protected_table_its_numbers_are_not_run_and_the_others_are_equal(
    honest: SmallBundle,
) -> None:
    result = result_of(honest)

    assert (result.outcome, result.exit_code) == ("EQUAL AS FAR AS RUN", 4)
    assert [n.what for n in result.not_run] == ["numbers by sex"]
    assert "no --data was given" in result.not_run[0].why
    assert result.numbers.wrong == result.others.wrong == 0
    by_sex = [n for n in honest.numbers("fairness").values() if "sex" in str(n.group)]
    assert result.numbers.not_run >= len(by_sex) > 0
    by_age = [n for n in honest.numbers("fairness").values() if n.attributes == ("age",)]
    lines = {c.path: c for c in result.compared}
    assert lines["data/reports/fairness.json"].numbers.equal >= len(by_age) > 0
    assert lines["data/reports/performance.json"].numbers.not_run == 0


@pytest.mark.slow
def test_a_file_of_the_right_name_and_other_bytes_is_named(
    honest: SmallBundle, tmp_path: Path
) -> None:
    (tmp_path / "protected.csv").write_bytes(b"id,sex\na00000,f\n")

    (one,) = result_of(honest, tmp_path).not_run

    assert f"{tmp_path / 'protected.csv'} has other bytes: expected sha256 " in one.why
    assert ", found " in one.why


def test_a_number_that_was_changed_before_the_seal_is_different_by_name(
    tmp_path: Path,
) -> None:
    lie = number_changed(BRIER, 0.999)
    forged = build_dishonest(tmp_path, BINARY, fill_binary(tmp_path, applicants()), lie)

    assert forged.verdict().failed == ()  # arithmetic cannot find it
    result = result_of(forged)

    assert (result.outcome, result.exit_code) == ("DIFFERENT", 1)
    assert result.first == "data/reports/performance.json"
    (told,) = result.differences
    stated = forged.numbers("performance")[BRIER].value
    assert (told.what, told.field, told.signed) == (BRIER, "value", repr(stated))
    assert told.recomputed is not None
    assert float(told.recomputed) == pytest.approx(stated / 0.999)
    assert result.numbers.wrong == 1


def test_numbers_of_another_model_are_different_down_to_the_count_and_the_row(
    exchanged: SmallBundle,
) -> None:
    assert exchanged.verdict().failed == ()
    result = result_of(exchanged)

    assert (result.outcome, result.exit_code) == ("DIFFERENT", 1)
    wrong = {c.path for c in result.compared if c.status == "different"}
    assert {
        "data/predictions/evaluation.csv", "data/predictions/evaluation.parquet",
        "data/reports/counts/evaluation.csv", "data/reports/performance.json",
        "data/reports/fairness.json", "data/reports/thresholds/evaluation.csv",
    } <= wrong  # fmt: skip
    assert AUC in {d.what for d in result.differences}
    assert any(d.what.startswith("row ") and d.field == "score" for d in result.differences)


def test_a_sensitive_attribute_that_was_left_out_is_different(tmp_path: Path) -> None:
    lie = attribute_omitted("sex")
    forged = build_dishonest(tmp_path, BINARY, fill_binary(tmp_path, applicants()), lie)

    assert forged.verdict().failed == ()
    result = result_of(forged)

    assert result.outcome == "DIFFERENT"
    extra = {d.what for d in result.differences if d.status == "extra"}
    assert "fairness/evaluation/selection_rate/sex=f" in extra
    gone = {d.what for d in result.differences if d.status == "missing"}
    assert "finding recompute.sensitive.sex.evaluation" in gone


@pytest.mark.slow
def test_a_finding_that_was_left_out_is_different(tmp_path: Path) -> None:
    rows = applicants()
    twice = rows.head(60).assign(id="b" + rows["id"].str[1:])
    rows = pd.concat([rows, twice])
    name = "recompute.duplicates.evaluation"
    lie = finding_omitted(name)
    forged = build_dishonest(tmp_path, BINARY, fill_binary(tmp_path, rows), lie)

    assert forged.verdict().failed == ()
    result = result_of(forged)

    assert (result.outcome, result.first) == ("DIFFERENT", "data/evidence.json")
    assert [(d.what, d.status) for d in result.differences] == [(f"finding {name}", "extra")]


def test_a_sample_of_an_honest_bundle_is_equal_and_needs_no_protected_table(
    honest: SmallBundle,
) -> None:
    result = result_of(honest, sample=SampleTaken(rows=40, seed=5))

    assert (result.outcome, result.exit_code) == ("SAMPLE EQUAL", 0)
    assert result.others.equal == 80  # of two roles
    assert result.numbers.compared == 0
    assert {c.kind for c in result.compared} == {"predictions"}


@pytest.mark.slow
def test_a_sample_finds_the_other_model(exchanged: SmallBundle) -> None:
    result = result_of(exchanged, sample=SampleTaken(rows=40, seed=5))

    assert (result.outcome, result.exit_code) == ("SAMPLE DIFFERENT", 1)
    assert result.others.wrong == 40
    assert [n.why for n in result.not_run] == ["its predictions are not in the bundle"]


def test_a_tampered_bundle_has_verifys_own_answer_and_nothing_is_run(sealed: BundleBuilder) -> None:
    tampered = sealed.flip_bit("data/model/MLmodel")

    done = recheck(
        Request(bundle=tampered, trust=read_keys((sealed.public_key,)), run_untrusted=True),
        Silent(),
    )

    assert (done.verdict.word, done.verdict.exit_code) == ("NOT VERIFIED", 1)
    assert done.result is None


def test_a_seal_of_another_key_is_refuted_and_nothing_is_run(
    honest: SmallBundle, sealed: BundleBuilder
) -> None:
    done = again(honest, trust=read_keys((sealed.public_key,)), run_untrusted=True)

    assert (done.verdict.exit_code, done.result) == (1, None)


def test_a_model_of_several_classes_is_equal(tmp_path: Path) -> None:
    config = BINARY.replace('task = "binary"', 'task = "multiclass"').replace(
        'positive = "yes"\nfavourable = "no"', 'favourable = "low"'
    ).replace("[decision]\nthreshold = 0.5\n", "")  # fmt: skip
    bundle, _, _ = several_classes(tmp_path, config)
    result = result_of(bundle)

    assert (result.outcome, result.exit_code) == ("EQUAL", 0)
    assert result.numbers.equal > 50
