"""One decision made by hand, as an explanation would give it, and what is around it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from affidavit.config import Config, Declarations, Document
from affidavit.explanation_record import (
    Attribution,
    Change,
    Counterfactual,
    Decision,
    Input,
    Lacking,
    Reason,
    Reasons,
)
from affidavit.render.person import Concerning

METHOD = "by size of the attribution; ties by name"
INPUTS: dict[str, Any] = {
    "debt_to_income": 0.46, "credit_history": 5.0, "loan_to_value": 0.92, "income": 45_000.0,
    "unemployment_rate": 3.9, "self_employed": False, "region": "north", "past_default": None,
}  # fmt: skip
MOVED = {
    "debt_to_income": 0.81, "credit_history": 0.55, "loan_to_value": 0.3, "income": -0.22,
    "unemployment_rate": 0.06, "self_employed": 0.02, "region": -0.01, "past_default": 0.0,
}  # fmt: skip


def config(**changes: Any) -> Config:
    return Config.model_validate({
        "version": 1, "task": "binary",
        "label": {"column": "deny", "kind": "outcome", "positive": "yes", "favourable": "no",
                  "favourable_means": "the loan was not denied"},
        "decision": {"threshold": 0.5},
        "sensitive": {"sex": {"column": "sex", "source": "observed"},
                      "age": {"column": "age", "source": "observed"}},
        "datasets": {"evaluation": {"path": "rows.csv", "include": "embed"}}, **changes,
    }, strict=False)  # fmt: skip


def declared(**changes: Any) -> Declarations:
    return Declarations(version=1, **{
        "title": "Mortgage screen", "automated": "score-drawn-on",
        "purpose": "Ranks applications, so that an underwriter reads the likely denials first.",
        "consequences": "An application that is denied can be made again at any time.",
        "oversight": "The underwriter on duty can set the score aside, before the letter is sent.",
        "safeguards": "Write to appeals@bank.example within 30 days. Another person decides then.",
        "owner": "Head of Mortgage Lending, mortgages@bank.example",
        "document": (Document(about="appeal-process", title="How we review a decision",
                              dated="2026-02-01", location="https://bank.example/review"),),
        **changes,
    })  # fmt: skip


def adverse(**changes: Any) -> Decision:
    """Score 0.73, at or above 0.5, so denied; three reasons, two ways out."""
    reasons = Reasons(status="issued", method=METHOD, reasons=(
        Reason(code="R05", text="Your debts are high for your income.",
               features=("debt_to_income",), value=0.81, share=0.47),
        Reason(code="R02", text="Past payments were late.", features=("credit_history",),
               value=0.55, share=0.32),
        Reason(code=None, text="loan_to_value", features=("loan_to_value",), value=0.3, share=0.17),
    ))  # fmt: skip
    ways = (
        Counterfactual(changes=(Change(column="debt_to_income", was=0.46, now=0.31),), score=0.44,
                       decision="no", distance=1.2),
        Counterfactual(changes=(Change(column="loan_to_value", was=0.92, now=0.8),
                                Change(column="income", was=45_000.0, now=52_000.0)),
                       score=0.48, decision="no", distance=2.1),
    )  # fmt: skip
    return Decision(**{
        "row_id": "a00017", "chosen": ("given",), "score": 0.73, "output": 0.99, "threshold": 0.5,
        "label": "yes", "is_adverse": True,
        "inputs": tuple(Input(column=k, value=v) for k, v in INPUTS.items()),
        "attributions": tuple(Attribution(feature=k, value=v) for k, v in MOVED.items()),
        "counterfactuals": ways, "reasons": reasons, **changes,
    })  # fmt: skip


def favourable() -> Decision:
    return adverse(
        score=0.2, output=-1.39, label="no", is_adverse=False, counterfactuals=(),
        reasons=Reasons(status="favourable", method=METHOD),
    )  # fmt: skip


def protected() -> Decision:
    return adverse(reasons=Reasons(status="protected", method=METHOD, protected=("age",)))


def other() -> Decision:
    return adverse(label="no", final="yes", score=0.3, is_adverse=False, counterfactuals=(),
                   reasons=Reasons(status="other", method=METHOD))  # fmt: skip


def concerning(decision: Decision | None = None, **changes: Any) -> Concerning:
    about = Concerning(
        name="mortgage-screen", version="3", evidence_id="f00dfeedf00d" + "0" * 52,
        signed_by="release.pub", made_on="2026-11-29", decision=decision or adverse(), of="yes",
        lacking=(), config=config(), declarations=declared(),
    )  # fmt: skip
    return replace(about, **changes)


LACKING = Lacking(part="anchors", reason="alibi is not installed.", fix="install it")
