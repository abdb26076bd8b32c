"""The names that training code gives to metrics and datasets, and ours for them."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Documented in docs/metrics.md, "Names in logs"; a test compares the two.
ALIASES: dict[str, tuple[str, ...]] = {
    "accuracy": ("acc", "accuracy_score", "score"),
    "balanced_accuracy": ("balanced_accuracy_score",),
    "roc_auc": ("auc", "roc_auc_score", "auroc", "auc_roc", "rocauc"),
    "gini": ("gini_coefficient",),
    "ks": ("ks_statistic", "ks_score"),
    "average_precision": ("average_precision_score", "pr_auc", "auprc", "auc_pr", "ap"),
    "brier_score": ("brier", "brier_score_loss", "brier_loss"),
    "log_loss": ("logloss", "binary_logloss", "cross_entropy", "multi_logloss", "mlogloss"),
    "f1": ("f1_score", "fscore"),
    "f1_macro": ("macro_f1", "f1_score_macro"),
    "f1_micro": ("micro_f1", "f1_score_micro"),
    "f1_weighted": ("weighted_f1", "f1_score_weighted"),
    "matthews_correlation": ("mcc", "matthews_corrcoef"),
    "precision": ("precision_score", "ppv"),
    "true_positive_rate": ("recall", "recall_score", "sensitivity", "tpr"),
    "false_positive_rate": ("fpr", "fall_out"),
    "false_negative_rate": ("fnr", "miss_rate"),
    "true_negative_rate": ("specificity", "tnr"),
    "selection_rate": ("positive_rate",),
    "prevalence": ("base_rate",),
    "true_positives": ("tp",),
    "false_positives": ("fp",),
    "false_negatives": ("fn",),
    "true_negatives": ("tn",),
    "count": ("example_count", "n_rows"),
    "mae": ("mean_absolute_error",),
    "mse": ("mean_squared_error",),
    "rmse": ("root_mean_squared_error",),
    "r2": ("r2_score",),
    "bias": ("mean_error",),
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
    """

    metric: str | None
    roles: tuple[str, ...]


def is_training_role(role: str) -> bool:
    """Whether a dataset role holds rows the model has learnt from: `training`, `train_2025`."""
    return role.lower().startswith("train")


def normal(key: str) -> str:
    """Lower case, words joined by one underscore."""
    return re.sub(r"[^a-z0-9]+", "_", key.lower()).strip("_")


def canonical_metric(name: str) -> str:
    """Our name for a metric, or the name itself."""
    return _OURS.get(normal(name), name)


def read_key(key: str) -> Key:
    """`val_accuracy`, `accuracy_score`, `test/auc`: metric and rows."""
    text = normal(key)
    if text in _OURS:
        return Key(_OURS[text], ())
    first, _, rest = text.partition("_")
    if first in _WORDS and rest:
        return Key(_OURS.get(rest), _WORDS[first])
    start, _, last = text.rpartition("_")
    if last in _WORDS and start:
        return Key(_OURS.get(start), _WORDS[last])
    return Key(None, ())
