"""`[[hold]]`: numbers held against what somebody set on a day."""

from __future__ import annotations

from affidavit.config import Config, Hold
from affidavit.errors import ConfigError
from affidavit.evidence import Finding, Number
from affidavit.holds import hold_findings
from affidavit.metric_names import canonical_metric


def check_holds(
    numbers: tuple[Number, ...], config: Config, items: tuple[str, ...]
) -> tuple[Finding, ...]:
    """A finding for each hold that is missed, or that nothing can be said of.

    Args:
        numbers: of every report of the main role that may be held.
        config: `[[hold]]`.
        items: the reports that hold the numbers.

    Raises:
        ConfigError: metrics that are not recomputed; all at once.
    """
    known = sorted({n.metric for n in numbers})
    grouped = {name for n in numbers for name in n.group or ()}
    faults = [
        f"[[hold]] {i}: no number is called {h.metric!r}"
        for i, h in enumerate(config.hold, 1)
        if canonical_metric(h.metric) not in known and not _waits_for_fairness(h, config, grouped)
    ]
    if faults:
        raise ConfigError(
            "affidavit.toml: " + "\n".join(faults),
            fix="name one of: " + ", ".join(known),
        )
    return hold_findings(config, numbers, items)


def _waits_for_fairness(hold: Hold, config: Config, grouped: set[str]) -> bool:
    """True where its groups are declared and could not be formed; that is a gap, told already."""
    lacking = config.sensitive.keys() - grouped
    if hold.group is None:  # it may mean the groups of any attribute, if there were one
        return bool(lacking) and lacking == config.sensitive.keys()
    return bool(lacking & hold.group.keys())
