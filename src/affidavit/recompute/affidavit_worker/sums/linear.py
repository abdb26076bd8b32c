"""Linear models of scikit-learn: a coefficient for each column."""

from __future__ import annotations

from typing import Any

import numpy as np

from .forms import LOG_ODDS, SCORE, Form, Linear, Wanted, as_doubles
from .refusing import NotExact

_LOGISTIC = ("LogisticRegression", "LogisticRegressionCV", "LinearDiscriminantAnalysis")
_OTHER_LINK = ("GammaRegressor", "PoissonRegressor", "TweedieRegressor")
_SEVERAL = "of several classes' probabilities, none is a sum on its log-odds"


def read_linear(model: Any, wanted: Wanted) -> Form:
    """A model with `coef_`.

    Raises:
        NotExact: its answer is no sum over the columns.
    """
    kind = type(model).__name__
    if kind in _OTHER_LINK:
        raise NotExact(f"{kind} answers with a power of its sum")
    table = np.atleast_2d(as_doubles(model.coef_))
    if wanted.is_probability:
        return _form(_logistic(model, table, wanted) * wanted.sign, LOG_ODDS)
    if wanted.width > 2:
        if len(table) != wanted.width:
            raise NotExact(f"{kind} has {len(table)} rows of coefficients")
        return _form(table[wanted.place], SCORE)
    if len(table) != 1:
        raise NotExact(f"{kind} has {len(table)} rows of coefficients")
    return _form(table[0] * wanted.sign, SCORE)


def _logistic(model: Any, table: Any, wanted: Wanted) -> Any:
    kind = type(model).__name__
    if wanted.width > 2:
        raise NotExact(_SEVERAL)
    is_logistic = kind in _LOGISTIC or getattr(model, "loss", "") in ("log_loss", "log")
    if not is_logistic or len(table) != 1:
        raise NotExact(f"the probabilities of {kind} are not those of a logistic regression")
    # Before scikit-learn 1.8: two margins, m and -m.
    is_softmax = getattr(model, "multi_class", "") == "multinomial"
    return table[0] * (2.0 if is_softmax else 1.0)


def _form(weights: Any, scale: str) -> Form:
    return Form(Linear(weights), scale, as_doubles)
