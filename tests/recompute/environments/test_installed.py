"""What is installed is read from metadata: which pins hold, and what belongs to them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from tests.support.wheels import write_wheel

from affidavit.recompute.environments.installed import Installed, Python
from affidavit.requirements import read_requirements

PYTHON = Python("3.11.7")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Packages unpacked as an installer does."""
    for name, version, requires in (
        ("numpy", "2.4.6", ()),
        ("pandas", "3.1.1", ("numpy>=2", "tzdata; sys_platform == 'none'")),
        ("torch", "2.5.0+cpu", ("numpy",)),
        ("uvicorn", "0.30", ("click>=8", "httptools; extra == 'standard'", "not a requirement")),
        ("click", "8.5", ()),
        ("httptools", "0.7", ()),
        ("unrelated", "1.0", ()),
    ):
        wheel = write_wheel(tmp_path / "wheels", name, version, requires=requires)
        zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    return tmp_path / "site"


@pytest.mark.parametrize(
    ("line", "differing"),
    [
        ("numpy==2.4.6", ()),
        ("NumPy==2.4.6.0", ()),
        ("torch==2.5.0", ()),
        ("torch==2.5.0+cpu", ()),
        ("numpy==2.4.5; python_version < '3.9'", ()),
        ("numpy==2.4.5", ("numpy 2.4.5 (found 2.4.6)",)),
        ("click==1.0; python_version ~= 'x'", ("click 1.0 (found 8.5)",)),
        ("torch==2.5.0+cu121", ("torch 2.5.0+cu121 (found 2.5.0+cpu)",)),
        ("lightgbm==4.7.0", ("lightgbm 4.7.0 (found none)",)),
    ],
)
def test_names_the_pins_that_do_not_hold(
    line: str, differing: tuple[str, ...], folder: Path
) -> None:
    pins = read_requirements(line.encode()).pins

    assert Installed([str(folder)], PYTHON).differing(pins) == differing


def test_the_closure_is_what_the_pins_and_the_worker_require(folder: Path) -> None:
    installed = Installed([str(folder)], PYTHON)

    plain = installed.closure(read_requirements(b"uvicorn==0.30\n").pins)
    with_extra = installed.closure(read_requirements(b"uvicorn[standard]==0.30\n").pins)

    assert [(e.name, e.version) for e in plain] == [
        ("click", "8.5"), ("numpy", "2.4.6"), ("pandas", "3.1.1"), ("uvicorn", "0.30"),
    ]  # fmt: skip
    assert {e.name for e in with_extra} - {e.name for e in plain} == {"httptools"}
