"""Whether the counts are read as the configuration in the bundle says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Final

from affidavit.bundle.layout import CONFIG
from affidavit.errors import BundleError
from affidavit.evidence import CountSpec
from affidavit.verify.checks import Fault
from affidavit.verify.files import SignedFiles

_LIMIT: Final = 1024 * 1024


def spec_faults(files: SignedFiles, path: str, spec: CountSpec) -> Iterator[Fault]:
    """Where a count specification says something else than affidavit.toml.

    A sensitive attribute of the configuration may be absent from the counts (its table was not
    there: a gap); one that the configuration does not have may not be in them.
    """
    try:
        config = tomllib.loads(files.read(CONFIG, _LIMIT).decode())
    except (BundleError, ValueError, RecursionError) as error:
        yield Fault(f"{CONFIG} cannot be read: {error}", CONFIG)
        return
    label = _table(config.get("label"))
    for name, found in (("positive", spec.positive), ("favourable", spec.favourable)):
        expected = label.get(name)
        if expected is not None and expected != found:
            yield Fault(f"{path}: {name} differs from {CONFIG}", path, str(expected), found)
    is_weighted = _table(config.get("rows")).get("weight") is not None
    if is_weighted != spec.weighted:
        yield Fault(
            f"{path}: weights differ from {CONFIG}", path, str(is_weighted), str(spec.weighted)
        )
    sensitive = _table(config.get("sensitive"))
    for attribute in spec.attributes:
        configured = _table(sensitive.get(attribute.name))
        if not configured:
            yield Fault(
                f"{path}: {attribute.name} is no sensitive attribute in {CONFIG}", path,
                ", ".join(sorted(sensitive)) or "none", attribute.name,
            )  # fmt: skip
            continue
        said = (configured.get("reference"), configured.get("source"))
        if said[0] is None:
            said = (attribute.reference, said[1])  # left to the builder, so any is right
        if said != (attribute.reference, attribute.source):
            yield Fault(
                f"{path}: {attribute.name} differs from {CONFIG}", path,
                f"reference {said[0]}, source {said[1]}",
                f"reference {attribute.reference}, source {attribute.source}",
            )  # fmt: skip


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
