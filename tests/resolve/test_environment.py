"""What the model was logged with: pins and what is none, Python, platform, an SBOM."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from affidavit.errors import SourceError
from affidavit.evidence import Item, Subject
from affidavit.requirements import read_requirements
from affidavit.resolve.environment import collect_environment, render_sbom
from affidavit.resolve.interface import Part, Run
from affidavit.resolve.mlmodel import ModelFile, read_mlmodel
from affidavit.workspace import Workspace

SUBJECT = Subject(
    name="credit-risk", version="3", run_id=None, created_at=datetime(2026, 11, 12, tzinfo=UTC)
)
MODEL_FILE = ModelFile(
    run_id=None, model_id=None, flavors=("sklearn",), python_version="3.11.7", mlflow_version=None
)
RUN = Run(
    run_id="r", name=None, experiment_id="1", status="FINISHED", is_deleted=False, user=None,
    started_at=None, ended_at=None, artifact_location="", params={}, tags={}, metrics=(), inputs=(),
)  # fmt: skip
PINNED = b"scikit-learn==1.9.1\nnumpy==2.4.6\n"


def collect(
    tmp_path: Path,
    files: dict[str, bytes],
    *,
    model_file: ModelFile | None = MODEL_FILE,
    run: Run | None = RUN,
) -> tuple[Part, Workspace]:
    work = Workspace(tmp_path)
    items = tuple(_model_item(work, name, content) for name, content in files.items())
    return collect_environment(items, model_file, run, SUBJECT, work), work


def _model_item(work: Workspace, name: str, content: bytes) -> Item:
    return work.write(
        f"data/model/{name}", content, kind="model", origin="collected", media_type="text/plain"
    )


def test_pinned_requirements_leave_no_finding(tmp_path: Path) -> None:
    files = {"requirements.txt": PINNED, "python_env.yaml": b"python: 3.11.7\n"}

    part, work = collect(tmp_path, files)

    assert part.findings == ()
    facts = {f.id: f for f in part.facts}
    assert facts["environment.python"].value == "3.11.7"
    assert facts["environment.requirements"].value == 2
    assert {f.basis for f in part.facts} == {"claimed"}
    copied = {i.path: work.locate(i).read_bytes() for i in part.items}
    assert copied["data/environment/requirements.txt"] == PINNED


def test_an_unpinned_requirement_is_a_gap_that_names_its_line(tmp_path: Path) -> None:
    part, _ = collect(tmp_path, {"requirements.txt": PINNED + b"pandas>=2\n"})

    (gap,) = part.findings
    assert (gap.id, gap.kind, gap.found) == (
        "environment.requirements", "gap", "line 3, no single version: pandas>=2",
    )  # fmt: skip


def test_a_file_of_many_lines_that_are_no_pins_makes_a_finding_of_bounded_length(
    tmp_path: Path,
) -> None:
    part, _ = collect(
        tmp_path, {"requirements.txt": b"--index-url " + b"x" * 999 + b"\n" + b"a\n" * 99}
    )

    (gap,) = part.findings
    assert gap.found.startswith("line 1, an option: --index-url xxx")
    assert gap.found.endswith("line 20, no single version: a; and 80 more lines")
    assert len(gap.found) < 2000


def test_a_wheel_among_the_models_files_is_named_with_its_digest(tmp_path: Path) -> None:
    """Plain Python that requirements.txt names by path is pinned by its bytes; others stay a gap."""
    wheels = {
        "code/house_rules-1.2-py3-none-any.whl": b"plain",
        "code/fast-3.0-cp311-cp311-linux_x86_64.whl": b"compiled",
        "extra/unused-0.1-py3-none-any.whl": b"unused",
        "code/not a wheel.whl": b"no name",
    }
    lines = b"".join(f"./{name}\n".encode() for name in list(wheels)[:2])
    gone = b"code/gone-1.0-py3-none-any.whl\n../away-1.0-py3-none-any.whl\n"
    files = {"requirements.txt": PINNED + lines + gone, **wheels}

    part, work = collect(tmp_path, files)

    facts = {f.id: f for f in part.facts if f.basis == "measured"}
    assert {name: (f.value, f.source) for name, f in facts.items()} == {
        "environment.package/code/house_rules-1.2-py3-none-any.whl": (
            "house-rules 1.2",
            "model artifact: code/house_rules-1.2-py3-none-any.whl; requirements.txt, line 3",
        ),
        "environment.wheel/code/fast-3.0-cp311-cp311-linux_x86_64.whl": (
            "fast 3.0", "model artifact: code/fast-3.0-cp311-cp311-linux_x86_64.whl",
        ),
        "environment.wheel/extra/unused-0.1-py3-none-any.whl": (
            "unused 0.1", "model artifact: extra/unused-0.1-py3-none-any.whl",
        ),
    }  # fmt: skip
    for name, fact in facts.items():
        content = wheels[name.partition("/")[2]]
        assert fact.digest is not None
        assert fact.digest.value == hashlib.sha256(content).hexdigest()
    (gap,) = part.findings
    assert gap.found is not None
    assert [line.partition(",")[0] for line in gap.found.split("; ")] == [
        "line 4", "line 5", "line 6",
    ]  # fmt: skip
    assert "--wheelhouse DIR" in gap.fix
    assert "--model-env PATH" in gap.fix
    sbom = work.locate(part.items[-1]).read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom) is None
    (house,) = (c for c in json.loads(sbom)["components"] if c["name"] == "house-rules")
    digest = hashlib.sha256(b"plain").hexdigest()
    assert house["hashes"] == [{"alg": "SHA-256", "content": digest}]


def test_no_requirements_is_a_gap(tmp_path: Path) -> None:
    part, _ = collect(tmp_path, {"MLmodel": b""})

    assert [(f.id, f.kind) for f in part.findings] == [("environment.requirements", "gap")]


def test_two_python_versions_are_an_exception(tmp_path: Path) -> None:
    files = {"requirements.txt": PINNED, "python_env.yaml": b"python: 3.12.1\n"}

    part, _ = collect(tmp_path, files)

    (finding,) = part.findings
    assert (finding.kind, finding.expected, finding.found) == (
        "exception", "3.11.7 (MLmodel)", "3.12.1 (python_env.yaml)",
    )  # fmt: skip


@pytest.mark.parametrize("content", [None, b"[", b"- a\n", b"python: [1]\n", b"\xff", b""])
def test_python_comes_from_mlmodel_where_the_file_does_not_say(
    tmp_path: Path, content: bytes | None
) -> None:
    files = {"requirements.txt": PINNED} | ({"python_env.yaml": content} if content else {})

    part, _ = collect(tmp_path, files)

    (python,) = [f for f in part.facts if f.id == "environment.python"]
    assert (python.value, python.source) == ("3.11.7", "model artifact: MLmodel")


def test_no_python_anywhere_is_a_gap(tmp_path: Path) -> None:
    part, _ = collect(tmp_path, {"requirements.txt": PINNED}, model_file=None)

    assert [(f.id, f.kind) for f in part.findings] == [("environment.python", "gap")]


def test_the_platform_is_what_the_run_says_or_absent(tmp_path: Path) -> None:
    tagged = replace(RUN, tags={"affidavit.platform": "linux-x86_64"})

    said, _ = collect(tmp_path / "a", {"requirements.txt": PINNED}, run=tagged)
    unsaid, _ = collect(tmp_path / "b", {"requirements.txt": PINNED})

    assert [f.value for f in said.facts if f.id == "environment.platform"] == ["linux-x86_64"]
    assert [f.value for f in unsaid.facts if f.id == "environment.platform"] == [None]


def test_the_sbom_is_valid_cyclonedx() -> None:
    """Judged by CycloneDX's own schema."""
    sbom = render_sbom(read_requirements(PINNED), SUBJECT)

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom.decode()) is None
    parsed = json.loads(sbom)
    assert [c["purl"] for c in parsed["components"]] == [
        "pkg:pypi/numpy@2.4.6",
        "pkg:pypi/scikit-learn@1.9.1",
    ]
    assert parsed["metadata"]["timestamp"] == "2026-11-12T00:00:00+00:00"
    assert parsed["metadata"]["component"]["version"] == "3"


def test_the_sbom_has_the_same_bytes_each_time_and_others_for_other_pins() -> None:
    first = render_sbom(read_requirements(PINNED), SUBJECT)
    reordered = render_sbom(read_requirements(b"numpy==2.4.6\nscikit-learn==1.9.1\n"), SUBJECT)
    other = render_sbom(read_requirements(b"numpy==2.4.5\nscikit-learn==1.9.1\n"), SUBJECT)

    assert first == reordered
    assert json.loads(first)["serialNumber"] != json.loads(other)["serialNumber"]


def test_reads_what_mlmodel_says() -> None:
    found = read_mlmodel(
        b"run_id: r1\nmodel_id: m-1\nmlflow_version: 3.17.2\nflavors:\n"
        b"  python_function: {python_version: 3.11.7}\n  sklearn: {}\n  onnx: {}\n"
    )

    assert found == ModelFile(
        run_id="r1", model_id="m-1", flavors=("onnx", "sklearn"), python_version="3.11.7",
        mlflow_version="3.17.2",
    )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [b"", b"- a list", b"flavors: text", b"[", b"\xff\xfe\x00", b"!!python/object:os.system {}",
     b"[" * 5000],
)  # fmt: skip
def test_an_mlmodel_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(SourceError, match="MLmodel file cannot be read"):
        read_mlmodel(content)
