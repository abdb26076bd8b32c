"""What each metric and method on the card means, and who published it: the one table of it.

docs/metrics.md prints it whole; a card prints what occurs in it. Definitions of metrics are those
that stand beside the numbers (`render.metrics`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from affidavit.evidence import Number, Report
from affidavit.render.metrics import NO_EVENT, rank, wording

_FAIRLEARN: Final = "as fairlearn (Weerts and others 2023, JMLR 24)"
_AVERAGES: Final = "Sokolova and Lapalme (2009), Information Processing and Management 45"
_CONFUSION: Final = "Fawcett (2006), Pattern Recognition Letters 27; ISO/IEC TS 4213:2022"
_COUNT: Final = "a count of rows"
_ODDS: Final = f"Hardt, Price and Srebro (2016), NeurIPS; {_FAIRLEARN}"
_PARITY: Final = f"Calders, Kamiran and Pechenizkiy (2009), ICDM Workshops; {_FAIRLEARN}"
_QUANTILES: Final = "Hyndman and Fan (1996), The American Statistician 50, definition 1"
_SHIFT: Final = (
    "Jeffreys (1946), Proceedings of the Royal Society A 186; Siddiqi (2006), Credit Risk "
    "Scorecards, ch. 9"
)
_MEAN: Final = "the arithmetic mean, weighted where rows are; Cochran (1977), Sampling Techniques"

METRICS: Final[dict[str, str]] = {
    "roc_auc": "Bamber (1975), Journal of Mathematical Psychology 12",
    "roc_auc_macro": "each class against the rest: Fawcett (2006), Pattern Recognition Letters 27",
    "gini": "Somers (1962), American Sociological Review 27",
    "ks": "Smirnov (1939), Bulletin of Moscow University 2",
    "average_precision": "Boyd, Eng and Page (2013), ECML PKDD",
    "pr_curve_area": "Davis and Goadrich (2006), ICML, who warn that straight lines flatter",
    "brier_score": "Brier (1950), Monthly Weather Review 78",
    "log_loss": "Good (1952), Journal of the Royal Statistical Society B 14",
    "calibration_gap": "Van Calster and others (2019), BMC Medicine 17",
    "expected_calibration_error": "Naeini, Cooper and Hauskrecht (2015), AAAI",
    "calibration_slope": "Cox (1958), Biometrika 45",
    "calibration_intercept": "Cox (1958), Biometrika 45",
    "true_positives": _CONFUSION,
    "false_positives": _CONFUSION,
    "false_negatives": _CONFUSION,
    "true_negatives": _CONFUSION,
    "prevalence": _CONFUSION,
    "selection_rate": "Uniform Guidelines (1978), 29 CFR 1607.16 R",
    "accuracy": _CONFUSION,
    "precision": _CONFUSION,
    "true_positive_rate": _CONFUSION,
    "false_positive_rate": _CONFUSION,
    "false_negative_rate": _CONFUSION,
    "true_negative_rate": _CONFUSION,
    "balanced_accuracy": "Brodersen and others (2010), ICPR",
    "f1": "van Rijsbergen (1979), Information Retrieval, ch. 7",
    "f1_macro": "Opitz and Burst (2019), arXiv:1911.03347: the mean of the classes' F1",
    "f1_micro": _AVERAGES,
    "f1_weighted": "as scikit-learn (Pedregosa and others 2011, JMLR 12)",
    "precision_macro": _AVERAGES,
    "recall_macro": _AVERAGES,
    "matthews_correlation": "Matthews (1975), Biochimica et Biophysica Acta 405",
    "mae": "Willmott and Matsuura (2005), Climate Research 30",
    "mse": "Hyndman and Koehler (2006), International Journal of Forecasting 22",
    "rmse": "Hyndman and Koehler (2006), International Journal of Forecasting 22",
    "bias": "Walther and Moore (2005), Ecography 28",
    "r2": "Kvålseth (1985), The American Statistician 39",
    **{f"error_quantile_{q}": _QUANTILES for q in ("05", "25", "50", "75", "95")},
    "count": _COUNT,
    "mean_score": _MEAN,
    "mean_prediction": _MEAN,
    "mean_target": _MEAN,
    "mean_score_difference": _MEAN,
    "standardized_mean_difference": "Cohen (1988), Statistical Power Analysis, 2.2",
    "selection_rate_ratio": "Uniform Guidelines (1978), 29 CFR 1607.4 D",
    "demographic_parity_difference": _PARITY,
    "demographic_parity_ratio": _PARITY,
    "equal_opportunity_difference": _ODDS,
    "equal_opportunity_ratio": _ODDS,
    "equalized_odds_difference": _ODDS,
    "equalized_odds_ratio": _ODDS,
    "population_stability_index": _SHIFT,
    "characteristic_stability_index": _SHIFT,
}
# Of any measure above that has no line of its own for it.
COMPARISONS: Final[dict[str, tuple[str, str, str]]] = {
    "_difference": (
        "Difference", "the group's value minus the reference group's",
        "Agresti (2013), Categorical Data Analysis, 2.2",
    ),
    "_ratio": (
        "Ratio", "the group's rate over the reference group's",
        "Agresti (2013), Categorical Data Analysis, 2.2",
    ),
    "_spread": ("Spread", "largest minus smallest over the groups", _FAIRLEARN),
}  # fmt: skip

# What a method's name begins with | what it is | source; digits in a name are written m.
_BASES: Final = """
Wilson | score interval of a share | Wilson (1927), JASA 22
Clopper-Pearson (conservative) | exact interval of a share; holds the truth at least as often as \
it says | Clopper and Pearson (1934), Biometrika 26
Newcombe | interval of a difference of two shares, from the score limits of both | Newcombe \
(1998), Statistics in Medicine 17, method 10
Koopman | score interval of a ratio of two shares | Koopman (1984), Biometrics 40
MOVER of Wilson limits | interval of a mean of independent shares, from the score limits of each | \
Zou and Donner (2008), Statistics in Medicine 27
Fisher's z, delta method | interval of a correlation, made on Fisher's scale | Itaya and others \
(2024), Statistics in Medicine 44
multinomial delta method | interval of a mean of the classes' F1, from the counts by label and \
decision | Takahashi and others (2022), Applied Intelligence 52
DeLong | interval of an area under a ROC curve, from the placements of its rows | DeLong, DeLong \
and Clarke-Pearson (1988), Biometrics 44
linearized | normal interval from what each row contributes | Obuchowski (1997), Biometrics 53
linearized, pooled SD | normal interval of a difference over the pooled standard deviation, from \
what each row contributes | Cochran (1977), Sampling Techniques, 6.3
logit | normal interval of the average precision on the log odds | Boyd, Eng and Page (2013), ECML \
PKDD
normal | normal interval of a difference | Cochran (1977), Sampling Techniques, 2.9
normal, standard error of the mean | mean and 1.96 standard errors to either side | Cochran \
(1977), Sampling Techniques, 2.8
t, standard error of the mean | the mean, and Student's t times its standard error | \
Student (1908), Biometrika 6
Welch | interval of a difference of means whose variances differ | Welch (1947), Biometrika 34
Wald | normal interval from the inverse information | Wald (1943), Transactions of the AMS 54
Wald, sandwich variance | normal interval from each row's part in the slope of the likelihood | \
White (1982), Econometrica 50; Liang and Zeger (1986), Biometrika 73
delta method | normal interval from first-order contributions of the rows | Oehlert (1992), The \
American Statistician 46
order statistics, exact | from one sorted value to another, by the binomial distribution | David \
and Nagaraja (2003), Order Statistics, 7.1
Woodruff | the interval of the share below, read back as values | Woodruff (1952), JASA 47
bootstrap, m resamples | the middle 95 % over m resamples of the rows | Efron and Tibshirani \
(1993), An Introduction to the Bootstrap, 13.3
score | test whether two shares differ: Pearson's chi-square without correction | Pearson (1900), \
Philosophical Magazine 50
Fisher exact | exact test whether two shares differ, where an expected count is below 5 | Fisher \
(1935), The Design of Experiments; the rule: Cochran (1954), Biometrics 10
"""
# What may follow, after a comma or a space.
_MORE: Final = """
on TP / (TP + FP + FN) | of F1: the interval of this share J, carried over by 2 J / (1 + J) | \
Hand, Christen and Kirielle (2021), Machine Learning 110
, log odds | made on the log odds and taken back, so that it stays between 0 and 1 | Qin and \
Hotilovac (2008), Statistical Methods in Medical Research 17
, MOVER | of a difference, from the limits of both | Zou and Donner (2008), Statistics in \
Medicine 27
, as a band | the 95 % quantile of the largest gap between resampled curves and the curve, to \
either side | Bickel and Krieger (1989), JASA 84
, weighted | each row counts with its weight | Cochran (1977), Sampling Techniques, 2.11
, effective n | with the rows that the weighted ones are worth | Kish (1965), Survey Sampling; \
Korn and Graubard (1998), Survey Methodology 24
, weighted by estimated probability | each row counts for a group with its probability | Chen and \
others (2019), FAT*
, by unit | the variance is between units, since rows of one unit are alike | Cochran (1977), \
Sampling Techniques, 2.11
, simultaneous over m pairs | each of m intervals at 1 - 0.05 / m, so that all hold together \
(Bonferroni) | Dunn (1961), JASA 56
"""
_OTHERS: Final = """
Holm | p-values adjusted for their number within one metric | Holm (1979), Scandinavian Journal \
of Statistics 6
smallest gap detectable | what the test would show with 80 % power | Fleiss, Levin and Paik \
(2003), Statistical Methods for Rates and Proportions, 4.17
expected when no group differs | the mean of the largest minus the smallest share, and of their \
ratio, where all groups have one rate | Tippett (1925), Biometrika 17
expected of calibrated scores | the mean of the expected calibration error where scores are \
right | a half-normal mean a bin: docs/metrics.md
expected without shift | the mean of a stability index where nothing moved | Yurdakul and Naranjo \
(2020), Journal of Risk Model Validation 14
"""
HOLM, DETECTABLE, NO_GROUP_DIFFERS, CALIBRATED, NO_SHIFT = (
    line.partition(" | ")[0] for line in _OTHERS.strip().splitlines()
)
_DIGITS: Final = re.compile(r"(?<=, )\d+(?= resamples)|(?<=simultaneous over )\d+(?= pairs)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One line: what it is called, what it is, who published it.

    Attributes:
        names: the metrics, or the part of a method's name, that it is about.
    """

    names: tuple[str, ...]
    title: str
    definition: str
    source: str


def _table(text: str) -> dict[str, tuple[str, str]]:
    rows = (line.split(" | ") for line in text.strip().splitlines())
    return {name: (definition, source) for name, definition, source in rows}


BASES: Final = _table(_BASES)
MORE: Final = _table(_MORE)
OTHERS: Final = _table(_OTHERS)
_METHODS: Final = {**BASES, **MORE, **OTHERS}


def method_parts(method: str) -> tuple[str, ...]:
    """The parts of a method's name that have a line each; what is not known stays as it is.

    `DeLong, log odds, simultaneous over 2 pairs` has three.
    """
    rest, more = _DIGITS.sub("m", method), []
    while rest not in BASES:
        found = next((m for m in MORE if rest.endswith(m)), None)
        if found is None:
            break
        more.append(found)
        rest = rest.removesuffix(found).rstrip()
    return (rest, *reversed(more))


def definitions(reports: Iterable[Report]) -> tuple[Definition, ...]:
    """A line for each metric and each method that occurs in some reports, in a fixed order."""
    numbers = [n for r in reports for n in r.numbers]
    occur = {part for n in numbers for part in _parts_of(n)}
    unknown = sorted(p for p in occur if p not in _METHODS)
    named = [p for p in _METHODS if p in occur]
    return (
        *_of_metrics({n.metric for n in numbers}),
        *(_of_method(name) for name in (*named, *unknown)),
    )


def every_definition() -> tuple[Definition, ...]:
    """The whole table, as docs/metrics.md has it."""
    comparisons = (f"rate{suffix}" for suffix in COMPARISONS)
    return (*_of_metrics({*METRICS, *comparisons}), *map(_of_method, _METHODS))


def _parts_of(number: Number) -> Iterator[str]:
    if number.method is not None:
        yield from method_parts(number.method)
    test = number.significance
    if test is not None:
        yield from method_parts(test.method) if test.method else ()
        yield from (HOLM,) if test.adjusted is not None else ()
        yield DETECTABLE
    if number.expected is not None:
        apart = {"bins": NO_SHIFT, "scores": CALIBRATED}
        yield apart.get(number.source, NO_GROUP_DIFFERS)


def _of_metrics(metrics: set[str]) -> Iterator[Definition]:
    for metric in sorted(metrics & METRICS.keys(), key=rank):
        words = wording(metric, NO_EVENT)
        yield Definition(names=(metric,), title=words.title, definition=words.definition,
                         source=METRICS[metric])  # fmt: skip
    others = sorted(metrics - METRICS.keys(), key=rank)
    for suffix, (title, definition, source) in COMPARISONS.items():
        if own := tuple(m for m in others if m.endswith(suffix)):
            yield Definition(names=own, title=title, definition=definition, source=source)
    for metric in others:
        if not metric.endswith(tuple(COMPARISONS)):
            words = wording(metric, NO_EVENT)
            yield Definition(names=(metric,), title=words.title, definition=words.definition,
                             source="")  # fmt: skip


def _of_method(name: str) -> Definition:
    definition, source = _METHODS.get(name, ("", ""))
    return Definition(names=(name,), title=name.removeprefix(", "), definition=definition,
                      source=source)  # fmt: skip
