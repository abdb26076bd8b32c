"""The model's files, scanned for what they would import, before anything loads them.

Hostile bytes are parsed in a process of its own, shut in as the model's is, with Affidavit's own
interpreter; here its answer is parsed. The list is for people: nothing is allowed because of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from affidavit.bundle import canonical
from affidavit.bundle.canonical import Json
from affidavit.config import Worker
from affidavit.errors import BundleError, WorkerError
from affidavit.evidence import Finding, Item
from affidavit.printable import printable
from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.sandbox import bounds, plan_launch
from affidavit.recompute.worker.scratch import scratch_folder
from affidavit.recompute.worker.session import open_session
from affidavit.scan_record import DANGEROUS, NOT_RUN, SCAN, UNREAD, Scan, ScannedFile
from affidavit.workspace import Workspace

MAX_ANSWER = 16 << 20
_LIMITS = Worker(memory_mb=1024, timeout_s=120)
_SHOWN = 5
_DOING = "listing what the model's files import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What the scan gave: the list as an item, unless it could not be made, and its findings."""

    items: tuple[Item, ...] = ()
    findings: tuple[Finding, ...] = ()


def scan_model(model: Path, work: Workspace) -> Scanned:
    """Scan the model's folder, and write reports/scan.json.

    Args:
        model: the folder with the model's files, by their own names.
        work: where the list is written.
    """
    try:
        scan, left_out = _ask(model, work.root)
    except WorkerError as error:
        return Scanned(findings=(_not_run(error),))
    item = work.write(
        SCAN, canonical.record_bytes(scan), kind="scan", origin="recomputed",
        media_type="application/json",
    )  # fmt: skip
    return Scanned(items=(item,), findings=tuple(_findings(scan, left_out)))


def _ask(model: Path, beside: Path) -> tuple[Scan, int]:
    with ExitStack() as stack:
        ours = stack.enter_context(scratch_folder(beside))
        launch = plan_launch(model, _LIMITS, own_interpreter(), ours)
        session = stack.enter_context(open_session(launch, bounds(_LIMITS)))
        order: dict[str, Json] = {
            "type": "scan", "folder": launch.folder, "packages": list(launch.packages),
        }  # fmt: skip
        answer = session.call(order, expect="scanned", doing=_DOING, max_body=MAX_ANSWER)
        try:
            said = canonical.loads(answer.body, "the list of imports")
            document = {str(k): v for k, v in said.items()} if isinstance(said, dict) else {}
            left_out = document.pop("left_out", 0)
            # As JSON again: only then does pydantic's strict mode take lists for tuples.
            scan = Scan.model_validate_json(canonical.dumps(document))
        except (BundleError, ValueError, ValidationError) as error:
            raise session.wrong(_DOING, "an answer that is no list of imports") from error
    return scan, left_out if isinstance(left_out, int) else 0


def _findings(scan: Scan, left_out: int) -> Iterator[Finding]:
    if dangerous := scan.dangerous:
        yield Finding(
            id=DANGEROUS, kind="exception", stage="recompute",
            what="the model's files import what can run programs, open files or connections, or "
            "call anything by name",
            expected="imports of model libraries only",
            found=_few([f"{g.module}.{g.name} in {path}" for path, g in dangerous]),
            fix="ask the author why; the sandbox in force when it was loaded is named in the seal",
            items=(SCAN,),
        )  # fmt: skip
    if (unread := scan.unread) or left_out:
        named = [_why(f) for f in unread] + ([f"{left_out} more files"] if left_out else [])
        yield Finding(
            id=UNREAD, kind="gap", stage="recompute",
            what="not every file of the model could be read for its imports",
            expected="files that are read to their end", found=_few(named),
            fix="save the model in a plain form (skops, or one pickle), or look into these by hand",
            items=(SCAN,),
        )  # fmt: skip


def _why(file: ScannedFile) -> str:
    return f"{file.path} ({file.error})"


def _few(named: list[str]) -> str:
    more = len(named) - _SHOWN
    shown = "; ".join(printable(n)[:200] for n in named[:_SHOWN])
    return shown + (f"; and {more} more" if more > 0 else "")


def _not_run(error: WorkerError) -> Finding:
    return Finding(
        id=NOT_RUN, kind="gap", stage="recompute",
        what="what the model's files import is not listed", expected="a list of imports",
        found=f"{error.what}: {error.cause}" if error.cause else error.what,
        fix="look into the model's files by hand before you trust them", items=(),
    )  # fmt: skip
