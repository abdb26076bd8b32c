"""Losses equal scikit-learn's, and their parts have the known standard errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss, mean_squared_error, roc_auc_score
from tests.support.explained import explained_of

from affidavit.explanation_record import Lacking
from affidavit.recompute.delong import compute_auc
from affidavit.recompute.explain.explained import Explained
from affidavit.recompute.explain.overall import losses
from affidavit.recompute.explain.overall.losses import Loss, loss_of

N = 400
DRAWS = np.random.RandomState(5)
X = DRAWS.normal(size=N)
IS_YES = DRAWS.uniform(size=N) < 1 / (1 + np.exp(-X))
OTHER = DRAWS.uniform(0.01, 0.99, size=N)


def logistic(columns: Any) -> Any:
    return 1 / (1 + np.exp(-columns["x"]))


def made(model: Any = logistic, **more: Any) -> Explained:
    return explained_of(
        {"x": X}, model, **{"labels": ["yes" if y else "no" for y in IS_YES], **more}
    )


def known(explained: Explained) -> Loss:
    loss = loss_of(explained)
    assert isinstance(loss, Loss)
    return loss


def test_log_loss_where_scores_are_probabilities() -> None:
    loss = known(made())

    assert loss.metric == "log loss"
    assert loss.of(OTHER).value == pytest.approx(log_loss(IS_YES, OTHER), rel=1e-12)


def test_area_where_scores_are_not_probabilities() -> None:
    loss = known(made(lambda c: 3 * c["x"]))
    tied = np.round(OTHER, 1)

    found = loss.of(tied)

    assert loss.metric == "1 - AUC"
    assert found.value == pytest.approx(1 - roc_auc_score(IS_YES, tied), rel=1e-12)
    auc = compute_auc(IS_YES, tied)
    assert auc is not None
    error = np.sqrt((found.contributions**2).sum()) / N
    assert error == pytest.approx(auc.standard_error, rel=0.01)  # n - 1 in its denominators


def test_area_where_scores_are_decisions() -> None:
    assert known(made(lambda c: (c["x"] > 0) * 1.0)).metric == "1 - AUC"


def test_squared_error_of_a_regression() -> None:
    loss = known(made(labels=[str(v) for v in X], task="regression"))

    assert loss.metric == "mean squared error"
    assert loss.of(OTHER).value == pytest.approx(mean_squared_error(X, OTHER), rel=1e-12)


def test_leaves_out_rows_without_a_label() -> None:
    loss = known(made(labels=[None if i % 4 else "yes" for i in range(N)]))

    assert loss.places.tolist() == list(range(0, N, 4))


def test_says_when_there_is_nothing_to_compare_with() -> None:
    nobody = loss_of(made(labels=[None] * N))
    alike = loss_of(made(lambda c: 3 * c["x"], labels=["yes"] * N))

    assert isinstance(nobody, Lacking)
    assert nobody.reason == "no row has a label"
    assert isinstance(alike, Lacking)
    assert "do not hold both 'yes' and another label" in alike.reason


def test_draws_from_more_rows_than_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "MOST_ROWS", 50)

    places = known(made(labels=["yes" if i % 4 else None for i in range(N)])).places

    assert len(set(places.tolist())) == 50
    assert (places % 4 > 0).all()
    assert (np.diff(places) > 0).all()
    assert places.max() > N / 2
