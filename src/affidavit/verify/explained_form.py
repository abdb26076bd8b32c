"""The form of both records: roles, features, attributes and settings exist and agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from affidavit.bundle.layout import CONFIG, DECISIONS, EXPLAINABILITY
from affidavit.config import Config
from affidavit.explanation_record import (
    Background,
    Decisions,
    Estimate,
    Explainability,
    FeatureName,
    Quality,
)
from affidavit.verify.checks import Fault
from affidavit.verify.explained_numbers import number_faults
from affidavit.verify.nearness import shown, slack
from affidavit.verify.records import Records

# Methods that attributions are made by, and that add up by what they are; how far these may be off
# by floats alone.
EXACT: Final = frozenset({"linear", "trees", "enumeration"})
_ADDS_UP: Final = EXACT | {"permutation"}
_BY_FLOATS: Final = 1e-4  # of the largest output; a model in single precision comes near
_TOGETHER: Final = " + "  # between features that were shuffled as one
_MOST_PROFILED: Final = 1000  # columns; of a wider table the report lists no more


def form_faults(
    path: str, record: Explainability | Decisions, records: Records, config: Config
) -> Iterator[Fault]:
    """Role, output, background and quality of one of the two records."""
    explain = config.explain
    if record.role not in config.datasets:
        yield Fault(f"{path} is about no role of {CONFIG}", path,
                    ", ".join(sorted(config.datasets)), record.role)  # fmt: skip
    if explain is not None and explain.role not in (None, record.role):
        yield Fault(f"{path} is about another role than [explain] names", path, explain.role,
                    record.role)  # fmt: skip
    expected = output_of(config)
    if expected is not None and record.of != expected:
        yield Fault(f"{path} explains another output than {CONFIG} names", path, expected,
                    record.of)  # fmt: skip
    rows = next((r.n_rows for r in records.reports.values()
                 if (r.name, r.role) == ("performance", record.role)), None)  # fmt: skip
    if isinstance(record, Explainability) and rows not in (None, record.n_rows):
        yield Fault(f"{path} is about other rows than the reports of {record.role}", path,
                    f"{rows} rows", f"{record.n_rows} rows")  # fmt: skip
    if isinstance(record, Explainability):
        yield from _column_faults(record, records)
    if record.background is not None:
        yield from _background_faults(path, record.background, rows)
    if record.quality is not None:
        yield from _quality_faults(path, record.quality, record, config)


def _column_faults(whole: Explainability, records: Records) -> Iterator[Fault]:
    """Inputs are columns of the role, where the report on the data lists these."""
    columns = {c.name for r in records.reports.values() for c in r.columns if c.role == whole.role}
    inputs = {c for f in whole.features for c in f.columns}
    if columns and len(columns) < _MOST_PROFILED and (foreign := sorted(inputs - columns)):
        yield Fault(f"the role {whole.role} has no such column", EXPLAINABILITY,
                    "columns of the report on the data", ", ".join(foreign))  # fmt: skip


def output_of(config: Config) -> str | None:
    """The output that [explain] asks for; None where the configuration does not say."""
    if config.task == "binary":
        return config.label.positive
    if config.task == "regression":
        return config.label.column
    return (config.explain.of if config.explain else None) or config.label.favourable


def _background_faults(path: str, found: Background, rows: int | None) -> Iterator[Fault]:
    if found.n > found.of or (rows is not None and found.of > rows):
        yield Fault(f"{path} has a background of more rows than there are", path,
                    f"at most {found.of if rows is None else min(found.of, rows)}",
                    f"{found.n} of {found.of}")  # fmt: skip


def _quality_faults(
    path: str, found: Quality, record: Explainability | Decisions, config: Config
) -> Iterator[Fault]:
    if found.scale != record.scale:
        yield Fault(f"{path} has attributions on another scale than it says", path, record.scale,
                    found.scale)  # fmt: skip
    is_drawn = found.method not in EXACT
    if config.explain is not None and is_drawn and found.seed != config.explain.seed:
        yield Fault(f"{path} was drawn with another seed than {CONFIG} has", path,
                    str(config.explain.seed), str(found.seed))  # fmt: skip
    if isinstance(record, Explainability) and found.rows > record.n_rows:
        yield Fault(f"{path} explains more rows than there are", path, f"at most {record.n_rows}",
                    str(found.rows))  # fmt: skip
    if isinstance(record, Decisions) and found.rows < len(record.decisions):
        yield Fault(f"{path} has more decisions than were explained", path, f"{found.rows}",
                    str(len(record.decisions)))  # fmt: skip
    if found.method not in _ADDS_UP:
        yield Fault(f"{path} is by a method that gives second opinions only", path,
                    ", ".join(sorted(_ADDS_UP)), found.method)  # fmt: skip
    most = _BY_FLOATS * max(1.0, *_outputs(record))
    if found.additivity > most:
        yield Fault(f"{path}: attributions by {found.method} have to add up", path,
                    f"within {most:g}", shown(found.additivity))  # fmt: skip
    if found.unresolved is not None and (
        found.scale == "score" or found.method not in ("linear", "trees")
    ):
        yield Fault(f"{path}: attributions by {found.method} on the {found.scale} leave nothing "
                    "open", path, "none", shown(found.unresolved))  # fmt: skip
    if found.method in EXACT and found.monte_carlo > 0:
        yield Fault(f"{path}: attributions by {found.method} have no sampling error", path, "0",
                    shown(found.monte_carlo))  # fmt: skip


def _outputs(record: Explainability | Decisions) -> Iterator[float]:
    """Sizes that outputs have, as far as the record tells."""
    yield 0.0 if record.background is None else abs(record.background.mean_output)
    if isinstance(record, Decisions):
        yield from (abs(one.output) for one in record.decisions)
    else:
        yield sum(abs(i.mean_absolute.value or 0.0) for i in record.importance if i.mean_absolute)


def own_faults(
    whole: Explainability | None, single: Decisions | None, config: Config
) -> Iterator[Fault]:
    """What each record says within itself, and both of the same thing."""
    if whole is not None:
        yield from _feature_faults(whole.features, config)
        yield from _named_faults(whole, config)
        yield from _whole_faults(whole)
        yield from number_faults(whole, config)
    if whole is None or single is None:
        return
    for name in ("role", "of", "scale"):
        ours, theirs = getattr(whole, name), getattr(single, name)
        if ours != theirs:
            yield Fault(f"{DECISIONS} and {EXPLAINABILITY} differ on {name}", DECISIONS, ours,
                        theirs)  # fmt: skip
    yield from _row_faults(whole.features, single)


def _feature_faults(features: tuple[FeatureName, ...], config: Config) -> Iterator[Fault]:
    names = Counter(f.name for f in features)
    columns = Counter(c for f in features for c in f.columns)
    for what, counted in (("feature", names), ("input", columns)):
        for name, times in counted.items():
            if times > 1:
                yield Fault(f"the {what} {name!r} is explained {times} times", EXPLAINABILITY,
                            "once", str(times))  # fmt: skip
    empty = [f.name for f in features if not f.columns]
    if empty or not features:
        yield Fault("a feature is made of no input", EXPLAINABILITY, "inputs",
                    ", ".join(empty) or "no feature")  # fmt: skip
    declared = config.explain.groups if config.explain is not None else {}
    for feature in features:
        if feature.name in declared and set(feature.columns) != set(declared[feature.name]):
            yield Fault(f"the feature {feature.name!r} is made of other inputs than {CONFIG} says",
                        EXPLAINABILITY, ", ".join(declared[feature.name]),
                        ", ".join(feature.columns))  # fmt: skip


def _named_faults(whole: Explainability, config: Config) -> Iterator[Fault]:
    """Every feature and attribute that a part speaks of is one."""
    features = {f.name for f in whole.features}
    known = features | {c for f in whole.features for c in f.columns}
    named: dict[str, Iterable[str]] = {
        "importance": (
            f for i in whole.importance
            for f in ([i.feature] if i.feature in known else i.feature.split(_TOGETHER))
        ),
        "correlated": (f for c in whole.correlated for f in c.features),
        "curves": (c.feature for c in whole.curves),
        "interactions": (f for i in whole.interactions for f in (i.first, i.second)),
        "probes": (p.feature for p in whole.probes),
        "proxies": (p.feature for p in whole.proxies if p.feature is not None),
        "groups": (a.feature for g in whole.groups for a in g.attributions),
        "decompositions": (p.feature for d in whole.decompositions for p in d.parts),
        "second": (s.feature for s in whole.second),
    }  # fmt: skip
    for part, found in named.items():
        allowed = features if part in ("groups", "decompositions", "second") else known
        for name in sorted(set(found) - allowed):
            yield Fault(f"{part} speaks of {name!r}, which is no feature", EXPLAINABILITY,
                        "a feature of the model", name)  # fmt: skip
    attributes = {a for g in whole.groups for a in g.group}
    attributes |= {d.attribute for d in whole.decompositions} | {p.attribute for p in whole.proxies}
    for name in sorted(attributes - config.sensitive.keys()):
        yield Fault(f"groups by {name!r}, which {CONFIG} does not name", EXPLAINABILITY,
                    ", ".join(sorted(config.sensitive)), name)  # fmt: skip


def _whole_faults(whole: Explainability) -> Iterator[Fault]:
    for feature, times in Counter(i.feature for i in whole.importance).items():
        if times > 1:
            yield Fault(f"the importance of {feature!r} stands {times} times", EXPLAINABILITY,
                        "once", str(times))  # fmt: skip
    for what, estimate in _estimates(whole):
        yield from _estimate_faults(what, estimate)
    for second in whole.second:
        if second.agrees != (second.largest <= second.tolerance + slack(second.tolerance)):
            yield Fault("a second opinion agrees or not, against its own numbers", EXPLAINABILITY,
                        f"at most {shown(second.tolerance)}: agrees",
                        f"{shown(second.largest)}: {second.agrees}")  # fmt: skip
    tree = whole.surrogate
    if tree is not None and tree.leaves > 2 ** min(tree.depth, 64):
        yield Fault("the surrogate has more leaves than its depth allows", EXPLAINABILITY,
                    f"at most {2 ** min(tree.depth, 64)}", str(tree.leaves))  # fmt: skip


def _estimates(whole: Explainability) -> Iterator[tuple[str, Estimate]]:
    for one in whole.importance:
        for name in ("loss", "mean_absolute"):
            found: Estimate | None = getattr(one, name)
            if found is not None:
                yield f"{name} of {one.feature}", found
    for pair in whole.interactions:
        yield f"the interaction of {pair.first} and {pair.second}", pair.h
    if whole.surrogate is not None:
        yield "the surrogate's fidelity", whole.surrogate.fidelity
    for proxy in whole.proxies:
        yield f"the proxy {proxy.feature or 'all features'} for {proxy.attribute}", proxy.auc


def _estimate_faults(what: str, found: Estimate) -> Iterator[Fault]:
    if found.value is None and found.reason is None:
        yield Fault(f"{what} has no value, and no reason why", EXPLAINABILITY, "one of them",
                    "neither")  # fmt: skip
    if found.low is not None and found.high is not None and found.low > found.high:
        yield Fault(f"{what} has an interval that ends before it begins", EXPLAINABILITY,
                    f"at least {shown(found.low)}", shown(found.high))  # fmt: skip


def _row_faults(features: tuple[FeatureName, ...], single: Decisions) -> Iterator[Fault]:
    """A decision's inputs are the features' columns, and its attributions the features."""
    columns, names = [c for f in features for c in f.columns], [f.name for f in features]
    for place, one in enumerate(single.decisions, 1):
        wanted: Mapping[str, tuple[list[str], list[str]]] = {
            "inputs": (columns, [i.column for i in one.inputs]),
            "attributions": (names, [a.feature for a in one.attributions]),
        }
        for what, (ours, theirs) in wanted.items():
            if sorted(ours) != sorted(theirs) and (theirs or what == "inputs"):
                yield Fault(f"decision {place}: its {what} are not those of the model", DECISIONS,
                            ", ".join(sorted(ours)), ", ".join(sorted(theirs)))  # fmt: skip
