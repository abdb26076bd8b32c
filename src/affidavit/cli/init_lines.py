"""What `init` shows: what was found, and where the places left open are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from affidavit.printable import printable
from affidavit.wording import count_text

if TYPE_CHECKING:
    from affidavit.starting.glimpse import Table
    from affidavit.starting.known import Chain, Known
    from affidavit.toml_reader import OpenPlace

SHOWN = 8  # names in one line, before the rest is a count
_HAS_CONFIG = (
    "the commit has its affidavit.toml already, and a build reads it without "
    "--config. Another one, given by --config, counts as set after training."
)
_TREES = {
    "clean": "no uncommitted changes, says the run",
    "dirty": "with uncommitted changes, says the run",
    "unknown": "uncommitted changes: the run does not say",
}


def found_fields(known: Known) -> list[tuple[str, str]]:
    """Label and text of everything that was found, safe to show."""
    fields = _chain_fields(known.chain, known.repository) if known.chain is not None else []
    if known.has_config:
        fields.append(("settings", _HAS_CONFIG))
    if known.tracked:
        fields.append(("DVC tracks", _some(known.tracked)))
    fields.append(("inputs", _inputs(known)))
    fields += [("data", _data(t)) for t in known.tables]
    fields += [("unread", f"{printable(path)}: {printable(why)}") for path, why in known.unread]
    if not known.tables:
        fields.append(
            ("data", "no file was read, so columns are not listed: give --dataset evaluation=FILE")
        )
    return fields


def _data(table: Table) -> str:
    given = f"{table.role}, given: " if table.role is not None else ""
    return f"{given}{printable(table.path)}: {table.size}"


def _chain_fields(chain: Chain, lacking: str) -> list[tuple[str, str]]:
    registered = [f"registered {chain.registered}"] if chain.registered else []
    if chain.registered_by:
        registered.append(f"by {printable(chain.registered_by)}")
    fields = [("version", ", ".join([chain.version, " ".join(registered)]).rstrip(", "))]
    fields.append(("run", _run(chain)))
    if chain.commit is None:
        fields.append(("commit", "none is named: give --commit with its full id, if there is one"))
    else:
        told = [printable(chain.commit), *([lacking] if lacking else [])]
        tree = _TREES[chain.dirty] if chain.commit_by == "the run" else "given by --commit"
        fields.append(("commit", f"{'; '.join(told)}\n{tree}"))
    fields += [("logged data", _logged(i.name, i.context, i.path)) for i in chain.inputs[:SHOWN]]
    if chain.metrics:
        shown = [f"{printable(k)} {v:.6g}" for k, v in chain.metrics]
        fields.append(("metrics", _some(shown)))
    return fields


def _run(chain: Chain) -> str:
    if chain.run is None:
        return "the version names none"
    if chain.run_lost:
        return f"{printable(chain.run)} is named, and the server has none of that id"
    name = f" ({printable(chain.run_name)})" if chain.run_name else ""
    return f"{printable(chain.run)}{name}, {printable(chain.run_status or '')}"


def _logged(name: str, context: str | None, path: str | None) -> str:
    told = [printable(part) for part in (context or name, path) if part]
    return ": ".join(told)


def _inputs(known: Known) -> str:
    if known.features:
        told = f"{len(known.features)} by the signature: {_some(known.features)}"
        lacking = "; not among the columns of the data: does code make them? [model] adapter"
        return told + lacking if known.needs_adapter else told
    if known.example:
        return f"no signature; {len(known.example)} in the input example: {_some(known.example)}"
    return "the model has no signature: [features] is needed"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(printable(name) for name in names[:SHOWN])
    left = len(names) - SHOWN
    return f"{shown} and {left} more" if left > 0 else shown


def open_text(places: Sequence[OpenPlace]) -> str:
    """How many places are open, and in which lines."""
    if not places:
        return "nothing is left open"
    lines = ", ".join(str(place.line) for place in places)
    return f"{count_text(len(places), 'place')} left open, in line {lines}"
