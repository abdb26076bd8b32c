"""Facts on the code of a notebook are what the run's tags say."""

from __future__ import annotations

import pytest

from affidavit.evidence import Evidence, Fact, Subject
from affidavit.run_record import TAGS, TagsFile
from affidavit.verify.provenance import provenance_faults
from affidavit.verify.records import Records

PATH = {"mlflow.databricks.notebookPath": "/Users/ada/train"}


@pytest.mark.parametrize(
    ("tags", "faults"),
    [
        (PATH, []),
        ({**PATH, "mlflow.databricks.notebookPath": "/Users/eve/train"},
         ["code.notebook: the provenance and data/run/tags.json disagree"]),
        ({}, ["code.notebook: the provenance and data/run/tags.json disagree"]),
        (None, ["code.notebook: the provenance and data/run/tags.json disagree"]),
    ],
)  # fmt: skip
def test_a_notebook_that_no_tag_names_is_refused(
    tags: dict[str, str] | None, faults: list[str]
) -> None:
    fact = Fact(
        id="code.notebook", kind="code", value="/Users/ada/train", basis="claimed", source="run"
    )
    evidence = Evidence(subject=Subject(name="m", version="1"), provenance=(fact,))
    said = TagsFile(run=tags, model_version={})

    found = provenance_faults(
        Records(evidence=evidence, evidence_id="e", derived=None, run={TAGS: said})
    )

    assert [f.what for f in found] == faults
