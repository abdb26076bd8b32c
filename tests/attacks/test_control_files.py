"""A signer with the right key who edits what stands beside a catalog's table."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from tests.support.attested import AttestedWorld, lie, resealed
from tests.support.raw_archives import read_entries

from affidavit.verify import Verdict, read_trust, verify_bundle

STEM = "data/controls/sr-26-2"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> AttestedWorld:
    made = AttestedWorld(tmp_path_factory.mktemp("controls"))
    assert checked(made, made.path).word == "VERIFIED"
    return made


def checked(world: AttestedWorld, bundle: Path) -> Verdict:
    return verify_bundle(bundle, trust=read_trust(world.trust))


def content(world: AttestedWorld, path: str) -> bytes:
    return dict(read_entries(world.path)[1])[path]


def test_refuses_a_spreadsheet_that_says_otherwise_than_its_table(world: AttestedWorld) -> None:
    honest = content(world, f"{STEM}.csv")
    green = honest.replace(b",missing,", b",evidenced,", 1)
    assert green != honest

    verdict = checked(world, resealed(world, world.path, {f"{STEM}.csv": green}))

    assert [(c.id, c.path) for c in verdict.failed] == [("control-file", f"{STEM}.csv")]


def test_refuses_a_catalog_edited_under_its_name(world: AttestedWorld) -> None:
    softer = content(world, f"{STEM}.yaml") + b"# softer\n"

    verdict = checked(world, resealed(world, world.path, {f"{STEM}.yaml": softer}))

    assert ("control-file", f"{STEM}.yaml") in [(c.id, c.path) for c in verdict.failed]


def test_says_whose_catalog_it_is_where_a_shipped_name_has_other_bytes(
    world: AttestedWorld,
) -> None:
    softer = content(world, f"{STEM}.yaml") + b"# softer\n"
    digest = hashlib.sha256(softer).hexdigest()
    bundle = resealed(world, world.path, {f"{STEM}.yaml": softer})
    bundle = bundle.rename(bundle.with_name("edited.zip"))

    verdict = checked(world, lie(world, bundle, f"{STEM}.json", _set("catalog_sha256", digest)))

    assert verdict.word == "VERIFIED"
    (said,) = (c for c in verdict.not_run if c.id == "catalog")
    assert said.what.startswith("catalog sr-26-2 has other bytes than the one that this affidavit")
    assert not [c for c in checked(world, world.path).checks if c.id == "catalog"]


def test_refuses_a_control_that_stands_twice(world: AttestedWorld) -> None:
    def doubled(standing: Any) -> None:
        standing["assessments"].append(standing["assessments"][0])

    verdict = checked(world, lie(world, world.path, f"{STEM}.json", doubled))

    assert verdict.failed[0].id == "control-file"
    assert "stands 2 times" in verdict.failed[0].what


def test_refuses_a_table_under_another_catalogs_name(world: AttestedWorld) -> None:
    verdict = checked(world, lie(world, world.path, f"{STEM}.json", _set("catalog", "sr-27-1")))

    assert {c.id for c in verdict.failed} == {"control-file"}
    assert f"{STEM}.csv belongs to no catalog" in [c.what for c in verdict.failed]


def _set(key: str, value: str) -> Any:
    def change(standing: Any) -> None:
        standing[key] = value

    return change
