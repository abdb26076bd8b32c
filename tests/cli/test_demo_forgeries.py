"""`affidavit demo-forgeries` as people meet it: lines, exit codes, and its JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.bundles import BundleBuilder

from affidavit.cli.main import cli
from affidavit.forgeries import showing
from affidavit.forgeries.contents import pack
from affidavit.forgeries.interface import Forged, Forgery

NOTHING = Forgery(
    id="nothing", family="replay", refused_by="archive",
    make=lambda scene: Forged("does nothing", pack(scene.genuine)),
)  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("small") / "made", is_told=True)


def run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["demo-forgeries", *(str(a) for a in arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_without_arguments_the_sample_is_forged() -> None:
    code, output, _ = run()

    lines = output.splitlines()
    assert code == 0
    assert lines[2].startswith("VERIFIED  sample, version 1")
    assert output.count("    REFUSED  ") == 17
    assert "ALL REFUSED  17 forgeries of sample-1.evidence.zip" in lines
    assert max(map(len, lines)) <= 80


def test_says_that_a_copy_was_sealed_where_no_trust_was_given(small: BundleBuilder) -> None:
    code, output, _ = run(small.path)

    assert code == 0
    assert "No --key or --trust was given" in output
    assert "No --key or --trust was given" not in run(small.path, "--key", small.public_key)[1]


def test_json_names_every_forgery_and_its_checks(small: BundleBuilder) -> None:
    code, output, _ = run(small.path, "--key", small.public_key, "--json")

    value = json.loads(output)
    assert (code, value["schema"], value["version"]) == (0, "affidavit/forgeries", 1)
    assert (value["refused"], value["accepted"], value["left_out"]) == (17, 0, 4)
    first = value["forgeries"][0]
    assert (first["id"], first["outcome"], first["checks"]) == (
        "model-bit", "refused", ["payload-digest"],
    )  # fmt: skip


def test_a_forgery_that_passes_ends_in_exit_code_4(
    small: BundleBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "FORGERIES", (NOTHING,))

    code, output, _ = run(small.path, "--key", small.public_key)

    assert code == 4
    assert "    NOT REFUSED  the verdict is VERIFIED" in output
    assert "NOT ALL REFUSED  1 of 1 forgery passed" in output
    assert run(small.path, "--key", small.public_key, "--json")[0] == 4


def test_a_trust_file_of_the_environment_is_not_asked_about_the_sample(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AFFIDAVIT_TRUST", "none.toml")

    assert run("-q")[0] == 0


def test_quiet_is_one_line(small: BundleBuilder) -> None:
    code, output, _ = run(small.path, "--key", small.public_key, "-q")

    assert (code, output.count("\n")) == (0, 1)


def test_a_bundle_that_does_not_verify_is_exit_code_1(small: BundleBuilder) -> None:
    code, output, errors = run(small.flip_bit("data/model/model.pkl"), "--key", small.public_key)

    assert (code, output) == (1, "")
    assert "does not verify as it is" in errors


def test_a_key_without_a_bundle_is_usage(small: BundleBuilder, tmp_path: Path) -> None:
    assert run("--key", small.public_key)[0] == 2
    assert run("--trust", small.public_key)[0] == 2
    assert run(tmp_path / "none.zip")[0] == 2
