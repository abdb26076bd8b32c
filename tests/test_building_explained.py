"""Bundles that explain their model: built, verified, and each kind of task in its own way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from tests.recompute.case import Case, save_sklearn
from tests.support.small_world import (
    BINARY,
    EXPLAIN,
    INPUTS,
    SmallBundle,
    applicants,
    build_small,
    fill_binary,
)

from affidavit.explanation_record import Decisions, Explainability


def whole(bundle: SmallBundle) -> Explainability:
    return Explainability.model_validate_json(bundle.files["data/reports/explainability.json"])


def single(bundle: SmallBundle) -> Decisions:
    return Decisions.model_validate_json(bundle.files["data/reports/decisions.json"])


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> SmallBundle:
    """A linear model that sees sex, which is protected, beside its three ratios."""
    folder = tmp_path_factory.mktemp("explained")
    columns = [*INPUTS, "is_f"]
    known, table = (
        t.assign(is_f=(t["sex"] == "f").astype(int)) for t in (applicants(seed=7), applicants(200))
    )
    known = known.assign(deny=np.where(known["is_f"] == 1, "yes", known["deny"]))
    config = BINARY.replace('[sensitive.sex]\ncolumn = "sex"', '[sensitive.sex]\ncolumn = "is_f"')
    config = config.replace('reference = "m"', 'reference = "0"') + EXPLAIN
    return build_small(folder, config, fill_binary(folder, table, training=known, inputs=columns))


def test_a_model_that_sees_who_people_are_is_explained_and_verified(binary: SmallBundle) -> None:
    verdict = binary.verdict()

    assert verdict.exit_code == 0, [c for c in verdict.checks if c.status == "failed"]
    ran = {c.id for c in verdict.checks if c.status == "passed"}
    assert {"attribution", "explained-decision", "reasons", "counterfactual"} <= ran
    report = whole(binary)
    assert report.quality is not None
    assert (report.quality.method, report.scale) == ("linear", "log-odds")
    assert report.lacking == ()
    assert {p.feature for p in report.proxies if p.attribute == "sex" and p.stands_out} >= {"is_f"}


def test_where_it_moves_a_decision_no_reasons_are_given_and_page_one_says_so(
    binary: SmallBundle,
) -> None:
    adverse = [d for d in single(binary).decisions if d.is_adverse]
    protected = [d for d in adverse if d.reasons.status == "protected"]

    assert protected
    assert all(d.reasons.reasons == () and d.reasons.protected for d in protected)
    assert "explain.protected-reason" in binary.findings
    assert "protected attribute" in binary.page_one
    assert not any(
        c.column == "is_f" for d in adverse for f in d.counterfactuals for c in f.changes
    )


@pytest.mark.slow
def test_a_budget_lowers_the_samples_and_says_so_and_one_too_small_leaves_the_whole_out(
    tmp_path: Path,
) -> None:
    known, table = applicants(seed=7), applicants(150)
    model = HistGradientBoostingClassifier(max_iter=30).fit(known[INPUTS], known["deny"])
    save_sklearn(model, tmp_path / "model", known[INPUTS])

    def fill(case: Case) -> Case:
        return case.model(tmp_path / "model").dataset("evaluation", table)

    config = BINARY.replace(
        '[datasets.training]\npath = "training.csv"\ninclude = "reference"\n', ""
    ) + EXPLAIN.replace(
        "[explain]\nbackground = 20\n",
        '[explain]\nbudget = "1s"\nmethod = "sampled"\nsamples = 5000\nbackground = 300\n',
    )
    bundle = build_small(tmp_path, config, fill)

    assert bundle.verdict().exit_code == 0
    assert "not reproducible" in bundle.findings["explain.budget"]["what"]
    report, found = whole(bundle), single(bundle)
    assert found.quality is not None
    assert found.quality.by_budget
    assert found.quality.samples < 5000
    assert report.curves or any("budget is 1s" in one.reason for one in report.lacking)
