"""The names that training code gives to metrics and datasets, and ours for them."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

# Documented in docs/metrics.md, "Names in logs"; a test compares the two.
ALIASES: dict[str, tuple[str, ...]] = {
    "accuracy": ("acc", "accuracy_score", "score"),
    "balanced_accuracy": ("balanced_accuracy_score",),
    "roc_auc": ("auc", "roc_auc_score", "auroc", "auc_roc", "rocauc"),
    "roc_auc_macro": (
        "roc_auc_ovr",
        "macro_roc_auc",
        "auc_ovr",
        "roc_auc_ovr_macro",
        "roc_auc_score_macro",
    ),
    "gini": ("gini_coefficient",),
    "ks": ("ks_statistic", "ks_score"),
    "average_precision": ("average_precision_score", "pr_auc", "auprc", "auc_pr", "ap"),
    "pr_curve_area": ("precision_recall_auc", "pr_curve_auc"),
    "expected_calibration_error": ("ece", "calibration_error"),
    "calibration_gap": ("calibration_in_the_large", "mean_calibration_error"),
    "calibration_slope": ("cal_slope", "recalibration_slope"),
    "calibration_intercept": ("cal_intercept", "recalibration_intercept"),
    "brier_score": ("brier", "brier_score_loss", "brier_loss"),
    "log_loss": ("logloss", "binary_logloss", "cross_entropy", "multi_logloss", "mlogloss"),
    "f1": ("f1_score", "fscore"),
    "f1_macro": ("macro_f1", "f1_score_macro"),
    "f1_micro": ("micro_f1", "f1_score_micro"),
    "f1_weighted": ("weighted_f1", "f1_score_weighted"),
    "matthews_correlation": ("mcc", "matthews_corrcoef"),
    "precision_macro": ("macro_precision", "precision_score_macro"),
    "precision_micro": ("micro_precision", "precision_score_micro"),
    "precision_weighted": ("weighted_precision", "precision_score_weighted"),
    "recall_macro": ("macro_recall", "recall_score_macro"),
    "recall_micro": ("micro_recall", "recall_score_micro"),
    "recall_weighted": ("weighted_recall", "recall_score_weighted"),
    "precision": ("precision_score", "ppv"),
    "true_positive_rate": ("recall", "recall_score", "sensitivity", "tpr"),
    "false_positive_rate": ("fpr", "fall_out"),
    "false_negative_rate": ("fnr", "miss_rate"),
    "true_negative_rate": ("specificity", "tnr"),
    "selection_rate": ("positive_rate",),
    "selection_rate_difference": ("statistical_parity_difference", "spd"),
    "selection_rate_ratio": (
        "adverse_impact_ratio",
        "air",
        "disparate_impact",
        "disparate_impact_ratio",
        "impact_ratio",
    ),
    "demographic_parity_difference": (
        "demographic_parity",
        "demographic_parity_diff",
        "dp_difference",
        "dp_diff",
        "dpd",
    ),
    "demographic_parity_ratio": ("dp_ratio", "dpr"),
    "equal_opportunity_difference": ("equal_opportunity", "equal_opportunity_diff"),
    "equal_opportunity_ratio": (),
    "equalized_odds_difference": (
        "equalised_odds_difference",
        "equalized_odds",
        "equalised_odds",
        "equalized_odds_diff",
    ),
    "equalized_odds_ratio": ("equalised_odds_ratio",),
    "prevalence": ("base_rate",),
    "true_positives": ("tp",),
    "false_positives": ("fp",),
    "false_negatives": ("fn",),
    "true_negatives": ("tn",),
    "count": ("example_count", "n_rows"),
    "mae": ("mean_absolute_error", "mean_abs_error"),
    "mse": ("mean_squared_error", "mean_square_error"),
    "rmse": ("root_mean_squared_error", "root_mean_square_error", "rmsd"),
    "r2": ("r2_score", "r_squared", "coefficient_of_determination"),
    "bias": ("mean_error", "mean_bias_error"),
    "error_quantile_05": ("error_p05", "error_p5"),
    "error_quantile_25": ("error_p25",),
    "error_quantile_50": ("median_error", "error_p50"),
    "error_quantile_75": ("error_p75",),
    "error_quantile_95": ("error_p95",),
}
# Short names that two libraries use for two things; documented there too.
AMBIGUOUS: dict[str, tuple[str, ...]] = {
    "eod": ("equalized_odds_difference", "equal_opportunity_difference"),
    "eo_difference": ("equalized_odds_difference", "equal_opportunity_difference"),
    "eo_diff": ("equalized_odds_difference", "equal_opportunity_difference"),
    "eor": ("equalized_odds_ratio", "equal_opportunity_ratio"),
    "eo_ratio": ("equalized_odds_ratio", "equal_opportunity_ratio"),
}
# fairlearn calls the largest minus the smallest rate a difference too, without a reference group.
SUMMARY_TOO: dict[str, str] = {
    "selection_rate_difference": "demographic_parity_difference",
    "selection_rate_ratio": "demographic_parity_ratio",
    "true_positive_rate_difference": "equal_opportunity_difference",
    "true_positive_rate_ratio": "equal_opportunity_ratio",
}
_ENDINGS = {"_difference": "_difference", "_diff": "_difference", "_ratio": "_ratio"}
_OURS = {alias: metric for metric, names in ALIASES.items() for alias in (metric, *names)}
# The word in a key, and the role names that it may stand for. The second half are the rows that
# training kept for itself: where no role has them, nothing can be said.
_WORDS: dict[str, tuple[str, ...]] = {
    "train": ("training", "train"), "training": ("training", "train"),
    "test": ("evaluation", "test", "holdout"), "eval": ("evaluation", "test", "holdout"),
    "evaluation": ("evaluation", "test", "holdout"), "holdout": ("evaluation", "holdout", "test"),
    "val": ("validation", "val", "valid"), "valid": ("validation", "val", "valid"),
    "validation": ("validation", "val", "valid"), "dev": ("validation", "val", "valid", "dev"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Key:
    """A logged key taken apart.

    Attributes:
        metric: our name for it, None where there is none.
        roles: role names that the key speaks of, empty where it speaks of none.
        name: the key without the word for the rows, normal.
    """

    metric: str | None
    roles: tuple[str, ...]
    name: str = ""


def is_training_role(role: str) -> bool:
    """Whether a dataset role holds rows the model has learnt from: `training`, `train_2025`."""
    return role.lower().startswith("train")


def normal(key: str) -> str:
    """Lower case, words joined by one underscore."""
    return re.sub(r"[^a-z0-9]+", "_", key.lower()).strip("_")


def canonical_metric(name: str) -> str:
    """Our name for a metric, or the name itself."""
    return _OURS.get(normal(name), name)


def metric_of(name: str, known: Container[str]) -> str | None:
    """Our name for a metric, `tpr_diff` among them; None where it names none.

    Args:
        name: normal.
        known: the metrics that there are.
    """
    if name in known or name in _OURS:
        return _OURS.get(name, name)
    for ending, ours in _ENDINGS.items():
        base = _OURS.get(name.removesuffix(ending)) if name.endswith(ending) else None
        if base is not None and base + ours in known:
            return base + ours
    return None


def read_key(key: str) -> Key:
    """`val_accuracy`, `accuracy_score`, `test/auc`: metric and rows."""
    text = normal(key)
    if text in _OURS:
        return Key(_OURS[text], (), text)
    first, _, rest = text.partition("_")
    if first in _WORDS and rest:
        return Key(_OURS.get(rest), _WORDS[first], rest)
    start, _, last = text.rpartition("_")
    if last in _WORDS and start:
        return Key(_OURS.get(start), _WORDS[last], start)
    return Key(None, (), text)
