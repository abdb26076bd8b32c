"""Numbers as people read them: rounded to what the interval supports."""

from __future__ import annotations

import math

from affidavit.evidence import Number

_DEFAULT_DECIMALS = 3
# What people ask for first; everything else is in the reports, with -v and with --json.
# In the order in which they are shown.
KEY_METRICS = (
    "roc_auc", "accuracy", "brier_score", "log_loss", "r2", "root_mean_squared_error", "rmse",
    "mean_absolute_error", "mae", "demographic_parity_ratio", "equalized_odds_difference",
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
    return f"{value:.{decimals_for(low, high)}f}"


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
    return f"{low:.{places}f} to {high:.{places}f}"


def number_text(number: Number) -> str:
    """Value, interval and n on one line; the reason where it is undefined."""
    value = value_text(number.value, number.low, number.high)
    if number.value is None:
        return f"{value}: {number.reason or f'n = {number.n:,}'}"
    interval = interval_text(number.low, number.high)
    return f"{value:>7}  {interval:<16} n {number.n:,}"
