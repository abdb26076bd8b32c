"""Which recomputed numbers a logged key could mean: by metric, class, group, pair or summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from affidavit.config import Config
from affidavit.evidence import Number
from affidavit.metric_names import AMBIGUOUS, SUMMARY_TOO, Key, metric_of, normal

# Words between a metric and its group that name nothing: `accuracy_by_sex_f`, `auc_class_2`.
_CONNECTORS: Final = frozenset({"by", "class", "for", "group", "in", "of", "vs"})
# With the other label as the event, one rate of a group is another one.
_MIRRORS: Final = {
    "true_positive_rate": "true_negative_rate", "true_negative_rate": "true_positive_rate",
    "false_positive_rate": "false_negative_rate", "false_negative_rate": "false_positive_rate",
}  # fmt: skip
_OF_ONE_EVENT: Final = frozenset(_MIRRORS) | {"precision"}
_NAMED: Final = 6
_GROUP: Final = "a group, and the value is of none that is so called"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a key could mean.

    Attributes:
        metric: our name for it, over all rows; None where it names none.
        numbers: those that it could mean, the likeliest first.
        one_minus: whether one minus the number is the same rate of the other label.
        unsure: why a value that equals none of them may be right all the same; empty where not.
    """

    metric: str | None
    numbers: tuple[Number, ...]
    one_minus: bool = False
    unsure: str = ""


class Names:
    """The numbers of one role by the names that a log may have for them.

    Args:
        numbers: of performance and fairness.
        config: says which label the score and the rates by group are of.
    """

    def __init__(self, numbers: Iterable[Number], config: Config) -> None:
        # In an order of its own: of several that a value equals, both sides must name the same.
        self.numbers = tuple(sorted(numbers, key=lambda n: (n.id.startswith("fairness/"), n.id)))
        self._label, self._task = config.label, config.task
        self._metrics = frozenset(n.metric for n in self.numbers)
        self._found: dict[tuple[str, str], list[Number]] = {}
        for number in self.numbers:
            for place in _places(number):
                self._found.setdefault((number.metric, place), []).append(number)

    def meaning(self, key: Key) -> Meaning:
        """The numbers over all rows that go by the key's name; else those of classes and groups."""
        whole = self._whole(key.name)
        if whole:
            return Meaning(whole[0].metric, whole)
        found: dict[str, tuple[Number, str]] = {}
        for metric, place in _splits(key.name):
            for number in self._at(metric, place):
                found.setdefault(number.id, (number, place))
        if not found:
            return Meaning(key.metric, ())
        meant = self._by_event(tuple(number for number, _ in found.values()))
        if not meant.unsure and all(_is_bare(number, place) for number, place in found.values()):
            return replace(meant, unsure=f"a number alone may be something else than {_GROUP}")
        return meant

    def _whole(self, name: str) -> tuple[Number, ...]:
        found = tuple(n for m in self._meant(name) for n in self._found.get((m, ""), ()))
        if found and found[0].attributes is None and found[0].group is None:
            return found[:1]  # performance comes before fairness
        return found

    def _at(self, name: str, place: str) -> Iterator[Number]:
        words = [w for w in place.split("_") if w not in _CONNECTORS]
        for metric in self._meant(name):
            exact = self._found.get((metric, place), [])
            yield from exact or self._found.get((metric, "_".join(words)), [])

    def _meant(self, name: str) -> tuple[str, ...]:
        """The metrics that a name may stand for, among those that there are."""
        if name in AMBIGUOUS:
            return AMBIGUOUS[name]
        metric = metric_of(name, self._metrics)
        if metric is None:
            return ()
        return (metric, SUMMARY_TOO[metric]) if metric in SUMMARY_TOO else (metric,)

    def _by_event(self, numbers: tuple[Number, ...]) -> Meaning:
        """Rates of a group count the favourable label; a log may count the other."""
        first = numbers[0]
        by_group = first.group is not None and first.against is None
        if not by_group or self._label.positive == self._label.favourable:
            return Meaning(None, numbers)
        is_binary = self._task == "binary"
        if first.metric == "selection_rate":
            return Meaning(None, numbers, one_minus=is_binary)
        if first.metric not in _OF_ONE_EVENT:
            return Meaning(None, numbers)
        if is_binary and first.metric in _MIRRORS:
            beside = {n.id: n for n in numbers}
            for number in numbers:
                beside.update((n.id, n) for n in self._mirrored(number))
            return Meaning(None, tuple(beside.values()))
        event = f"{self._label.column} = {self._label.favourable}"
        return Meaning(
            None, numbers,
            unsure=f"ours {told(numbers[:1])} counts {event}, that of another label is not "
            "recomputed",
        )  # fmt: skip

    def _mirrored(self, number: Number) -> Iterator[Number]:
        metric = _MIRRORS.get(number.metric)
        for place in _places(number) if metric is not None else ():
            for other in self._found.get((metric or "", place), ()):
                if other.group == number.group:
                    yield other


def _is_bare(number: Number, place: str) -> bool:
    """Whether a group is told by digits alone: `accuracy_1` may be a fold or an epoch."""
    return number.group is not None and not any(c.isalpha() for c in place)


def told(numbers: tuple[Number, ...]) -> str:
    """The places of some numbers in words: `by sex`, `sex = f against m`; at most six."""
    metrics = {n.metric for n in numbers}
    shown = [
        _place_text(n) if len(metrics) == 1 else f"{n.metric} {_place_text(n)}".strip()
        for n in numbers[:_NAMED]
    ]
    more = len(numbers) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


def _place_text(number: Number) -> str:
    if number.label is not None:
        return f"of class {number.label}"
    if number.attributes is not None:
        return f"by {', '.join(number.attributes)}"
    if number.group is None:
        return "over all rows"
    group = ", ".join(f"{name} = {value}" for name, value in number.group.items())
    against = f" against {', '.join(number.against.values())}" if number.against else ""
    return f"of {group}{against}"


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """Every way to read a name as a metric with the words around it as its place; long first."""
    words = name.split("_")
    ends = sorted(combinations(range(len(words) + 1), 2), key=lambda e: e[0] - e[1])
    for start, end in ends:
        place = "_".join((*words[:start], *words[end:]))
        if place:
            yield "_".join(words[start:end]), place


def _places(number: Number) -> set[str]:
    """The names of a number's place; "" is all rows, or whatever groups there are."""
    if number.label is not None:
        return {normal(number.label)} - {""}
    if number.attributes is not None:
        return {"", normal("_".join(number.attributes))}
    if number.group is None:
        return {""}
    names, values = list(number.group), list(number.group.values())
    each = [f"{name}_{value}" for name, value in number.group.items()]
    forms = {normal("_".join(parts)) for parts in (values, each, [*names, *values])}
    if number.against is None:
        return forms - {""}
    other = "_".join(number.against.values())
    both = {normal(f"{form}{word}{other}") for form in forms for word in ("_vs_", "_")}
    alone = {"", normal(names[0])} if len(names) == 1 else set()
    return ((forms | both) - {""}) | alone
