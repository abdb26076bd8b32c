"""Both versions by sensitive attribute: which group's decisions changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from affidavit.config import Config, Sensitive
from affidavit.inspect.common_rows import Common
from affidavit.inspect.difference import PairedAttribute, PairedGroup
from affidavit.inspect.group_columns import read_groups
from affidavit.inspect.paired_numbers import favourable, selection_rate, turned_rows
from affidavit.inspect.reading import Reading

Groups = dict[str, str]


def pair_groups(
    common: Common, before: Reading, after: Reading, role: str
) -> tuple[PairedAttribute, ...]:
    """Each sensitive attribute of the later configuration, in the order of their names.

    Groups are those of the later version's snapshot; both versions must declare the attribute
    alike and hold the snapshot.

    Raises:
        DigestDiffers: a snapshot that is not what was signed.
        RuntimeError: called without the configuration of both.
    """
    old, new = before.records.config, after.records.config
    if old is None or new is None:
        raise RuntimeError("groups without the configurations that form them")
    alike = {n: a for n, a in new.sensitive.items() if _is_alike(a, old.sensitive.get(n))}
    theirs = read_groups(before, role, alike, old.rows.id)
    ours = read_groups(after, role, alike, new.rows.id)
    found = []
    for name in sorted(new.sensitive):
        if name not in alike:
            reason = f"version {before.version} does not declare it, or otherwise"
            found.append(PairedAttribute(name=name, reason=reason))
            continue
        a, b = theirs[name], ours[name]
        if isinstance(a, str) or isinstance(b, str):
            reason = a if isinstance(a, str) else str(b)
            found.append(PairedAttribute(name=name, reason=reason))
            continue
        found.append(_attribute(common, name, (a, b), _limit(old, new), new))
    return tuple(found)


def _is_alike(new: Sensitive, old: Sensitive | None) -> bool:
    """Whether both cut the same column the same way; reference and source form no groups."""
    if old is None:
        return False
    return all(
        getattr(new, key) == getattr(old, key)
        for key in ("column", "bands", "table", "join_on", "probabilities")
    )


def _limit(old: Config, new: Config) -> int:
    """The larger of the two: what either side calls too small is too small."""
    return max(old.fairness.smallest_group, new.fairness.smallest_group)


def _attribute(
    common: Common, name: str, groups: tuple[Groups, Groups], smallest: int, config: Config
) -> PairedAttribute:
    theirs, ours = groups
    if not ours.keys() >= set(common.ids) or not theirs.keys() >= set(common.ids):
        return PairedAttribute(name=name, reason="the snapshots do not hold all common rows")
    places: dict[str, list[int]] = {}
    for position, row_id in enumerate(common.ids):
        places.setdefault(ours[row_id], []).append(position)
    return PairedAttribute(
        name=name,
        groups=_groups(common, places, smallest, config),
        regrouped=sum(theirs[i] != ours[i] for i in common.ids),
    )


def _groups(
    common: Common, places: Mapping[str, Sequence[int]], smallest: int, config: Config
) -> tuple[PairedGroup, ...]:
    """Each group by value; the intervals hold together, over all groups that have one."""
    shown = sum(len(rows) >= smallest for rows in places.values())
    found = []
    for value in sorted(places):
        rows = places[value]
        if len(rows) < smallest:
            reason = f"fewer than {smallest} rows: too small to compare"
            found.append(PairedGroup(value=value, n=len(rows), reason=reason))
            continue
        rate = None
        if config.task == "binary":
            rate = selection_rate(common, rows, favourable(config), over=shown)
        turned = turned_rows(common, rows)
        found.append(PairedGroup(value=value, n=len(rows), turned=turned, selection_rate=rate))
    return tuple(found)
