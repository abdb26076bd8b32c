"""A catalog that is not ours, in a process that can be ended.

Its expressions cannot reach anything, but they can take for ever: they run here, one control after
the other, and the control that was being looked at when the time was up is named.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

from affidavit.assess import example
from affidavit.assess.catalog import Catalog, Control
from affidavit.assess.context import Context
from affidavit.assess.expressions import Prepared, evaluate, holds, paths
from affidavit.assess.rules import assess_control
from affidavit.assess.vocabulary import needs_of, parse_vocabulary, read_vocabulary
from affidavit.assess.yaml_reader import parse_record
from affidavit.errors import AffidavitError, ConfigError
from affidavit.standing import Assessment, Counterpart

TIMEOUT_S: Final = 30.0
_REFUSED: Final = 2
_WANTED: Final = {
    "when": holds,
    "present": holds,
    "holds": holds,
    "asked_when": holds,
    "items": paths,
}


def assess_apart(
    catalog: Catalog,
    content: bytes,
    context: Context,
    *,
    as_of: str,
    counterparts: Mapping[str, tuple[Counterpart, ...]],
    vocabulary: bytes | None = None,
    timeout_s: float = TIMEOUT_S,
) -> tuple[Assessment, ...]:
    """Assess every control of a catalog in a process of its own.

    Args:
        catalog: what `content` says.
        content: the catalog's own bytes.
        context: the record.
        as_of: the day, YYYY-MM-DD.
        counterparts: by control id.
        vocabulary: evidence.yaml, by which its needs are read; None takes the shipped one.
        timeout_s: for the whole catalog.

    Raises:
        ConfigError: an expression fails on this record, or the time was up; names the control.
    """
    crossed = {k: [c.model_dump(mode="json") for c in v] for k, v in counterparts.items()}
    lines = _run(
        catalog, content, timeout_s,
        values=context.values, digests=context.digests, as_of=as_of, counterparts=crossed,
        vocabulary=base64.b64encode(vocabulary or read_vocabulary().content).decode(),
    )  # fmt: skip
    return tuple(Assessment.model_validate_json(line) for line in lines)


def probe(catalog: Catalog, content: bytes, *, timeout_s: float = TIMEOUT_S) -> tuple[str, ...]:
    """Faults of expressions that show only when they are evaluated: another type, no end.

    Every expression is tried on a record where all is there, and on one where nothing is. A name
    that these records do not hold (a number by its id, say) is no fault.

    Raises:
        ConfigError: the time was up; names the control.
    """
    lines = _run(catalog, content, timeout_s)
    return tuple(fault for line in lines for fault in json.loads(line))


def _run(catalog: Catalog, content: bytes, timeout_s: float, **record: Any) -> list[bytes]:
    """The lines that the process prints, one a control."""
    asked = {"catalog": base64.b64encode(content).decode(), **record}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "affidavit.assess.contained"],
            input=json.dumps(asked).encode(), capture_output=True, timeout=timeout_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        at = min((error.stdout or b"").count(b"\n"), len(catalog.controls) - 1)
        raise ConfigError(
            f"control {catalog.controls[at].id} of {catalog.id}: not done after {timeout_s:g} s",
            "an expression of it is too much for a record",
            "write it without a macro within a macro over long lists",
        ) from error
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode == _REFUSED:
        raise ConfigError(said)
    if done.returncode != 0:
        raise AffidavitError(f"catalog {catalog.id} could not be read", said.rpartition("\n")[2])
    return done.stdout.splitlines()


def _main() -> int:
    asked = json.load(sys.stdin)
    catalog = parse_record(Catalog, base64.b64decode(asked["catalog"]), "catalog")
    for control in catalog.controls:
        try:
            line = _assessed(control, catalog, asked) if "values" in asked else _probed(control)
        except ConfigError as error:
            sys.stderr.write(f"{error}\n")
            return _REFUSED
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    return 0


def _assessed(control: Control, catalog: Catalog, asked: dict[str, Any]) -> str:
    counterparts = asked["counterparts"].get(control.id, ())
    vocabulary = parse_vocabulary(base64.b64decode(asked["vocabulary"]))
    found = assess_control(
        control, catalog, needs_of(control, vocabulary), Context(asked["values"], asked["digests"]),
        as_of=asked["as_of"],
        counterparts=tuple(Counterpart.model_validate(c) for c in counterparts),
    )  # fmt: skip
    return found.model_dump_json(by_alias=True)


def _probed(control: Control) -> str:
    found = (_fault(place, text, context.prepared)
             for place, text in control.expressions()
             for context in (example.full(), example.empty()))  # fmt: skip
    return json.dumps([f"{control.id} {fault}" for fault in dict.fromkeys(found) if fault])


def _fault(place: str, text: str, values: Prepared) -> str | None:
    try:
        _WANTED.get(place.rpartition(".")[2], evaluate)(text, values)
    except ConfigError as error:
        return None if isinstance(error.__cause__, KeyError) else f"{place}: {error}"
    return None


if __name__ == "__main__":
    sys.exit(_main())
