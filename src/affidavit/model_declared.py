"""What affidavit.toml declares of how the model is asked, and of what decides beside it.

Nothing here can measure it: that these parameters are in force, that this function prepares the
model's input, that no other rule decides. Resolve states the facts, page one and the exit summary
print the sentences, and verify derives both again.
"""

from __future__ import annotations

import json
from typing import Final

from affidavit.bundle import canonical
from affidavit.config import Config, Param
from affidavit.evidence import Digest, Evidence, Fact
from affidavit.printable import printable

ADAPTER: Final = "model.adapter"
BESIDE: Final = "decision.beside"
PARAM: Final = "model.params."
_SAFE: Final = 2**53
_SAYS: Final = "so affidavit.toml says; nothing here measured it"


def configured_facts(config: Config) -> tuple[Fact, ...]:
    """The facts that the configuration alone gives, each with the basis *declared*.

    Of an adapter the name; resolve adds the file that it is in, and its digest.
    """
    found = [
        Fact(
            id=f"{PARAM}{name}", kind="model", value=_plain(value), basis="declared",
            source="affidavit.toml: [model] params",
        )
        for name, value in config.model.params.items()
    ]  # fmt: skip
    if config.model.adapter is not None:
        found.append(adapter_fact(config.model.adapter))
    if config.decision.beside:
        found.append(
            Fact(
                id=BESIDE, kind="declarations", value="; ".join(config.decision.beside),
                basis="declared", source="affidavit.toml: [decision] beside",
            )
        )  # fmt: skip
    return tuple(found)


def adapter_fact(adapter: str, path: str = "", digest: Digest | None = None) -> Fact:
    """The fact of an adapter; `path` and `digest` are of its file at the commit."""
    where = f", {path} at the commit" if path else ""
    return Fact(
        id=ADAPTER, kind="model", value=adapter, digest=digest, basis="declared",
        source=f"affidavit.toml: [model] adapter{where}",
    )  # fmt: skip


def module_files(adapter: str) -> tuple[str, ...]:
    """Where in a commit an adapter's module may be, in the order in which it is looked for."""
    module = adapter.partition(":")[0].replace(".", "/")
    names = (f"{module}.py", f"{module}/__init__.py")
    return tuple(f"{folder}{name}" for folder in ("src/", "") for name in names)


def is_configured(fact_id: str) -> bool:
    """Whether a fact is one of these."""
    return fact_id in (ADAPTER, BESIDE) or fact_id.startswith(PARAM)


def sentences(evidence: Evidence) -> tuple[str, ...]:
    """What page one says of these facts, the most important first."""
    said = []
    if (beside := evidence.fact(BESIDE)) is not None:
        said.append(
            "This model is one part of the decision: beside it decide "
            f"{printable(str(beside.value))}; {_SAYS}."
        )
    if (adapter := evidence.fact(ADAPTER)) is not None:
        said.append(
            f"The data go through {printable(str(adapter.value))}, a function of the training "
            f"commit, before the model: {_SAYS}."
        )
    params = [f for f in evidence.provenance if f.id.startswith(PARAM)]
    if params:
        listed = ", ".join(
            f"{printable(f.id.removeprefix(PARAM))} = {printable(str(f.value))}" for f in params
        )
        said.append(f"The model is asked with {listed}: {_SAYS}.")
    return tuple(said)


def _plain(value: Param) -> str | int | float | bool:
    """As the record has it once it was written and read: 3.0 is 3 there, and a list is its text."""
    if isinstance(value, tuple):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, float):
        return value
    number = canonical.rounded(value)
    return int(number) if number.is_integer() and abs(number) < _SAFE else number
