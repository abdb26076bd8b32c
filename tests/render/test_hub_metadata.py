"""The Markdown card as the Hugging Face Hub reads it, without the Hub: nothing is sent."""

from __future__ import annotations

import json

import pytest
from huggingface_hub import ModelCard
from tests.support.cards import Rendered, render_sample
from tests.support.records import RecordBuilder

# huggingface/hub-docs, modelcard.md at commit 0d37e0ca628e11831b738616c681aaa6da5875ea, and the
# fields that huggingface_hub.ModelCardData names beside them (base_model, pipeline_tag, license_*).
FIELDS = {
    "language", "license", "license_name", "license_link", "library_name", "tags", "datasets",
    "metrics", "base_model", "pipeline_tag", "model-index",
}  # fmt: skip
RESULT = {"task", "dataset", "metrics"}
TASK, DATASET = {"type", "name"}, {"type", "name", "config", "split", "revision", "args"}
METRIC = {"type", "value", "name", "config", "args", "verified"}
# https://hf.co/docs/hub/models-tasks, the tasks of tables.
TASKS = {"tabular-classification", "tabular-regression"}
# https://hf.co/metrics: those that we name.
METRICS = {
    "accuracy", "precision", "recall", "f1", "roc_auc", "brier_score", "matthews_correlation",
    "mae", "mse", "r_squared",
}  # fmt: skip


def test_loads_as_a_model_card_with_documented_fields_alone(rendered: Rendered) -> None:
    card = ModelCard(rendered.text("md"))
    fields = card.data.to_dict()

    assert set(fields) <= FIELDS
    assert fields["pipeline_tag"] in TASKS
    assert fields["library_name"] == "sklearn"
    assert set(fields["metrics"]) <= METRICS
    (model,) = fields["model-index"]
    assert model["name"] == "credit-risk"
    for result in model["results"]:
        assert set(result) <= RESULT
        assert set(result["task"]) <= TASK
        assert {"type", "name"} <= set(result["dataset"]) <= DATASET
        assert all({"type", "value"} <= set(m) <= METRIC for m in result["metrics"])
        assert not any(m.get("verified") for m in result["metrics"])  # that is the Hub's to say
    assert card.text.lstrip().startswith("# Credit risk, version 3")


def test_its_results_are_the_cards_numbers(rendered: Rendered) -> None:
    known = {n["id"].split("/")[-1]: n["value"] for n in json.loads(rendered.read("json"))["numbers"]
             if n["id"].startswith("performance/")}  # fmt: skip

    results = ModelCard(rendered.text("md")).data.eval_results

    assert results
    for one in results:
        name = {"r_squared": "r2"}.get(one.metric_type, one.metric_type)
        assert one.metric_value == pytest.approx(known[name], abs=0.0006)
        assert one.task_type == "tabular-classification"


def test_says_neither_licence_nor_data_nor_base_model_that_nobody_knows(rendered: Rendered) -> None:
    fields = ModelCard(rendered.text("md")).data.to_dict()

    assert not {"license", "datasets", "base_model"} & set(fields)


def test_a_hostile_name_stays_a_name(builder: RecordBuilder) -> None:
    builder.name = 'x"\n---\nlicense: mit # \N{RIGHT-TO-LEFT OVERRIDE}: [*a, &b]'
    card = ModelCard(render_sample(builder.build()).text("md"))

    assert set(card.data.to_dict()) <= FIELDS - {"license"}
    (model,) = card.data.to_dict()["model-index"]
    assert model["name"].startswith('x" --- license: mit # ')


def test_without_reports_there_is_no_model_index(builder: RecordBuilder) -> None:
    fields = ModelCard(render_sample(builder.bare().build()).text("md")).data.to_dict()

    assert set(fields) == {"tags"}
