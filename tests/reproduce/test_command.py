"""`affidavit recheck` and `explain` as a person types them: words, files, exit codes, faults."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from tests.support.bundles import BundleBuilder
from tests.support.sample_world import SampleWorld, stop, wait_until
from tests.support.small_world import BINARY, SmallBundle, applicants, build_small, fill_binary

from affidavit.cli.explain_lines import explanation_lines
from affidavit.cli.main import cli
from affidavit.progress import Silent
from affidavit.recompute.explain.one_case.case_file import read_case
from affidavit.reproduce.explaining import Explained, explain
from affidavit.reproduce.explaining import Request as ExplainRequest
from affidavit.reproduce.explanation_output import page_of
from affidavit.seal.keys import generate_key
from affidavit.verify import read_keys, verify_bundle

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "recheck.json").read_text())
EXPLANATION_SCHEMA = json.loads((ROOT / "docs" / "schemas" / "explanation.json").read_text())


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> SmallBundle:
    folder = tmp_path_factory.mktemp("command")
    config = BINARY.replace('include = "reference"', 'include = "embed"')
    return build_small(folder, config, fill_binary(folder, applicants(300)))


def start(cwd: Path, *words: str | Path, before: str = "") -> subprocess.Popen[str]:
    code = f"{before}\nfrom affidavit.cli.main import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, "recheck", *map(str, words)], cwd=cwd, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(cwd), "NO_COLOR": "1"},
    )  # fmt: skip


def run_apart(cwd: Path, *words: str | Path, before: str = "") -> tuple[int, str, str]:
    """Run recheck in a process of its own: code, and both streams."""
    process = start(cwd, *words, before=before)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def run(cwd: Path, *words: str | Path) -> tuple[int, str, str]:
    """The same in this process, which has loaded already what takes seconds to load."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        patch.setattr(tempfile, "tempdir", str(cwd))
        done = CliRunner().invoke(
            cli, ["recheck", *map(str, words)], env={"NO_COLOR": "1"}, catch_exceptions=False
        )
    return done.exit_code, done.stdout, done.stderr


def test_it_answers_first_writes_both_files_and_leaves_nothing_else(
    bundle: SmallBundle, tmp_path: Path
) -> None:
    out = tmp_path / "result"

    code, told, err = run_apart(tmp_path, bundle.path, "--key", bundle.public_key, "--out", out)

    assert code == 0, err
    assert told.startswith("EQUAL  m, version 1: all ")
    assert max(map(len, told.splitlines())) <= 80
    assert "does not\nshow that the data are right" in told
    assert [p.name for p in tmp_path.iterdir()] == ["result"]
    written = json.loads((out / "recheck.json").read_bytes())
    jsonschema.validate(written, SCHEMA)
    assert (written["schema"], written["outcome"]) == ("affidavit/recheck", "EQUAL")
    assert written["evidence_id"] == bundle.verdict().evidence_id
    assert written["tools"]["worker.call"] == "predict_proba"
    page = (out / "recheck.html").read_text()
    assert "<h1>EQUAL</h1>" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page


def test_a_place_that_is_taken_is_refused_before_any_work(
    bundle: SmallBundle, tmp_path: Path
) -> None:
    (tmp_path / "result").mkdir()
    (tmp_path / "result" / "mine").write_text("kept")

    code, told, err = run(
        tmp_path, bundle.path, "--key", bundle.public_key, "--out", tmp_path / "result"
    )

    assert (code, told) == (2, "")
    assert "exists" in err
    assert "verify" not in err
    assert (tmp_path / "result" / "mine").read_text() == "kept"


def test_a_sample_says_so_in_its_first_line(bundle: SmallBundle, tmp_path: Path) -> None:
    words = (bundle.path, "--key", bundle.public_key, "--sample", "20", "--seed", "3")

    code, told, err = run(tmp_path, *words)

    assert code == 0, err
    assert told.startswith("SAMPLE EQUAL  m, version 1: 40 rows scored now are")
    assert "20 rows of each role, seed 3" in told
    assert "no recheck" in told


@pytest.mark.slow
def test_json_is_the_same_record(bundle: SmallBundle, tmp_path: Path) -> None:
    code, told, err = run(tmp_path, bundle.path, "--key", bundle.public_key, "--json")

    assert code == 0, err
    jsonschema.validate(json.loads(told), SCHEMA)


def test_without_a_key_it_gives_verifys_answer_and_says_that_nothing_was_run(
    bundle: SmallBundle, tmp_path: Path
) -> None:
    code, told, _ = run(tmp_path, bundle.path)

    assert code == 3
    assert told.startswith("INTACT, SIGNER NOT TRUSTED  m, version 1")
    assert "Nothing of the bundle was run." in told


def test_a_tampered_bundle_ends_as_in_verify(sealed: BundleBuilder, tmp_path: Path) -> None:
    tampered = sealed.flip_bit("data/model/MLmodel")

    code, told, _ = run(tmp_path, tampered, "--key", sealed.public_key, "--out", tmp_path / "r")

    assert code == 1
    assert told.startswith("NOT VERIFIED  data/model/MLmodel is not the file that was signed")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--seed", "3"), "--sample was not given"),
        (("--data", "nowhere"), "--data nowhere: not a folder"),
        (("--out", "no/where"), "is not a folder"),
        (("--sample", "0"), "0"),
    ],
)
def test_a_fault_of_usage_is_one_line_and_a_fix(
    words: tuple[str, ...], said: str, bundle: SmallBundle, tmp_path: Path
) -> None:
    code, told, err = run(tmp_path, bundle.path, "--key", bundle.public_key, *words)

    assert (code, told) == (2, "")
    assert said in " ".join(err.split())
    assert "fix" in err
    assert "Traceback" not in err


def test_a_missing_package_is_named_with_the_extra_that_brings_it(
    bundle: SmallBundle, tmp_path: Path
) -> None:
    code, _, err = run_apart(
        tmp_path, bundle.path, "--key", bundle.public_key,
        before="import sys; sys.modules['pyarrow'] = None",
    )  # fmt: skip

    assert code == 2
    assert "pyarrow is not installed, and recheck needs it" in err
    assert "pip install 'affidavit[recheck]'" in err


def test_an_interrupt_leaves_nothing(bundle: SmallBundle, tmp_path: Path) -> None:
    process = start(tmp_path, bundle.path, "--key", bundle.public_key, "--out", tmp_path / "r")
    wait_until(lambda: any(tmp_path.glob(".affidavit-work-*/data/model")), process)

    code, said = stop(process, signal.SIGINT)

    assert code == 130, said
    assert "interrupted" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_card_default_is_equal_from_the_bundle_and_its_training_file_alone(
    card_default: SampleWorld, tmp_path: Path
) -> None:
    moved, data = tmp_path / "bundle.zip", tmp_path / "data"
    data.mkdir()
    moved.write_bytes(card_default.bundle.read_bytes())
    training = next(card_default.repository.rglob("train.csv"))
    (data / "train.csv").write_bytes(training.read_bytes())

    code, told, err = run(tmp_path, moved, "--key", card_default.public_key, "--data", data)

    assert code == 0, told + err
    assert told.startswith("EQUAL  card-default, version 1: all 853 numbers are")


def test_signs_what_came_of_it_into_the_bundle(bundle: SmallBundle, tmp_path: Path) -> None:
    """On a copy; and what cannot be signed is refused before any work."""
    copied = Path(shutil.copy(bundle.path, tmp_path / "m.zip"))
    generate_key("ed25519", tmp_path / "vera.pem", tmp_path / "vera.pub", None)
    sign = ("--key", bundle.public_key, "--sign", tmp_path / "vera.pem")

    refused = run(tmp_path, copied, *sign, "--sample", "5")
    assert (refused[0], bundle.path.read_bytes()) == (2, copied.read_bytes())
    code, told, err = run(tmp_path, copied, *sign)

    assert code == 0, err
    assert told.startswith("EQUAL  m, version 1: all ")
    assert "signed, and added to" in err
    trust = read_keys((bundle.public_key, tmp_path / "vera.pub"))
    verdict = verify_bundle(copied, trust=trust)
    assert verdict.exit_code == 0
    assert verdict.rechecks is not None
    (one,) = verdict.rechecks.counted
    assert (one.by, one.outcome) == ("vera.pub", "EQUAL")
    assert one.numbers > 100


# ---- explain


def explained(bundle: SmallBundle, row: str, case: Path | None = None, **more: Any) -> Explained:
    request = ExplainRequest(
        bundle=bundle.path, trust=read_keys((bundle.public_key,)), row=row,
        case=None if case is None else read_case(case), **more,
    )  # fmt: skip
    return explain(request, Silent())


def signed_score(bundle: SmallBundle, row: str) -> str:
    rows = csv.DictReader(io.StringIO(bundle.files["data/predictions/evaluation.csv"].decode()))
    return next(r["score"] for r in rows if r["row_id"] == row)


def test_explain_writes_one_person_s_files_and_never_twice(
    bundle: SmallBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = bundle.path.read_bytes()
    words = ["explain", str(bundle.path), "--key", str(bundle.public_key), "--row", "a00003"]

    done = CliRunner().invoke(cli, [*words, "--html"])

    assert done.exit_code in (0, 4), done.output
    assert done.stdout.startswith("EXPLAINED")
    json_file, html_file = (tmp_path / f"m-1-a00003.explanation.{s}" for s in ("json", "html"))
    assert sorted(tmp_path.iterdir()) == [html_file, json_file]
    assert {p.stat().st_mode & 0o777 for p in (json_file, html_file)} == {0o600}
    written = json.loads(json_file.read_bytes())
    jsonschema.validate(written, EXPLANATION_SCHEMA)
    assert written["evidence_id"] == bundle.verdict().evidence_id
    (one,) = written["explained"]["decisions"]
    assert (one["row_id"], one["score"]) == ("a00003", float(signed_score(bundle, "a00003")))
    page = html_file.read_text()
    assert "<h1>How the result in your case came about</h1>" in page
    assert not re.search(r"\ba0000[^3]", page)  # no other id
    assert bundle.path.read_bytes() == before

    again = CliRunner().invoke(cli, words)
    assert again.exit_code == 2
    assert "m-1-a00003.explanation.json exists" in again.stderr


def test_a_case_with_a_row_s_inputs_gets_the_row_s_score_and_another_logged_one_is_said_first(
    bundle: SmallBundle, tmp_path: Path
) -> None:
    row = applicants(300).set_index("id").loc["a00007"]
    (tmp_path / "c.json").write_text(json.dumps({c: row[c] for c in ("x3", "x1", "x2")}))

    done = explained(bundle, "c", tmp_path / "c.json", score="0.5", decided="2026-05-02")

    result = done.result
    assert result is not None
    assert result.logged_score is not None
    assert result.logged_score.now == signed_score(bundle, "a00007")
    assert (result.outcome, result.exit_code) == ("SCORE DIFFERS", 1)
    assert (result.role, result.decided) == ("case", "2026-05-02")
    assert result.case is not None
    first, *rest = explanation_lines(result)
    assert "SCORE DIFFERS" in first
    assert "another version, or other inputs" in " ".join(rest[:3])
    assert "may not be about the decision" in page_of(done).cautions[0].text


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"x1": 1, "x2": 2}, "x3 is missing"), ({"x1": 1, "x2": 2, "x3": 3, "age": 4}, "age: neither"),
     ({"x1": 1, "x2": 2, "x3": "3"}, "x3: expected a number, found text")],
)  # fmt: skip
def test_a_case_that_does_not_fit_is_one_line_and_no_file(
    bundle: SmallBundle, tmp_path: Path, fields: dict[str, object], said: str
) -> None:
    (tmp_path / "case.json").write_text(json.dumps(fields))
    out = tmp_path / "out.json"

    done = CliRunner().invoke(cli, [
        "explain", str(bundle.path), "--key", str(bundle.public_key), "--case",
        str(tmp_path / "case.json"), "--out", str(out),
    ])  # fmt: skip

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())
    assert not out.exists()


def test_explain_loads_nothing_of_a_bundle_without_a_signer_or_with_a_flipped_bit(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    out = ["--row", "1", "--out", str(tmp_path / "e.json")]

    unknown = CliRunner().invoke(cli, ["explain", str(sealed.path), *out])
    flipped = CliRunner().invoke(cli, [
        "explain", str(sealed.flip_bit("data/model/MLmodel")), "--key", str(sealed.public_key), *out,
    ])  # fmt: skip

    assert (unknown.exit_code, flipped.exit_code) == (3, 1)
    assert "Nothing of the bundle was run." in unknown.stdout
    assert flipped.stdout.startswith("NOT VERIFIED")
    assert not (tmp_path / "e.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "--row and --case: neither was given"),
        (("--row", "1", "--case", "c.json"), "exclude each other"),
        (("--row", "1", "--score", "high"), "--score high: not a number"),
        (("--row", "1", "--score", "nan"), "--score nan: not a number"),
        (("--row", "1", "--decided", "May"), "--decided May: not a day"),
        (("--case", "none.json"), "cannot be read"),
        (("--row", "1", "--out", "no/where.json"), "is not a folder"),
    ],
)
def test_a_fault_in_what_is_asked_of_explain_is_one_line_and_a_fix(
    words: tuple[str, ...], said: str, sealed: BundleBuilder
) -> None:
    done = CliRunner().invoke(
        cli, ["explain", str(sealed.path), "--key", str(sealed.public_key), *words]
    )

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())
    assert "fix" in done.stderr
