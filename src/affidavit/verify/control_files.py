"""What stands beside controls/<catalog>.json: its catalog, its spreadsheet, and nothing else."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

from affidavit.bundle.layout import CONTROLS, OSCAL
from affidavit.control_table import as_csv
from affidavit.shipped import shipped
from affidavit.standing import CatalogStanding
from affidavit.verify.checks import UPDATE, Fault, Ledger
from affidavit.verify.files import SignedFiles
from affidavit.verify.records import Records

_VOCABULARY: Final = f"{CONTROLS}/evidence.yaml"


def check_control_files(files: SignedFiles, records: Records, ledger: Ledger) -> None:
    """The files of the controls against the records; and whose catalogs they are."""
    ledger.run(
        "control-file", "each catalog's table and spreadsheet say the same, beside its own bytes",
        _file_faults(files, records),
    )  # fmt: skip
    for path, standing in sorted(records.standings.items()):
        if said := _whose(standing):
            ledger.not_run("catalog", said, path=path, fix=UPDATE, required=False)


def _file_faults(files: SignedFiles, records: Records) -> Iterator[Fault]:
    expected = {_VOCABULARY}
    for path, standing in records.standings.items():
        stem = f"{CONTROLS}/{standing.catalog}"
        expected |= {f"{stem}.{suffix}" for suffix in ("json", "csv", "yaml")}
        if path != f"{stem}.json":
            yield Fault("a catalog's table has another name", path, f"{stem}.json", path)
        yield from _twice_faults(path, standing)
        yield from _bytes_faults(files, f"{stem}.yaml", standing.catalog_sha256, "assessed")
        table = hashlib.sha256(as_csv(standing)).hexdigest()
        yield from _bytes_faults(files, f"{stem}.csv", table, "that follow from the JSON beside it")
    for path in sorted(set(files.listed) - expected - set(records.standings)):
        if path.startswith(f"{CONTROLS}/") and not path.startswith(f"{OSCAL}/"):
            yield Fault(f"{path} belongs to no catalog", path, "no such file", "there")


def _bytes_faults(files: SignedFiles, path: str, sha256: str, which: str) -> Iterator[Fault]:
    found = files.listed.get(path)
    if found != sha256:
        yield Fault(f"{path} has not the bytes {which}", path, sha256, found or "no such file")


def _twice_faults(path: str, standing: CatalogStanding) -> Iterator[Fault]:
    for control, times in Counter(a.control for a in standing.assessments).items():
        if times > 1:
            yield Fault(f"control {control} stands {times} times", path, "once", str(times))


def _whose(standing: CatalogStanding) -> str:
    """What to know of a catalog that is not, byte for byte, one that this version ships."""
    ours = shipped("policies") / "catalogs" / f"{standing.catalog}.yaml"
    if "/" in standing.catalog or not ours.is_file():
        return f"catalog {standing.catalog} is the builder's own: what it asks for is theirs to say"
    if hashlib.sha256(ours.read_bytes()).hexdigest() == standing.catalog_sha256:
        return ""
    return (
        f"catalog {standing.catalog} has other bytes than the one that this affidavit ships: it is "
        "of another version, or was edited"
    )
