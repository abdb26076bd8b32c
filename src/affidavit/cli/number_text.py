"""Numbers as people read them: rounded to what the interval supports."""

from __future__ import annotations

import math

from affidavit.evidence import Number

_DEFAULT_DECIMALS = 3
_MOST_DECIMALS = 15
# What people ask for first; everything else is in the reports, with -v and with --json.
# In the order in which they are shown: of all rows, each group against the reference group, and
# last what lies between the farthest groups, which chance alone moves off parity.
COMPARED = (
    "selection_rate_ratio", "selection_rate_difference", "mean_prediction_difference",
    "mae_difference",
)  # fmt: skip
KEY_METRICS = (
    "roc_auc", "roc_auc_macro", "accuracy", "brier_score", "log_loss", "r2",
    "root_mean_squared_error", "rmse", "mean_absolute_error", "mae", *COMPARED,
    "demographic_parity_ratio",
    "equalized_odds_difference",
)  # fmt: skip


def decimals_for(low: float | None, high: float | None) -> int:
    """Decimals that show the first two digits of an interval's half-width; 3 without one."""
    if low is None or high is None or not 0 < high - low < math.inf:
        return _DEFAULT_DECIMALS
    return min(6, max(2, 1 - math.floor(math.log10((high - low) / 2))))


def value_text(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """`0.763`; a word where there is no value."""
    if value is None:
        return "undefined"
    if value.is_integer() and low is None and abs(value) >= 2:
        return f"{value:,.0f}"
    return fixed(value, decimals_for(low, high))


def fixed(value: float, places: int) -> str:
    """With more decimals than `places` where the value would else read 0 and is not."""
    if round(value, places) == 0 != value:
        places = min(_MOST_DECIMALS, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{places}f}"
    return text if float(text) else text.lstrip("-")


def logged_text(text: str) -> str:
    """A logged value, rounded if it is a number with a fraction."""
    try:
        return value_text(float(text)) if "." in text else text
    except ValueError:
        return text


def interval_text(low: float | None, high: float | None) -> str:
    """`0.741 to 0.785`; empty where there is none."""
    if low is None or high is None:
        return ""
    places = decimals_for(low, high)
    return f"{fixed(low, places)} to {fixed(high, places)}"


def number_text(number: Number) -> str:
    """Value, interval and n on one line; the reason where it is undefined."""
    value = value_text(number.value, number.low, number.high)
    if number.value is None:
        return f"{value}: {number.reason or f'n = {number.n:,}'}"
    interval = interval_text(number.low, number.high)
    text = f"{value:>7}  {interval:<16} n {number.n:,}"
    if number.attributes and number.expected is not None:
        text += f"\nexpected {value_text(number.expected)} when no group differs"
    return text


def is_key(metric: str, number_id: str, *, is_group: bool) -> bool:
    """Whether a number is shown without -v: of all rows and classes, or one group against another.

    Args:
        metric: its name.
        number_id: its id, whose last part says which groups it is of.
        is_group: whether it is of one group, or compares two.
    """
    place = number_id.split("/", 3)[3:]
    of_class = any(part.startswith("class=") for part in place)
    is_pair = metric in COMPARED and any(" vs " in p and "+" not in p.split("=")[0] for p in place)
    return is_pair if is_group else metric in KEY_METRICS and not of_class
