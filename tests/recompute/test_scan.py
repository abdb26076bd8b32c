"""The scan before load: what files import, within bounds, and never by loading them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import pickle
import time
import zipfile
import zlib
from pathlib import Path

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from affidavit.config import Worker
from affidavit.recompute import scan
from affidavit.recompute.affidavit_worker import containers, scanning
from affidavit.recompute.scan import Scanned, scan_model
from affidavit.scan_record import SCAN, Scan, ScannedFile
from affidavit.workspace import Workspace

FITTED = make_pipeline(StandardScaler(), LogisticRegression()).fit(np.eye(4), [0, 1, 0, 1])
HONEST = pickle.dumps(FITTED)
# What loading would run leaves a file behind: no test may ever see it.
COMMAND = b"touch LOADED"
OS_SYSTEM = b"cos\nsystem\n(S'" + COMMAND + b"'\ntR."


class Runs:
    def __reduce__(self):
        return os.system, (COMMAND.decode(),)


def _zip(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _npy(value: object) -> bytes:
    out = io.BytesIO()
    np.save(out, value, allow_pickle=True)
    return out.getvalue()


def _workspace(root: Path) -> Workspace:
    root.mkdir()
    return Workspace(root)


def _scan(root: Path, **files: bytes) -> tuple[dict[str, ScannedFile], Scanned]:
    """The whole way: a process that is shut in, its answer parsed, the record written."""
    folder = root / "model"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    work = _workspace(root / "work")
    done = scan_model(folder, work)
    listed = Scan.model_validate_json((work.root / SCAN).read_bytes())
    return {f.path: f for f in listed.files}, done


def _inside(folder: Path, content: bytes) -> dict:
    """The same code here, for the many small cases."""
    folder.mkdir(exist_ok=True)
    (folder / "f").write_bytes(content)
    return scanning.scan(str(folder))["files"][0]


def _names(file: dict) -> set[str]:
    return {f"{g['module']}.{g['name']}" for g in file["globals"]}


def test_honest_and_hostile_files_side_by_side(tmp_path: Path) -> None:
    out = io.BytesIO()
    skops.io.dump(FITTED, out)

    files, done = _scan(
        tmp_path, **{
            "a.pkl": HONEST, "b.pkl": pickle.dumps(Runs()), "c.skops": out.getvalue(),
            "d.pkl": HONEST[:-40], "MLmodel": b"flavors:\n  sklearn:\n    code: null\n",
        },
    )  # fmt: skip

    honest = {f"{g.module}.{g.name}": g.level for g in files["a.pkl"].globals}
    assert honest["sklearn.linear_model._logistic.LogisticRegression"] == "suspicious"
    assert "dangerous" not in honest.values()
    assert (files["a.pkl"].format, files["a.pkl"].error) == ("pickle", None)
    assert files["a.pkl"].opcodes["BUILD"] > 0
    assert [(g.module, g.name, g.level) for g in files["b.pkl"].globals] == [
        ("posix", "system", "dangerous")
    ]
    assert files["c.skops"].format == "skops"
    assert "LogisticRegression" in {g.name for g in files["c.skops"].globals}
    assert files["d.pkl"].error is not None
    assert "StandardScaler" in {g.name for g in files["d.pkl"].globals}  # up to where it broke
    assert (files["MLmodel"].format, files["MLmodel"].globals) == ("no pickle", ())
    said = {f.id: (f.kind, f.found) for f in done.findings}
    assert said["recompute.scan"] == ("exception", "posix.system in b.pkl")
    assert said["recompute.scan.unread"][0] == "gap"
    assert said["recompute.scan.unread"][1].startswith("d.pkl (no pickle after byte 0")
    assert done.items[0].kind == "scan"
    assert not Path("LOADED").exists()


def test_an_honest_model_alone_has_no_finding(tmp_path: Path) -> None:
    _, done = _scan(tmp_path, **{"model.pkl": HONEST, "requirements.txt": b"scikit-learn==1.5.2\n"})

    assert done.findings == ()


@pytest.mark.parametrize(
    ("name", "value"), [("MAX_ANSWER", 10), ("_LIMITS", Worker(memory_mb=1024, timeout_s=1))]
)
def test_a_scan_that_fails_is_a_gap_and_the_build_goes_on(
    name: str, value: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too long an answer; and a million operations, which take more than a second."""
    monkeypatch.setattr(scan, name, value)
    folder = tmp_path / "model"
    folder.mkdir()
    many = pickle.dumps(list(range(300, 1_000_000)))
    (folder / "model.pkl").write_bytes(HONEST if name == "MAX_ANSWER" else many)

    done = scan_model(folder, _workspace(tmp_path / "work"))

    assert [(f.id, f.kind) for f in done.findings] == [("recompute.scan.not-run", "gap")]
    assert done.items == ()


@pytest.mark.parametrize(
    "content",
    [
        OS_SYSTEM,
        pickle.dumps(Runs(), 2),
        HONEST + OS_SYSTEM,
        gzip.compress(OS_SYSTEM),
        bz2.compress(pickle.dumps(Runs())),
        zlib.compress(OS_SYSTEM),
        _zip(**{"archive/data.pkl": OS_SYSTEM}),
        _zip(**{"inner.zip": _zip(x=OS_SYSTEM)}),
        _zip(**{"a.npy": _npy(np.array([Runs()], dtype=object))}),
        _npy(np.array([Runs()], dtype=object)),
        pickle.dumps({"inner": pickle.dumps(Runs())}),
        pickle.dumps([OS_SYSTEM]),
        pickle.dumps(pickle.dumps(pickle.dumps(Runs()))),
    ],
    ids=[
        "protocol-0", "protocol-2", "second-in-a-row", "gzip", "bz2", "zlib", "zip", "zip-in-zip",
        "npz", "npy", "nested", "nested-protocol-0", "nested-twice",
    ],
)  # fmt: skip
def test_finds_the_import_in_whatever_it_is_packed(content: bytes, tmp_path: Path) -> None:
    file = _inside(tmp_path / "m", content)

    assert _names(file) & {"os.system", "posix.system"}
    assert "dangerous" in {g["level"] for g in file["globals"]}
    assert file["error"] is None


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"plain words.\nTwo lines.\n", "no pickle"),
        (b"", "no pickle"),
        (b"cat: a list of animals.", "no pickle"),
        (_npy(np.eye(3)), "no pickle"),
        (bytes(range(256)) * 50, "no pickle"),
        (json.dumps({"a": [1, 2]}).encode(), "no pickle"),
    ],
)
def test_what_holds_no_pickle_is_said_to_hold_none(
    content: bytes, kind: str, tmp_path: Path
) -> None:
    file = _inside(tmp_path / "m", content)

    assert (file["format"], file["globals"], file["error"]) == (kind, [], None)


def test_bombs_are_cut_and_said(tmp_path: Path) -> None:
    bomb, packed = _zip(a=bytes(70 << 20)), gzip.compress(bytes(70 << 20), 1)

    files, done = _scan(tmp_path, **{"bomb.zip": bomb, "bomb.gz": packed, "model.pkl": HONEST})

    assert "unpacks to more than" in files["bomb.zip"].error
    assert "unpacks to more than" in files["bomb.gz"].error
    assert files["model.pkl"].error is None
    assert [f.id for f in done.findings] == ["recompute.scan.unread"]


def test_an_archive_of_many_members_is_cut_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "MAX_TOTAL", 1000)

    file = _inside(tmp_path / "m", _zip(**{f"{n}": bytes(300) for n in range(9)}))

    assert file["error"] == "it unpacks to more than 0 MiB"


def test_a_large_array_is_passed_over_and_what_follows_it_is_found(tmp_path: Path) -> None:
    """200 MB in a process that may hold 1 GB, and far less is held (see Skipped)."""
    raw = pickle.dumps([np.zeros(25_000_000), Runs()], protocol=5)
    started = time.monotonic()

    files, _ = _scan(tmp_path, **{"model.pkl": raw})

    assert files["model.pkl"].size_bytes > 200_000_000
    assert ("posix", "system") in {(g.module, g.name) for g in files["model.pkl"].globals}
    assert files["model.pkl"].error is None
    assert time.monotonic() - started < 110


def test_too_many_operations_are_cut_and_the_imports_before_them_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "MAX_OPERATIONS", 1000)
    long = pickle.dumps([Runs(), *range(300, 4000)])

    file = _inside(tmp_path / "m", long)

    assert "posix.system" in _names(file)
    assert file["error"].startswith("more than 1,000 operations: imports after byte ")


def test_an_array_in_joblib_s_own_form_is_not_read_past(tmp_path: Path) -> None:
    """Its raw bytes stand between operations: said, since imports after it are not listed."""
    joblib.dump([np.arange(1000.0), Runs()], tmp_path / "x.joblib")

    file = _inside(tmp_path / "m", (tmp_path / "x.joblib").read_bytes())

    assert "joblib.numpy_pickle.NumpyArrayWrapper" in _names(file)
    assert file["error"].startswith("no pickle after byte 0")


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04\x93.", b"\x80\x04\x8c\x02os\x93.", b"\x80\x04NN\x93.", b"\x80\x05\x8d" + b"\xff" * 8,
        b"\x80\x02\x8b\xff\xff\xff\x7f", b"PK\x03\x04" + bytes(50), b"\x1f\x8b" + bytes(20),
        b"\x93NUMPY\x01\x00\xff\xff{'descr': '|O', ", b"\x80\x04" + b"I" + b"9" * 70000 + b"\n.",
    ],
)  # fmt: skip
def test_broken_files_are_an_error_of_that_file_and_nothing_else(
    content: bytes, tmp_path: Path
) -> None:
    file = _inside(tmp_path / "m", content)

    assert file["error"] or "dangerous" in {g["level"] for g in file["globals"]}
