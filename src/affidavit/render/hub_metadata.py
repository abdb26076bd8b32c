"""The Markdown card's metadata, as the Hugging Face Hub documents them for a README.md.

Only what is known is said: the Hub checks a licence and data sets against its own lists, and the
record knows neither the model's licence, nor an id of its data there, nor a base model.

References:
    https://github.com/huggingface/hub-docs/blob/main/modelcard.md
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from affidavit.config import Config
from affidavit.evidence import Evidence, Number, Report
from affidavit.render.context import Pair
from affidavit.render.metrics import wording
from affidavit.render.numbers import decimals
from affidavit.render.words import plain, portable

# Our metrics that the Hub's list of metrics knows, by the id there.
_METRICS: Final = {
    "accuracy": "accuracy", "precision": "precision", "recall": "recall", "f1": "f1",
    "roc_auc": "roc_auc", "brier_score": "brier_score",
    "matthews_correlation": "matthews_correlation", "mae": "mae", "mse": "mse", "r2": "r_squared",
}  # fmt: skip
_LIBRARIES: Final = ("sklearn", "keras", "transformers", "spacy", "fastai")
_ACTIVE: Final = re.compile(r"[<>&`|*\[\](){}$~#!]")
_TAGS: Final = ("tabular", "model-card", "affidavit")


def hub_metadata(
    evidence: Evidence, config: Config | None, report: Report | None, masked: Collection[str]
) -> tuple[Pair, ...]:
    """Each field with its value as JSON, which is YAML too.

    Args:
        evidence: names the model and its library.
        config: says the task.
        report: performance of the main role, where it was recomputed.
        masked: ids of numbers that no card prints.
    """
    task = None if config is None else "regression" if config.task == "regression" else "class"
    pipeline = {"regression": "tabular-regression", "class": "tabular-classification"}
    own = [] if report is None else list(_results(report, masked))
    fields: dict[str, Any] = {"tags": _TAGS}
    if (library := _library(evidence)) is not None:
        fields["library_name"] = library
    if task is not None:
        fields["pipeline_tag"] = pipeline[task]
    if own and task is not None and report is not None:
        fields["metrics"] = [one["type"] for one in own]
        role = plain(report.role)
        result = {
            "task": {"type": pipeline[task]},
            "dataset": {"type": portable(f"{evidence.subject.name}-{role}"), "name": role},
            "metrics": own,
        }
        fields["model-index"] = [{"name": plain(evidence.subject.name), "results": [result]}]
    return tuple(
        Pair(term=name, text=_yaml(value)) for name, value in fields.items()
    )  # fmt: skip


def _yaml(value: Any) -> str:
    """JSON in which no string holds what a viewer of Markdown without metadata would act on."""
    if isinstance(value, str):
        return _ACTIVE.sub(lambda m: f"\\u{ord(m[0]):04x}", json.dumps(value, ensure_ascii=False))
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_yaml(k)}: {_yaml(v)}' for k, v in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_yaml, value))}]"
    return json.dumps(value)


def front_matter(fields: Sequence[Pair]) -> str:
    """The block that a Markdown file opens with."""
    return "".join(("---\n", *(f"{field.term}: {field.text}\n" for field in fields), "---\n\n"))


def _library(evidence: Evidence) -> str | None:
    fact = evidence.fact("model.flavor")
    words = str(fact.value if fact is not None else "").replace("scikit-learn", "sklearn")
    known = [one for one in words.replace(",", " ").split() if one in _LIBRARIES]
    return known[0] if known else None


def _results(report: Report, masked: Collection[str]) -> Iterator[dict[str, Any]]:
    """Numbers over all rows, rounded as the tables print them."""
    for number in report.numbers:
        is_whole = not number.group and number.label is None and number.id not in masked
        if is_whole and number.metric in _METRICS and number.value is not None:
            yield {
                "type": _METRICS[number.metric], "value": _rounded(number, number.value),
                "name": wording(number.metric, "").title,
            }  # fmt: skip


def _rounded(number: Number, value: float) -> float:
    return round(value, decimals(number.low, number.high))
