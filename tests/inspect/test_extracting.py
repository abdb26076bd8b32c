"""`show --extract`: files of a bundle, with what proves each of them alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.bundles import BundleBuilder
from tests.support.proofs import CARD

from affidavit.bundle import layout
from affidavit.cli.main import cli


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    return result.exit_code, result.output


def test_writes_the_files_and_all_that_proves_them(sealed: BundleBuilder, tmp_path: Path) -> None:
    folder = tmp_path / "proof"

    code, said = run(
        "show", sealed.path, "--extract", "card/model-card.json", "--extract",
        "reports/fairness.json", "--to", folder, "--key", sealed.public_key,
    )  # fmt: skip

    seals = [n for n, _ in sealed.entries if n.startswith("signatures/")]
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert code == 0
    assert there == {*layout.HEAD, *seals, CARD, "data/reports/fairness.json"}
    assert all((folder / n).read_bytes() == sealed.read(n) for n in there)
    assert f"affidavit verify {folder / CARD} --proof {folder}" in said
    code, said = run("verify", folder / CARD, "--proof", folder, "--key", sealed.public_key)
    assert (code, said.splitlines()[0]) == (
        0, "FILE VERIFIED  model-card.json, of credit-risk, version 3"
    )  # fmt: skip


def test_what_it_writes_is_checked_by_stock_tools(sealed: BundleBuilder, tmp_path: Path) -> None:
    folder = tmp_path / "proof"
    run("show", sealed.path, "--extract", CARD, "--to", folder, "--key", sealed.public_key)

    for manifest, more in ((layout.TAG_MANIFEST, []), (layout.MANIFEST, ["--ignore-missing"])):
        subprocess.run(["sha256sum", "-c", *more, manifest], cwd=folder, check=True)


def test_leaves_nothing_where_a_file_is_not_the_one_that_was_sealed(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    changed = sealed.flip_bit(CARD)

    code, said = run("show", changed, "--extract", CARD, "--to", tmp_path / "proof",
                     "--key", sealed.public_key)  # fmt: skip

    assert (code, list(tmp_path.iterdir())) == (1, [])
    assert "nothing was taken out of it" in said


def test_takes_nothing_out_of_a_bundle_that_nobody_sealed(tmp_path: Path) -> None:
    unsigned = BundleBuilder(tmp_path / "u", is_signed=False)

    code, said = run("show", unsigned.path, "--extract", CARD, "--to", tmp_path / "proof")

    assert code == 1
    assert "nothing proves a file of it" in said
    assert not (tmp_path / "proof").exists()


def test_writes_into_no_folder_that_is_there(sealed: BundleBuilder, tmp_path: Path) -> None:
    code, said = run("show", sealed.path, "--extract", CARD, "--to", tmp_path)

    assert (code, list(tmp_path.iterdir())) == (2, [])
    assert "name a new folder with --to" in said


@pytest.mark.parametrize(
    "arguments",
    [["--extract", CARD], ["--to", "x"], [CARD, "--extract", CARD, "--to", "x"],
     ["--extract", "no-such.json", "--to", "x"]],
)  # fmt: skip
def test_refuses_half_a_request(sealed: BundleBuilder, arguments: list[str]) -> None:
    assert run("show", sealed.path, *arguments)[0] == 2
    assert not Path("x").exists()
