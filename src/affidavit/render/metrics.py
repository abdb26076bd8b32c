"""What a metric is called, what it means in one sentence, and how it is written.

Names are scikit-learn's and fairlearn's. In performance the event is the label whose probability
is the score; in fairness it is the label that is good for the person. A name that is not here is
printed as it stands: a number is never left out because we have no words for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

Style = Literal["percent", "points", "plain", "count", "tally"]

ORDER: Final = (
    "roc_auc", "roc_auc_score", "roc_auc_macro", "gini", "ks", "average_precision",
    "pr_curve_area", "brier_score", "brier_score_loss", "log_loss", "calibration_gap",
    "expected_calibration_error", "calibration_slope", "calibration_intercept", "prevalence",
    "selection_rate", "accuracy", "balanced_accuracy", "precision", "recall", "f1", "f1_macro",
    "f1_micro", "f1_weighted", "precision_macro", "recall_macro", "matthews_correlation",
    "true_positive_rate", "false_negative_rate", "false_positive_rate", "true_negative_rate",
    "true_positives", "false_negatives", "false_positives", "true_negatives",
    "mae", "rmse", "mse", "r2", "bias", "error_quantile_05", "error_quantile_25",
    "error_quantile_50", "error_quantile_75", "error_quantile_95", "mean_score",
    "standardized_mean", "mean_prediction", "mean_target",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A metric's title, its definition, and the style of its values."""

    title: str
    definition: str
    style: Style = "plain"


# name | title | definition; {event} is the label that counts, {, event} the same after a comma,
# or nothing where no label was named.
NO_EVENT: Final = "the event"
_SCORES: Final = """
roc_auc | AUC | the chance that a case labelled {event} scores above another; 0.5 is chance
gini | Gini | twice the AUC less one; 0 is chance
ks | Kolmogorov-Smirnov | widest gap between the score distributions of the two labels
average_precision | Average precision | precision averaged over the thresholds by gain in recall
pr_curve_area | Area under precision and recall | by straight lines from recall 0; it is not the \
average precision
brier_score | Brier score | mean squared distance between score and label; 0 is best
brier_score_loss | Brier score | mean squared distance between score and label; 0 is best
log_loss | Log loss | mean negative log-likelihood of the labels under the scores; 0 is best
f1 | F1{, event} | harmonic mean of precision and recall for {event}
f1_macro | F1, macro | F1 of each class, averaged
f1_micro | F1, micro | over all rows; with one label a row it is the accuracy
precision_macro | Precision, macro | precision of each class that was decided, averaged
recall_macro | Recall, macro | recall of each class that occurs, averaged
roc_auc_macro | AUC, macro | AUC of each class against the rest, averaged; 0.5 is chance
calibration_gap | Calibration gap | mean score minus the share labelled {event}; above 0, scores \
are too high
expected_calibration_error | Expected calibration error | gap between mean score and observed \
share, averaged over bins; never 0 by chance alone
calibration_slope | Calibration slope | 1 is best; below 1 scores are too extreme, above 1 too \
timid
calibration_intercept | Calibration intercept | 0 is best; below 0 scores are too high, above 0 \
too low
mean_score | Mean score | the scores, averaged; higher is more likely {event}
mean_score_difference | Mean score: difference | the group's mean score minus the reference \
group's; above 0, the group scores more likely {event}
standardized_mean_difference | Standardized mean difference | the group's mean score minus the \
reference group's, over the pooled standard deviation; above 0, the group scores more likely {event}
population_stability_index | Population stability index | how far the scores lie from those that \
training had; 0 is no shift
characteristic_stability_index | Characteristic stability index | how far an input lies from what \
training had; 0 is no shift
mean_prediction | Mean prediction | the predictions, averaged
mean_target | Mean target | the labels, averaged
bias | Bias | mean of prediction minus label; 0 is best
f1_weighted | F1, weighted | F1 of each class, averaged by its rows
balanced_accuracy | Balanced accuracy | the recall of each class, averaged
matthews_correlation | Matthews correlation | correlation of label and decision; 0 is chance
mean_squared_error | Mean squared error | mean squared distance between prediction and label
mse | Mean squared error | mean squared distance between prediction and label
rmse | Root mean squared error | square root of the mean squared distance; 0 is best
mean_absolute_error | Mean absolute error | mean distance between prediction and label
mae | Mean absolute error | mean distance between prediction and label
r2 | R² | share of the label's variance that the predictions explain
"""
_RATES: Final = """
prevalence | Labelled {event} | share of labelled cases whose label is {event}
selection_rate | Decided {event} | share of the rows that the model would decide {event}
accuracy | Accuracy | share of labelled cases decided as they are labelled
precision | Precision{, event} | of the labelled cases decided {event}, the share labelled so
recall | Recall{, event} | of the cases labelled {event}, the share decided so
true_positive_rate | True positive rate{, event} | of the cases labelled {event}, the share \
decided so
false_negative_rate | False negative rate{, event} | of the cases labelled {event}, the share \
decided otherwise
false_positive_rate | False positive rate{, event} | of the cases labelled otherwise, the share \
decided {event}
true_negative_rate | True negative rate{, event} | of the cases labelled otherwise, the share \
decided so
"""
_TALLIES: Final = """
true_positives | True positives{, event} | cases labelled {event} and decided so
false_negatives | False negatives{, event} | cases labelled {event} and decided otherwise
false_positives | False positives{, event} | cases labelled otherwise and decided {event}
true_negatives | True negatives{, event} | cases labelled otherwise and decided so
"""
_GAPS: Final = """
demographic_parity_difference | Demographic parity difference | largest minus smallest share \
decided {event}; 0 is parity
equal_opportunity_difference | Equal opportunity difference | largest minus smallest true \
positive rate; 0 is parity
equalized_odds_difference | Equalized odds difference | the larger of the differences in true \
and in false positive rate; 0 is parity
"""
_SUMMARIES: Final = """
demographic_parity_ratio | Demographic parity ratio | smallest over largest share decided \
{event}; 1 is parity
equal_opportunity_ratio | Equal opportunity ratio | smallest over largest true positive rate; \
1 is parity
equalized_odds_ratio | Equalized odds ratio | the smaller of the ratios of true and of false \
positive rates; 1 is parity
"""
# What employment law calls this ratio; a screen there, and no finding of law here.
IMPACT_RATIO: Final = (
    "a screen from an employment guideline (29 CFR 1607.4 D), not a finding of law; 1 is parity"
)
_COMPARISONS: Final = {
    "_difference": ("{title}: difference", "the group's rate minus the reference group's"),
    "_ratio": ("{title}: ratio", "the group's rate over the reference group's"),
    "_spread": ("{title}: spread", "largest minus smallest over the groups"),
}


_QUANTILE: Final = re.compile(r"error_quantile_([0-9]{2})")


def _table(text: str, style: Style) -> dict[str, Wording]:
    rows = (line.split(" | ") for line in text.strip().splitlines())
    return {
        name: Wording(title=title, definition=definition, style=style)
        for name, title, definition in rows
    }


_WORDINGS: Final = {
    **_table(_SCORES, "plain"), **_table(_RATES, "percent"), **_table(_SUMMARIES, "plain"),
    **_table(_GAPS, "points"), **_table(_TALLIES, "tally"),
    "selection_rate_ratio": Wording(
        title="Adverse impact ratio",
        definition=f"share decided {{event}} over the reference group's; {IMPACT_RATIO}",
    ),
}  # fmt: skip


def wording(metric: str, event: str) -> Wording:
    """The words for a metric.

    Args:
        metric: scikit-learn's or fairlearn's name, with or without `_score`.
        event: the label that counts, in words: `deny = no`.
    """
    for name in (metric, metric.removesuffix("_score")):
        if name in _WORDINGS:
            known = _WORDINGS[name]
            after = "" if event in ("", NO_EVENT) else f", {event}"
            return replace(
                known,
                title=_in_one_pass(known.title, event, after),
                definition=known.definition.replace("{event}", event),
            )
    if quantile := _QUANTILE.fullmatch(metric):
        return Wording(
            title=f"Error, {int(quantile[1])} % quantile",
            definition=f"{int(quantile[1])} % of errors, prediction minus label, are no larger",
        )
    if metric == "count":
        return Wording(title="Rows", definition="rows in the group", style="count")
    for suffix, (title, definition) in _COMPARISONS.items():
        if metric.endswith(suffix):
            base = wording(metric.removesuffix(suffix), event)
            return Wording(
                title=title.replace("{title}", base.title),
                definition=definition,
                style="points" if base.style == "percent" and suffix != "_ratio" else "plain",
            )
    return Wording(title=metric.replace("_", " "), definition="")


def _in_one_pass(title: str, event: str, after: str) -> str:
    """A label may hold braces itself: what was filled in is not read again."""
    return re.sub(r"\{(, )?event\}", lambda m: after if m[1] else event, title)


def rank(metric: str) -> tuple[int, str]:
    """Where a metric stands in a table: the known ones first, in `ORDER`."""
    return (ORDER.index(metric) if metric in ORDER else len(ORDER), metric)
