"""A signature over the model's files alone: it lists these very files, and no others."""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.bundle.model_signing import KIND, MODEL, model_statement
from affidavit.errors import UsageError
from affidavit.verify.checks import ASK_AGAIN, Fault, Ledger
from affidavit.verify.files import SignedFiles
from affidavit.verify.records import Records
from affidavit.verify.statements import Statements


def check_model_signatures(
    statements: Statements, files: SignedFiles, records: Records, ledger: Ledger
) -> None:
    """Each such statement is the one that can be made of the model in this bundle."""
    if found := [s for s in statements.all if s.signed.kind == KIND]:
        ledger.run(
            "model-signature", "the model's own signature lists the files of the model",
            (
                fault
                for statement in found
                for fault in _faults(statement.path, statement.signed.payload, files, records)
            ),
            found=f"{len(found)} signed",
        )  # fmt: skip


def _faults(path: str, payload: bytes, files: SignedFiles, records: Records) -> Iterator[Fault]:
    for item in records.evidence.items:
        if item.path.startswith(MODEL) and item.embedded:
            listed = files.listed.get(item.path)
            if listed != item.sha256:
                yield Fault(
                    f"{item.path} is not the file that was signed", item.path,
                    f"sha256 {item.sha256}", f"sha256 {listed}", ASK_AGAIN,
                )  # fmt: skip
    try:
        expected = model_statement(records.evidence)
    except UsageError as error:
        yield Fault(f"{path} cannot be about this model: {error}", path, fix=ASK_AGAIN)
        return
    if payload != expected:
        yield Fault(
            f"{path} lists other files than the model has", path,
            "the files of the model, each by its sha256", "another list", ASK_AGAIN,
        )  # fmt: skip
