"""`affidavit recheck` as a person types it: words, files, exit codes, one line for each fault."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from tests.support.bundles import BundleBuilder
from tests.support.sample_world import SampleWorld, stop
from tests.support.small_world import BINARY, SmallBundle, applicants, build_small, fill_binary

from affidavit.seal.keys import generate_key
from affidavit.verify import read_keys, verify_bundle

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "recheck.json").read_text())


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


def run(cwd: Path, *words: str | Path, before: str = "") -> tuple[int, str, str]:
    process = start(cwd, *words, before=before)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def test_it_answers_first_writes_both_files_and_leaves_nothing_else(
    bundle: SmallBundle, tmp_path: Path
) -> None:
    out = tmp_path / "result"

    code, told, err = run(tmp_path, bundle.path, "--key", bundle.public_key, "--out", out)

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
    code, _, err = run(
        tmp_path, bundle.path, "--key", bundle.public_key,
        before="import sys; sys.modules['pyarrow'] = None",
    )  # fmt: skip

    assert code == 2
    assert "pyarrow is not installed, and recheck needs it" in err
    assert "pip install 'affidavit[recheck]'" in err


def test_an_interrupt_leaves_nothing(bundle: SmallBundle, tmp_path: Path) -> None:
    process = start(tmp_path, bundle.path, "--key", bundle.public_key, "--out", tmp_path / "r")
    until = time.monotonic() + 60
    while not list(tmp_path.glob(".affidavit-work-*/data/model")) and time.monotonic() < until:
        time.sleep(0.02)

    code, said = stop(process, signal.SIGINT)

    assert code == 130
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
