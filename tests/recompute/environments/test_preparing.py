"""What a model is run with: ours where it fits, else built, and an error where it cannot be.

The packages are tiny wheels, the index is on loopback or closed, so that no network is needed. What
the worker itself needs is an empty package here; a model is scored in a built environment in
tests/conformance.
"""

from __future__ import annotations

import hashlib
import sys
import threading
import zipfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import pytest
from tests.recompute.environments.world import PYTHON, World
from tests.support.wheels import NEEDED, serve_index, write_sdist, write_wheel

from affidavit.errors import AffidavitError, MissingExtra, SourceError, Unreachable, WorkerError
from affidavit.recompute.environments import uv_command
from affidavit.recompute.environments.lock import read_lock
from affidavit.recompute.worker.interpreter import own_interpreter

OURS = f"numpy=={version('numpy')}\nscikit-learn=={version('scikit-learn')}\n"
THEIRS = "scorecard==1.0\nbinning==2.0\n"


# -- our own environment ---------------------------------------------------------------------------


def test_our_own_environment_is_used_where_every_pin_is_installed_and_no_index_is_asked(
    world: World,
) -> None:
    prepared = world.prepare(OURS)

    assert prepared.interpreter.packages == own_interpreter().packages
    assert prepared.about.startswith("Affidavit's own environment, where every pinned version is")
    assert prepared.findings == ()
    lock = read_lock(world.lock.encode())
    found = {e.name: e.version for e in lock.entries}
    assert {n: version(n) for n in (*NEEDED, "scikit-learn", "joblib")}.items() <= found.items()
    assert "mlflow" not in found
    assert "# hashes: none, since an installed package does not say which wheel" in world.lock
    assert world.in_cache() == []


def test_one_other_version_or_another_python_is_reason_to_build(world: World) -> None:
    numpy = world.prepare("numpy==9.0\n", wheelhouse=world.wheelhouse)
    python = world.prepare("numpy==9.0\n", python="2.7.18", wheelhouse=world.wheelhouse)

    assert numpy.interpreter.packages != own_interpreter().packages
    assert python.interpreter.packages != own_interpreter().packages


def test_without_a_pin_there_is_nothing_to_build_and_no_lock(world: World) -> None:
    for requirements in (None, "", "scikit-learn\n", "--index-url https://evil.example\n-e .\n"):
        prepared = world.prepare(requirements)

        assert prepared.items == ()
        assert prepared.about.endswith("the model's requirements pin nothing")
        assert [f.digest for f in prepared.facts] == [None]


# -- one that is built -----------------------------------------------------------------------------


def test_another_environment_is_built_from_the_pins_and_locked_by_digest(world: World) -> None:
    prepared = world.prepare(THEIRS, wheelhouse=world.wheelhouse)

    (folder,) = prepared.interpreter.packages
    assert (Path(folder) / "binning.py").read_text() == "__version__ = '2.0'\n"
    assert list(Path(folder).glob("__pycache__/binning.*.pyc"))  # compiled
    assert prepared.interpreter.executable == str(Path(sys.executable).resolve())
    lock = read_lock(world.lock.encode())
    assert [(e.name, e.version) for e in lock.entries] == [
        ("binning", "2.0"), ("numpy", "9.0"), ("pandas", "9.0"), ("pyarrow", "9.0"),
        ("scorecard", "1.0"),
    ]  # fmt: skip
    wheel = world.wheelhouse / "binning-2.0-py3-none-any.whl"
    assert lock.entries[0].hashes == (hashlib.sha256(wheel.read_bytes()).hexdigest(),)
    assert lock.about["added"] == "numpy, pandas, pyarrow, which the worker needs"
    assert lock.about["python"] == PYTHON.minor
    (item,) = prepared.items
    assert (item.path, item.kind, item.origin, item.media_type) == (
        "data/environment/worker.lock", "environment", "recomputed", "text/plain",
    )  # fmt: skip
    (fact,) = prepared.facts
    assert (fact.id, fact.basis, fact.digest.value) == (
        "environment.worker", "measured", item.sha256,
    )  # fmt: skip
    assert prepared.findings == ()


def test_two_builds_elsewhere_give_the_same_lock_without_any_address(
    world: World, tmp_path: Path
) -> None:
    world.prepare(THEIRS, wheelhouse=world.wheelhouse)
    first = world.lock

    world.prepare("binning == 2.0\n# other order\nScoreCard==1.0\n", wheelhouse=world.wheelhouse,
                  cache_dir=tmp_path / "another")  # fmt: skip

    assert world.lock == first
    assert "/" not in first
    assert str(world.wheelhouse) not in first


def test_a_line_that_is_no_pin_reaches_no_installer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index that the model names is never asked; what it pins beside that is built."""
    with serve_index(world.wheelhouse) as evil, serve_index(world.wheelhouse) as ours:
        monkeypatch.setenv("UV_DEFAULT_INDEX", ours.uri)
        hostile = (
            f"--index-url {evil.uri}\n--extra-index-url={evil.uri}\n"
            f"evil @ {evil.uri}evil-1.0-py3-none-any.whl\ngit+{evil.uri}x\n-e .\n"
            f"binning==1.0 --index-url {evil.uri}\n"
        )

        world.prepare(hostile + THEIRS)

        assert evil.asked == []
        assert ours.asked


def test_settings_in_the_working_folder_do_not_steer_the_build(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve_index(world.wheelhouse) as evil:
        (tmp_path / "uv.toml").write_text(f'index-url = "{evil.uri}"\n')
        (tmp_path / "pyproject.toml").write_text(f'[tool.uv]\nindex-url = "{evil.uri}"\n')
        monkeypatch.chdir(tmp_path)

        world.prepare(THEIRS, wheelhouse=world.wheelhouse)

        assert evil.asked == []


def test_a_second_build_asks_no_index(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_index(world.wheelhouse) as index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.uri)
        first = world.prepare(THEIRS)
        asked, lock = len(index.asked), world.lock

        second = world.prepare(THEIRS)

        assert asked > 0
        assert len(index.asked) == asked
    assert world.lock == lock
    assert second.interpreter == first.interpreter
    assert world.heard.steps[-1].startswith("checking the files of the environment kept")


def test_a_damaged_cache_is_said_and_built_again(world: World) -> None:
    (folder,) = world.prepare(THEIRS, wheelhouse=world.wheelhouse).interpreter.packages
    (Path(folder) / "binning.py").write_text("evil = 1\n")

    world.prepare(THEIRS, wheelhouse=world.wheelhouse)

    assert "the cached environment was damaged; building it again" in world.heard.steps
    assert (Path(folder) / "binning.py").read_text() == "__version__ = '2.0'\n"


def test_a_damaged_kept_lock_is_resolved_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve_index(world.wheelhouse) as index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.uri)
        world.prepare(THEIRS)
        lock = world.lock
        (kept,) = (world.cache / "locks").iterdir()
        for content in ("", "[]", '{"lock": "-e .", "yanked": []}', '{"lock": "", "yanked": []}'):
            kept.write_text(content)

            world.prepare(THEIRS)

            assert world.lock == lock


def test_builds_at_once_do_not_harm_each_other(world: World, tmp_path: Path) -> None:
    worlds = [World(tmp_path / str(i), world.wheelhouse) for i in range(3)]
    made: list[str] = []

    def build(one: World) -> None:
        prepared = one.prepare(THEIRS, wheelhouse=one.wheelhouse, cache_dir=world.cache)
        made.append((Path(prepared.interpreter.packages[0]) / "binning.py").read_text())

    threads = [threading.Thread(target=build, args=(one,)) for one in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == ["__version__ = '2.0'\n"] * 3
    assert len(world.in_cache()) == 1


def test_versions_that_the_pins_leave_open_are_ours_where_they_are_to_be_had(
    world: World, tmp_path: Path
) -> None:
    """So two builders with the same Affidavit get one lock, whatever is newest that day."""
    for name in NEEDED:
        write_wheel(tmp_path / "w", name, version(name))
        write_wheel(tmp_path / "w", name, "999.0")
    write_wheel(tmp_path / "w", "scorecard", "1.0")

    world.prepare("scorecard==1.0\n", wheelhouse=tmp_path / "w")

    found = {e.name: e.version for e in read_lock(world.lock.encode()).entries}
    assert {n: found[n] for n in NEEDED} == {n: version(n) for n in NEEDED}


# -- wheels that travel ----------------------------------------------------------------------------


def test_wheels_travel_and_build_the_same_environment_without_index_or_wheelhouse(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What recheck does: the lock and the wheels of the bundle are all that it has."""
    with serve_index(world.wheelhouse) as index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.uri)
        prepared = world.prepare(THEIRS, include="wheels")
    wheels = world.work.root / "data/environment/wheels"
    lock = world.lock

    assert [i.path for i in prepared.items[1:]] == [
        f"data/environment/wheels/{p.name}" for p in sorted(wheels.iterdir())
    ]
    allowed = {h for e in read_lock(lock.encode()).entries for h in e.hashes}
    assert {i.sha256 for i in prepared.items[1:]} <= allowed
    assert len(prepared.items) == 6

    again = world.prepare(
        None, lock=lock.encode(), wheelhouse=wheels, cache_dir=world.root / "elsewhere"
    )

    assert world.lock == lock
    assert (Path(again.interpreter.packages[0]) / "scorecard.py").is_file()


def test_a_wheel_that_is_not_the_locked_one_is_refused(world: World, tmp_path: Path) -> None:
    world.prepare(THEIRS, wheelhouse=world.wheelhouse)
    lock = world.lock
    for name in NEEDED:
        write_wheel(tmp_path / "w", name, "9.0")
    write_wheel(tmp_path / "w", "scorecard", "1.0", requires=("binning",))
    write_wheel(tmp_path / "w", "binning", "2.0", files={"evil.py": b""})

    with pytest.raises(SourceError, match="a wheel is not the file whose digest") as caught:
        world.prepare(None, lock=lock.encode(), wheelhouse=tmp_path / "w",
                      cache_dir=tmp_path / "other")  # fmt: skip

    assert "binning==2.0" in caught.value.cause
    assert not list((tmp_path / "other").glob("packages-*"))


def test_our_own_environment_is_built_too_where_wheels_travel(world: World) -> None:
    with pytest.raises(Unreachable, match="the package index does not answer"):
        world.prepare(OURS, include="wheels")


def test_a_lock_without_digests_is_completed_before_anything_is_installed(world: World) -> None:
    """A bundle whose model ran in the builder's own environment, rechecked elsewhere."""
    lock = b"# Affidavit worker.lock 1\n# python: 3.0\n" + b"".join(
        f"{n}\n".encode() for n in (*(f"{n}==9.0" for n in NEEDED), "binning==2.0")
    )

    prepared = world.prepare(None, lock=lock, wheelhouse=world.wheelhouse)

    assert (Path(prepared.interpreter.packages[0]) / "binning.py").is_file()
    assert world.lock.encode() == lock
    assert [f.id for f in prepared.findings] == ["environment.interpreter"]


def test_a_lock_of_packages_that_disagree_is_built_as_it_was_installed(
    world: World, tmp_path: Path
) -> None:
    for name in NEEDED:
        write_wheel(tmp_path / "w", name, "9.0")
    write_wheel(tmp_path / "w", "strict", "1.0", requires=("binning==2.0",))
    write_wheel(tmp_path / "w", "binning", "1.0")
    lock = "".join(f"{n}==9.0\n" for n in NEEDED) + "strict==1.0\nbinning==1.0\n"

    prepared = world.prepare(None, lock=lock.encode(), wheelhouse=tmp_path / "w")

    (folder,) = prepared.interpreter.packages
    assert (Path(folder) / "binning.py").read_text() == "__version__ = '1.0'\n"


def test_a_lock_of_what_is_installed_here_runs_in_our_own(world: World) -> None:
    world.prepare(OURS)

    again = world.prepare(None, lock=world.lock.encode())

    assert again.interpreter.packages == own_interpreter().packages


# -- another Python --------------------------------------------------------------------------------


def test_a_python_that_is_not_at_hand_is_an_exception_that_says_what_to_install(
    world: World,
) -> None:
    prepared = world.prepare(THEIRS, python="2.7.18", wheelhouse=world.wheelhouse)

    (finding,) = prepared.findings
    assert (finding.id, finding.kind, finding.expected, finding.found) == (
        "environment.interpreter", "exception", "Python 2.7 (made with 2.7.18)",
        f"Python {PYTHON.minor}",
    )  # fmt: skip
    assert finding.fix.startswith("install Python 2.7 and build again")
    assert "--model-env" in finding.fix


def test_if_the_pins_fit_no_python_at_hand_the_error_names_the_one_that_lacks(
    world: World, tmp_path: Path
) -> None:
    write_wheel(tmp_path / "w", "old", "1.0", tag="cp27-cp27m-manylinux1_x86_64")

    with pytest.raises(SourceError) as caught:
        world.prepare("old==1.0\n", python="2.7.18", wheelhouse=tmp_path / "w")

    assert "made with Python 2.7, which is not at hand" in caught.value.cause
    assert caught.value.fix.startswith("install Python 2.7;")


# -- an environment that the user names ------------------------------------------------------------


def test_a_named_environment_is_used_declared_and_its_other_versions_named(world: World) -> None:
    prepared = world.prepare(OURS.replace("numpy==", "numpy==9."), model_env=Path(sys.prefix))

    assert set(prepared.interpreter.packages) <= {str(p) for p in own_interpreter().packages}
    (finding,) = prepared.findings
    assert (finding.id, finding.kind) == ("environment.named", "exception")
    assert finding.found == f"numpy 9.{version('numpy')} (found {version('numpy')})"
    assert [f.basis for f in prepared.facts] == ["declared"]
    assert sys.prefix not in world.lock + finding.model_dump_json()


def test_a_named_environment_with_the_pinned_versions_is_an_exception_too(world: World) -> None:
    prepared = world.prepare(OURS, model_env=Path(sys.executable), include="wheels")

    found = {f.id: f.found for f in prepared.findings}
    assert found["environment.named"] == "every pinned version is there, as installed"
    assert set(found) == {"environment.named", "environment.wheels"}


def test_a_named_environment_without_what_the_worker_needs_is_refused(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "v" / "bin").mkdir(parents=True)
    (tmp_path / "v" / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    home = Path(sys.executable).resolve().parent
    (tmp_path / "v" / "pyvenv.cfg").write_text(f"home = {home}\n")

    with pytest.raises(WorkerError, match="lacks numpy, pandas, pyarrow") as caught:
        world.prepare(OURS, model_env=tmp_path / "v")

    assert caught.value.fix.endswith("-m pip install numpy pandas pyarrow")


# -- bad input: one line, what to do, nothing left ---------------------------------------------------


def refused(world: World, kind: type[AffidavitError], requirements: str, **options: object) -> str:
    """The refusal in one text, once it is certain that nothing was left behind."""
    with pytest.raises(AffidavitError) as caught:
        world.prepare(requirements, **options)
    error = caught.value
    said = f"{error.what} | {error.cause} | {error.fix}"
    assert type(error) is kind, said
    assert error.exit_code in (2, 4)
    assert "\n" not in said
    assert "--model-env" in error.fix
    assert world.in_cache() == []
    assert not (world.work.root / "data/environment/worker.lock").exists()
    return said


@pytest.mark.parametrize(
    ("requirements", "says"),
    [
        ("scorecard==3.0\n", "no such version (uv: Because there is no version of scorecard==3.0"),
        ("nosuch==1.0\n", "no such version (uv: Because nosuch was not found"),
        ("binning==1.0\nbinning==2.0\n", "the pinned requirements contradict each other (uv: "),
        ("strict==1.0\nbinning==1.0\n", "contradict each other (uv: Because "),
        ("windows==1.0\n", "no wheel of this version is for the Python or platform here"),
        ("source==1.0\n", "this version has no wheel for here, and no setup script is run"),
    ],
)  # fmt: skip
def test_says_why_an_environment_cannot_be_resolved(
    requirements: str, says: str, world: World, tmp_path: Path
) -> None:
    folder = tmp_path / "w"
    for name in NEEDED:
        write_wheel(folder, name, "9.0")
    for one in ("1.0", "2.0"):
        write_wheel(folder, "scorecard", one)
        write_wheel(folder, "binning", one)
    write_wheel(folder, "strict", "1.0", requires=("binning==2.0",))
    write_wheel(folder, "windows", "1.0", tag="cp311-cp311-win_amd64")
    marker = tmp_path / "setup-ran"
    write_sdist(folder, "source", "1.0", f"import pathlib; pathlib.Path({str(marker)!r}).touch()")

    said = refused(world, SourceError, requirements, wheelhouse=folder)

    assert says in said
    assert not marker.exists()


def test_the_setup_script_of_a_source_on_an_index_is_never_run(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "setup-ran"
    for name in NEEDED:
        write_wheel(tmp_path / "w", name, "9.0")
    write_sdist(
        tmp_path / "w", "source", "1.0", f"import pathlib; pathlib.Path({str(marker)!r}).touch()"
    )
    with serve_index(tmp_path / "w") as index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.uri)

        said = refused(world, SourceError, "source==1.0\n")

    assert "no setup script is run" in said
    assert not marker.exists()


def test_an_index_that_wants_a_password_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve_index(world.wheelhouse, status=401) as index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.uri)

        said = refused(world, SourceError, THEIRS)

    assert "takes no credentials of yours" in said
    assert "UV_INDEX_<NAME>_USERNAME" in said


def test_no_index_in_reach_is_said_and_our_own_environment_is_no_way_out(world: World) -> None:
    said = refused(world, Unreachable, THEIRS)

    assert "the package index does not answer (uv: " in said
    assert "UV_DEFAULT_INDEX" in said
    assert "--wheelhouse DIR" in said


def test_a_wheelhouse_that_is_not_there_is_said(world: World, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such folder"):
        world.prepare(THEIRS, wheelhouse=tmp_path / "none")


def test_without_uv_the_install_command_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uv", None)  # as an import of what is not installed ends

    said = refused(world, MissingExtra, THEIRS)

    assert "uv, which builds it, is not installed" in said
    assert "pip install 'affidavit[build]'" in said


def test_a_uv_that_never_ends_is_stopped(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "uv"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid; sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(uv_command, "_program", lambda: str(program))
    monkeypatch.setattr(uv_command, "_LIMIT_S", 3)

    said = refused(world, WorkerError, THEIRS)

    assert "it took more than 3 s" in said
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_a_withdrawn_version_is_used_and_is_an_exception_in_each_build(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    withdrawn = {"binning-2.0-py3-none-any.whl": "cuts wrongly"}
    with serve_index(world.wheelhouse, yanked=withdrawn) as index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.uri)

        both = [world.prepare(THEIRS).findings for _ in range(2)]

    assert both[0] == both[1]
    (finding,) = both[0]
    assert (finding.id, finding.kind, finding.found) == (
        "environment.yanked", "exception", "binning==2.0: cuts wrongly",
    )  # fmt: skip


def test_a_wheel_cannot_write_outside_its_folder(world: World, tmp_path: Path) -> None:
    """A wheel is a ZIP that a stranger made; what uv makes of it stays inside, or is refused."""
    for name in NEEDED:
        write_wheel(tmp_path / "w", name, "9.0")
    path = write_wheel(tmp_path / "w", "evil", "1.0", files={"../../../escaped.py": b"evil"})
    assert "../../../escaped.py" in zipfile.ZipFile(path).namelist()

    with suppress(AffidavitError):
        world.prepare("evil==1.0\n", wheelhouse=tmp_path / "w")

    assert not list(tmp_path.rglob("escaped.py"))
