"""What is generated into docs/ is what the code gives, and the schemas judge real records."""

from __future__ import annotations

import importlib.util
import json
import shutil
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml

from affidavit.bundle import canonical
from affidavit.evidence import Evidence, Fact, Subject

ROOT = Path(__file__).parents[2]


def load():
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def schema(name: str) -> jsonschema.Draft202012Validator:
    text = json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(text)
    return jsonschema.Draft202012Validator(text)


def test_the_documents_are_what_the_code_gives() -> None:
    assert load().main(["--check"]) == 0, "run: python docs/generate.py"


def test_a_difference_is_found_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    generate = load()
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    monkeypatch.setattr(generate, "DOCS", tmp_path / "docs")
    assert generate.main(["--check"]) == 0  # the twin

    (tmp_path / "docs" / "cli.md").write_text("old")
    (tmp_path / "docs" / "schemas" / "stray.json").write_text("{}")

    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "docs/cli.md is not what the code gives",
        "docs/schemas/stray.json is not what the code gives",
        "write them again: python docs/generate.py",
    ]
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs" / "schemas").glob("*.json")), ids=lambda p: p.stem
)
def test_each_schema_is_one_with_a_name(path: Path) -> None:
    assert schema(path.stem).schema["$id"] == f"urn:affidavit:schema:{path.stem}:1"


def test_the_evidence_schema_takes_a_record_and_refuses_it_changed() -> None:
    fact = Fact(id="run.id", kind="run", value=None, basis="claimed", source="registry")
    subject = Subject(name="credit-risk", version="3", run_id=None, created_at=None)
    record = json.loads(canonical.record_bytes(Evidence(subject=subject).adding(facts=(fact,))))
    subject_only = {**record, "subject": {**record["subject"], "run_id": None, "created_at": None}}

    assert list(schema("evidence").iter_errors(subject_only)) == []
    assert list(schema("evidence").iter_errors({**subject_only, "approved": True}))
    assert list(schema("evidence").iter_errors({**subject_only, "version": 2}))


@pytest.mark.parametrize("name", ["affidavit", "declarations"])
def test_the_toml_schemas_take_the_sample(name: str) -> None:
    text = (ROOT / "samples" / "credit-risk" / f"{name}.toml").read_text("utf-8")
    document = tomllib.loads(text)

    assert list(schema(name).iter_errors(document)) == []
    assert list(schema(name).iter_errors({**document, "unknown": 1}))


def test_the_catalog_schema_takes_the_catalogs() -> None:
    for path in sorted((ROOT / "policies" / "catalogs").glob("*.yaml")):
        document = json.loads(json.dumps(yaml.safe_load(path.read_text("utf-8")), default=str))
        assert list(schema("catalog").iter_errors(document)) == []
        assert list(schema("catalog").iter_errors({**document, "controls": []}))
