"""`affidavit build` on a real registry, repository and remote: the same bytes, or a clear refusal."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from tests.support.sample_world import SampleWorld, stop, wait_until

LEFT_BY_BUILDS = (".affidavit-work-", ".partial-")


def members(bundle: Path) -> dict[str, str]:
    """Path to sha256 of every file but the signatures, which name builder and time."""
    with zipfile.ZipFile(bundle) as archive:
        return {
            n.partition("/")[2]: hashlib.sha256(archive.read(n)).hexdigest()
            for n in archive.namelist()
            if "/signatures/" not in n
        }


def leftovers(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir() if any(m in p.name for m in LEFT_BY_BUILDS)]


def verified(bundle: Path, world: SampleWorld) -> bool:
    return world.run("verify", bundle, "--key", world.public_key).returncode == 0


def refused(done: subprocess.CompletedProcess[str], out: Path, code: int) -> str:
    """What a refusal said, once it is certain that nothing was written and nothing leaked."""
    assert done.returncode == code, done.stdout + done.stderr
    assert not out.exists()
    assert leftovers(out.parent) == []
    assert "Traceback" not in done.stdout + done.stderr
    assert "error:" in done.stderr
    return " ".join(done.stderr.split())


def altered(remote: Path, to: Path) -> tuple[Path, Path]:
    """A copy of the remote with a byte of its largest object changed; the copy, and the object."""
    copy = to / "remote"
    shutil.copytree(remote, copy)
    target = max((p for p in copy.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    target.chmod(0o644)
    content = bytearray(target.read_bytes())
    content[-2] ^= 1
    target.write_bytes(bytes(content))
    return copy, target


def as_of(bundle: Path) -> str:
    """The day that its controls were assessed for."""
    with zipfile.ZipFile(bundle) as archive:
        return str(json.loads(archive.read("card-default-1/data/controls/gdpr.json"))["as_of"])


def built_elsewhere(world: SampleWorld, folder: Path, **changed: object) -> Path:
    """The bundle of a later build from a bare clone and a copied remote, in another folder, under other settings."""
    bundle, bare = folder / "other" / "deeper" / "b.zip", folder / "bare.git"
    bundle.parent.mkdir(parents=True)
    subprocess.run(["git", "clone", "-q", "--bare", world.repository, bare], check=True)
    remote = shutil.copytree(world.remote, folder / "copied-remote")
    done = world.build_apart(
        bundle, repo=bare, remote=remote, **changed,
        environ={
            "OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3", "TZ": "Pacific/Auckland",
            "PYTHONHASHSEED": "7", "LC_ALL": "C",
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return bundle


def require_equal(one: Path, other: Path) -> None:
    ours, theirs = members(one), members(other)
    assert {p for p in ours if ours[p] != theirs.get(p)} == set()
    assert ours == theirs
    assert "data/evidence.json" in ours


def test_a_build_elsewhere_and_later_gives_the_payload_of_the_demo_s(
    card_default: SampleWorld, tmp_path: Path
) -> None:
    """Design: same subject, inputs and environments give the same payload bytes."""
    first = card_default.bundle

    require_equal(first, built_elsewhere(card_default, tmp_path, as_of=as_of(first)))


@pytest.mark.system
def test_so_it_does_with_the_pdf(card_default: SampleWorld, tmp_path: Path) -> None:
    first = tmp_path / "b.zip"
    done = card_default.build_apart(first, no_pdf=None, environ={"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr

    require_equal(first, built_elsewhere(card_default, tmp_path, no_pdf=None))


def test_the_same_build_again_is_already_built_and_another_payload_is_refused(
    card_default: SampleWorld, tmp_path: Path
) -> None:
    out = tmp_path / "b.zip"
    shutil.copy(card_default.bundle, out)
    before = out.read_bytes()

    again = card_default.build(out, as_of=as_of(out))
    another = card_default.build(out, as_of="2026-01-01")

    assert again.returncode == 0, again.stderr
    assert "already built" in again.stdout
    assert again.stdout.splitlines()[-1].startswith("b.zip   evidence ")
    next_step = again.stdout.splitlines()[-3:-1]
    assert next_step[0].startswith("next: affidavit verify b.zip")
    assert str(card_default.public_key) in " ".join(next_step)
    assert another.returncode == 2
    assert "evidence" in another.stderr
    assert out.read_bytes() == before


@pytest.mark.slow
def test_quietly_the_same_build_again_prints_the_bundle_alone(
    card_default: SampleWorld, tmp_path: Path
) -> None:
    out = tmp_path / "b.zip"
    shutil.copy(card_default.bundle, out)

    quiet = card_default.build(out, as_of=as_of(out), quiet=True)

    assert (quiet.returncode, quiet.stderr) == (0, "")
    assert len(quiet.stdout.splitlines()) == 1
    assert quiet.stdout.startswith("b.zip   evidence ")


def test_an_altered_object_is_a_contradiction_and_nothing_is_written(
    card_default: SampleWorld, tmp_path: Path
) -> None:
    remote, target = altered(card_default.remote, tmp_path)
    out = tmp_path / "b.zip"

    said = refused(card_default.build(out, remote=remote), out, 1)

    assert target.parent.name + target.name in said
    assert "contradiction" in said


def test_a_lost_object_is_a_gap_and_the_bundle_is_built(
    card_default: SampleWorld, tmp_path: Path
) -> None:
    """Training rows are by reference; losing them leaves the evaluation to be recomputed."""
    remote, target = altered(card_default.remote, tmp_path)
    target.unlink()
    out = tmp_path / "b.zip"

    done = card_default.build(out, remote=remote, fail_on="gap", json=True)

    assert done.returncode == 5, done.stderr
    findings = json.loads(done.stdout)["findings"]
    assert [f["kind"] for f in findings if "bytes" in f["id"]] == ["gap"]
    assert out.is_file()
    assert any(
        f["id"] in zipfile.ZipFile(out).read("card-default-1/data/evidence.json").decode()
        for f in findings
    )


def test_an_environment_that_the_builder_names_is_an_exception_and_declared(
    card_default: SampleWorld, tmp_path: Path
) -> None:
    """The same packages as ours, but on the builder's word: the bundle says so, and verifies."""
    out = tmp_path / "b.zip"

    done = card_default.build(out, model_env=sys.prefix, fail_on="exception", json=True)

    assert done.returncode == 5, done.stderr
    findings = {f["id"]: f for f in json.loads(done.stdout)["findings"]}
    assert findings["environment.named"]["kind"] == "exception"
    with zipfile.ZipFile(out) as archive, zipfile.ZipFile(card_default.bundle) as ours:
        evidence = json.loads(archive.read("card-default-1/data/evidence.json"))
        lock = ours.read("card-default-1/data/environment/worker.lock").decode()
        assert sys.prefix.encode() not in archive.read("card-default-1/data/evidence.json")
    fact = next(f for f in evidence["provenance"] if f["id"] == "environment.worker")
    assert fact["basis"] == "declared"
    assert "# environment: Affidavit's own environment" in lock
    assert "lightgbm==" in lock
    assert verified(out, card_default)


def test_configuration_given_by_option_is_an_exception(
    card_default: SampleWorld, tmp_path: Path
) -> None:
    config = tmp_path / "affidavit.toml"
    committed = (card_default.repository / "affidavit.toml").read_text()
    config.write_text(committed.replace("threshold = 0.3", "threshold = 0.4"))
    assert config.read_text() != committed
    out = tmp_path / "b.zip"

    done = card_default.build(out, config=config, fail_on="exception", json=True)

    assert done.returncode == 5, done.stderr
    assert any("configuration" in f["what"] for f in json.loads(done.stdout)["findings"])


@pytest.mark.slow  # two builds; tests/assess has the control, tests/recompute the finding
def test_a_threshold_that_is_missed_reaches_the_control_and_the_exit_code(
    card_default: SampleWorld, tmp_path: Path
) -> None:
    """SR262-21 asks the bank's own thresholds; its expression has to meet the finding's real id."""
    config = tmp_path / "affidavit.toml"
    committed = (card_default.repository / "affidavit.toml").read_text()
    out = tmp_path / "b.zip"
    statuses = []
    for low in ("0.99", "0.01"):
        hold = f'[[hold]]\nmetric = "roc_auc"\nmin = {low}\nset_by = "X"\nset_on = "2026-01-01"\n'
        config.write_text(committed.partition("[[hold]]")[0] + hold)
        done = card_default.build(out, config=config, json=True)
        assert done.returncode == 0, done.stderr
        statuses.append(json.loads(done.stdout)["controls"]["sr-26-2"]["SR262-21"])
        out.unlink()

    assert statuses == ["exception", "needs-attestation"]


@pytest.mark.parametrize(
    ("changed", "code", "says"),
    [
        ({"tracking_uri": "http://127.0.0.1:9"}, 4, "127.0.0.1:9"),
        ({"subject": "models:/card-default/9"}, 2, "9"),
        ({"subject": "models:/nothing/1"}, 2, "nothing"),
        ({"subject": "models:/card-default@absent"}, 2, "version 1"),
        ({"subject": "card-default"}, 2, "models:/"),
        ({"as_of": "yesterday"}, 2, "2026-11-23"),
        ({"signer": None}, 2, "keygen"),
        ({"fail_on": "gaps"}, 2, "gap"),
    ],
    ids=lambda v: str(v)[:40],
)
def test_what_cannot_be_built_is_said_in_a_line_with_a_fix(
    card_default: SampleWorld, tmp_path: Path, changed: dict[str, object], code: int, says: str
) -> None:
    out = tmp_path / "b.zip"

    said = refused(card_default.build(out, **changed), out, code)

    assert says in said
    assert "fix" in said


def test_a_label_column_that_is_not_there_is_named_with_those_that_are(
    card_default: SampleWorld, tmp_path: Path
) -> None:
    config = tmp_path / "affidavit.toml"
    text = (card_default.repository / "affidavit.toml").read_text()
    config.write_text(text.replace('column = "default-payment-next-month"', 'column = "defaulted"'))
    out = tmp_path / "b.zip"

    said = refused(card_default.build(out, config=config), out, 2)

    assert "defaulted" in said
    assert "default-payment-next-month" in said


@pytest.mark.parametrize("content", [b"", b"notes of mine"], ids=["empty", "text"])
def test_an_output_that_is_no_bundle_is_refused_before_the_work(
    card_default: SampleWorld, tmp_path: Path, content: bytes
) -> None:
    out = tmp_path / "b.zip"
    out.write_bytes(content)

    done = card_default.build(out, tracking_uri="http://127.0.0.1:9")

    assert done.returncode == 2, done.stderr  # and not 4: nothing was asked of the registry
    assert "exists and is not a bundle" in " ".join(done.stderr.split())
    assert out.read_bytes() == content
    assert leftovers(tmp_path) == []


def test_an_interrupt_when_the_bundle_is_sealed_leaves_the_bundle_alone(
    card_default: SampleWorld, tmp_path: Path
) -> None:
    out = tmp_path / "b.zip"
    process = card_default.start(out)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("  seal "):
            break

    code, said = stop(process, signal.SIGINT)

    assert out.is_file()
    assert [p.name for p in tmp_path.iterdir()] == ["b.zip"]
    assert code in (0, 130)  # it may have been done by then
    assert "Traceback" not in said
    assert code == 0 or "interrupted" not in said or f"{out} was already complete" in said
    assert verified(out, card_default)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_build_leaves_no_bundle_and_no_process(
    card_default: SampleWorld, tmp_path: Path, how: signal.Signals
) -> None:
    out = tmp_path / "b.zip"
    process = card_default.start(out)
    # The workspace is there before anything else is; stop while the build is at work.
    wait_until(lambda: bool(leftovers(tmp_path)), process)
    time.sleep(1.5)

    code, said = stop(process, how)

    assert not out.exists()
    assert "Traceback" not in said
    if how is not signal.SIGKILL:
        assert code in (130, 143), said
        assert leftovers(tmp_path) == []
    assert _session_is_empty(process.pid)
    if how is signal.SIGKILL:
        done = card_default.build(out)
        assert done.returncode == 0, done.stderr
        assert leftovers(tmp_path) == []  # what the killed build had left is gone too


def _session_is_empty(session: int, within_s: float = 60) -> bool:
    """Whether no process of the session is left, its leader included."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not any(_session_of(p.name) == session for p in Path("/proc").glob("[0-9]*")):
            return True
        time.sleep(0.1)
    return False


def _session_of(pid: str) -> int | None:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if state[0] == "Z" else os.getsid(int(pid))
    except OSError:
        return None
