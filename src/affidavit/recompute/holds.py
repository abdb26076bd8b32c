"""`[[hold]]`: numbers held against what somebody set on a day."""

from __future__ import annotations

from affidavit.bundle.canonical import rounded
from affidavit.config import Config, Hold
from affidavit.errors import ConfigError
from affidavit.evidence import Finding, Number
from affidavit.metric_names import canonical_metric
from affidavit.printable import printable

_SHORT = {"roc_auc": "AUC", "ks": "KS", "mae": "MAE", "mse": "MSE", "rmse": "RMSE", "r2": "R²"}


def check_holds(
    numbers: tuple[Number, ...], config: Config, items: tuple[str, ...]
) -> tuple[Finding, ...]:
    """A finding for each hold that is missed, or that nothing can be said of.

    Args:
        numbers: performance and fairness of the main role.
        config: `[[hold]]`.
        items: the reports that hold the numbers.

    Raises:
        ConfigError: metrics that are not recomputed; all at once.
    """
    known = sorted({n.metric for n in numbers})
    faults = [
        f"[[hold]] {i}: no number is called {h.metric!r}"
        for i, h in enumerate(config.hold, 1)
        if canonical_metric(h.metric) not in known and not _waits_for_fairness(h, config, known)
    ]
    if faults:
        raise ConfigError(
            "affidavit.toml: " + "\n".join(faults),
            fix="name one of: " + ", ".join(known),
        )
    found: list[Finding] = []
    for position, hold in enumerate(config.hold, 1):
        found += _check(hold, position, numbers, items)
    return tuple(found)


def _waits_for_fairness(hold: Hold, config: Config, known: list[str]) -> bool:
    """True where groups are declared but none could be formed; that is a gap, told already."""
    return bool(config.sensitive) and "count" not in known and hold.group is not None


def _check(
    hold: Hold, position: int, numbers: tuple[Number, ...], items: tuple[str, ...]
) -> list[Finding]:
    metric = canonical_metric(hold.metric)
    meant = [n for n in numbers if n.metric == metric and n.group == hold.group]
    if hold.group is None:
        whole = [n for n in meant if n.id.startswith("performance/")]
        meant = whole or meant
    if not meant:
        return [_finding(hold, position, None, items, kind="gap")]
    return [_finding(hold, position, n, items) for n in meant if not _holds(hold, n)]


def _holds(hold: Hold, number: Number) -> bool:
    value = number.value
    if value is None:
        return False
    # To the digits that are reported: who reads 0.800000000000 may not be told that it misses 0.8.
    shown = rounded(value)
    return (hold.min is None or shown >= hold.min) and (hold.max is None or shown <= hold.max)


def _finding(
    hold: Hold,
    position: int,
    number: Number | None,
    items: tuple[str, ...],
    kind: str = "exception",
) -> Finding:
    name = _named(hold, number)
    bounds = [f"at least {hold.min:g}"] if hold.min is not None else []
    bounds += [f"at most {hold.max:g}"] if hold.max is not None else []
    what = f"{name} misses what {printable(hold.set_by)} set on {printable(hold.set_on)}"
    if number is None:
        what, found = f"{name} cannot be held against its threshold", "no such group in the data"
    elif number.value is None:
        what, found = f"{name} cannot be held against its threshold", str(number.reason)
    else:
        found = f"{number.value:.4g}" + _interval(number) + f", n = {number.n}"
    where = "" if number is None or number.attributes is None else f".{number.attributes[0]}"
    return Finding(
        id=f"recompute.hold.{position:02d}.{printable(hold.metric)}{where}",
        kind="gap" if kind == "gap" else "exception", stage="recompute", what=what,
        expected=" and ".join(bounds) or "nothing", found=found,
        fix="do not release before who set the threshold has decided; or change the model",
        items=items,
    )  # fmt: skip


def _named(hold: Hold, number: Number | None) -> str:
    """The number in words: `the selection rate ratio (afam yes against no)`."""
    metric = canonical_metric(hold.metric)
    words = f"the {_SHORT.get(metric, metric.replace('_', ' '))}"
    groups = [f"{k} {printable(v)}" for k, v in sorted((hold.group or {}).items())]
    against = number.against if number is not None and number.against else {}
    groups += [f"against {printable(v)}" for v in against.values()]
    if number is not None and number.attributes:
        groups += [f"by {' and '.join(map(printable, number.attributes))}"]
    return f"{words} ({' '.join(groups)})" if groups else words


def _interval(number: Number) -> str:
    if number.low is None or number.level is None:
        return ""
    high = "no upper bound" if number.high is None else f"{number.high:.4g}"
    return f" ({number.level:.0%} interval {number.low:.4g} to {high}, {number.method})"
