"""The names that training code gives to metrics and datasets, and ours for them."""

from __future__ import annotations

import re
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
    "recall_macro": ("macro_recall", "recall_score_macro"),
    "precision": ("precision_score", "ppv"),
    "true_positive_rate": ("recall", "recall_score", "sensitivity", "tpr"),
    "false_positive_rate": ("fpr", "fall_out"),
    "false_negative_rate": ("fnr", "miss_rate"),
    "true_negative_rate": ("specificity", "tnr"),
    "selection_rate": ("positive_rate",),
    "selection_rate_ratio": ("adverse_impact_ratio",),
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


def class_names(metric: str, label: str) -> tuple[str, ...]:
    """The keys that mean a metric of one class against the rest: `recall_setosa`, `f1_class_2`."""
    of = normal(label)
    names = (metric, *ALIASES.get(metric, ()))
    return tuple(key for m in names for key in (f"{m}_{of}", f"{of}_{m}", f"{m}_class_{of}"))


def canonical_metric(name: str) -> str:
    """Our name for a metric, or the name itself."""
    return _OURS.get(normal(name), name)


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
