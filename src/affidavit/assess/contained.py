"""A catalog that is not ours, over a record, in a process that can be ended.

Its expressions cannot reach anything, but they can take for ever: they run here, one control after
the other, and the control that was being held against the record when the time was up is named.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

from affidavit.assess.catalog import Catalog
from affidavit.assess.context import Context
from affidavit.assess.loading import LoadedCatalog
from affidavit.assess.rules import assess_control
from affidavit.assess.vocabulary import needs_of, parse_vocabulary
from affidavit.assess.yaml_reader import parse_record
from affidavit.errors import AffidavitError, ConfigError
from affidavit.standing import Assessment, Counterpart

TIMEOUT_S: Final = 30.0
_REFUSED: Final = 2


def assess_apart(
    loaded: LoadedCatalog,
    context: Context,
    as_of: str,
    counterparts: Mapping[str, tuple[Counterpart, ...]],
    *,
    timeout_s: float = TIMEOUT_S,
) -> tuple[Assessment, ...]:
    """Assess every control of a catalog in a process of its own.

    Raises:
        ConfigError: an expression fails on this record, or the time was up; names the control.
    """
    asked = json.dumps({
        "catalog": base64.b64encode(loaded.content).decode(),
        "vocabulary": base64.b64encode(loaded.vocabulary.content).decode(),
        "values": context.values, "digests": context.digests, "as_of": as_of,
        "counterparts": {
            k: [c.model_dump(mode="json") for c in v] for k, v in counterparts.items()
        },
    })  # fmt: skip
    command = [sys.executable, "-P", "-m", "affidavit.assess.contained"]
    name = loaded.catalog.id
    try:
        done = subprocess.run(
            command, input=asked.encode(), capture_output=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        at = (error.stdout or b"").count(b"\n")
        control = loaded.catalog.controls[min(at, len(loaded.catalog.controls) - 1)].id
        raise ConfigError(
            f"control {control} of {name}: not done after {timeout_s:g} s",
            "an expression of it is too much for this record",
            "write it without a macro within a macro over long lists",
        ) from error
    if done.returncode == _REFUSED:
        raise ConfigError(done.stderr.decode("utf-8", "replace").strip())
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise AffidavitError(f"catalog {name} could not be assessed", last)
    return tuple(Assessment.model_validate_json(line) for line in done.stdout.splitlines())


def _main() -> int:
    asked = json.load(sys.stdin)
    catalog = parse_record(Catalog, base64.b64decode(asked["catalog"]), "catalog")
    vocabulary = parse_vocabulary(base64.b64decode(asked["vocabulary"]))
    context = Context(asked["values"], asked["digests"])
    for control in catalog.controls:
        counterparts = tuple(
            Counterpart.model_validate(c) for c in asked["counterparts"].get(control.id, ())
        )
        try:
            found = assess_control(
                control,
                catalog,
                needs_of(control, vocabulary),
                context,
                asked["as_of"],
                counterparts,
            )
        except ConfigError as error:
            sys.stderr.write(f"{error}\n")
            return _REFUSED
        sys.stdout.write(found.model_dump_json(by_alias=True) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(_main())
