"""A layout from outside: what holds, and each way in which one does not."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.chain import Chain

from affidavit.bundle import canonical
from affidavit.errors import BundleError, MissingExtra, UsageError
from affidavit.release.layouts import _write_signed, write_link
from affidavit.seal.keys import generate_key
from affidavit.verify import read_keys, verify_bundle
from affidavit.verify.layouts import key_fields, read_layout


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    folder = tmp_path_factory.mktemp("chain")
    return Chain(folder, BundleBuilder(folder / "made"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("other"), version="4")


@pytest.fixture
def chain(tmp_path: Path, whole: Chain) -> Chain:
    return whole.copy(tmp_path)


@pytest.fixture
def made(whole: Chain) -> BundleBuilder:
    return whole.made


def judged(chain: Chain, bundle: Path | None = None) -> str:
    """What the check of the layout says; empty if it passed."""
    verdict = verify_bundle(
        bundle or chain.made.path, trust=read_keys((chain.made.public_key,)),
        layout=read_layout(chain.layout, chain.owner, chain.links),
    )  # fmt: skip
    (check,) = [c for c in verdict.checks if c.id == "layout"]
    assert (verdict.exit_code == 0) is (check.status == "passed")
    return "" if check.status == "passed" else check.what


def test_every_step_done_and_two_of_three_approved(chain: Chain) -> None:
    assert judged(chain) == ""


@pytest.mark.parametrize("step", ["train", "register", "recompute", "seal", "approve"])
def test_refuses_a_missing_link(chain: Chain, step: str) -> None:
    chain.of(step)[0].unlink()

    assert f"Step '{step}' requires" in judged(chain)


def test_one_person_counts_once(chain: Chain) -> None:
    first, second = chain.of("approve")
    second.write_bytes(first.read_bytes())

    assert "Step 'approve' requires" in judged(chain)

    value = json.loads(first.read_bytes())
    value["signatures"] *= 2
    first.write_text(json.dumps(value))
    assert "Multiple signatures" in judged(chain)


def test_a_link_by_a_key_that_is_not_listed_counts_for_nothing(chain: Chain) -> None:
    chain.of("approve")[0].unlink()
    chain.link("approve", "eve")
    assert "Step 'approve' requires" in judged(chain)

    chain.link("approve", "cid")
    assert judged(chain) == ""


def test_the_builder_cannot_approve(chain: Chain) -> None:
    chain.of("approve")[0].unlink()
    chain.link("approve", "build")

    assert "Step 'approve' requires" in judged(chain)


def test_refuses_an_approval_of_another_bundle(chain: Chain, other: BundleBuilder) -> None:
    for link in chain.of("approve"):
        link.unlink()
    chain.link("approve", "ada", other)
    chain.link("approve", "ben", other)

    assert "does not hold" in judged(chain)


def test_refuses_links_that_agree_with_each_other_about_another_bundle(
    chain: Chain, other: BundleBuilder
) -> None:
    said = verify_bundle(
        other.path, trust=read_keys((other.public_key,)),
        layout=read_layout(chain.layout, chain.owner, chain.links),
    )  # fmt: skip

    failed = [c for c in said.checks if c.status == "failed"]
    assert [c.id for c in failed] == ["layout"]
    assert "about something else than this bundle" in failed[0].what


def test_refuses_a_link_that_was_changed(chain: Chain) -> None:
    link = chain.of("seal")[0]
    value = json.loads(link.read_bytes())
    payload = base64.b64decode(value["payload"]).replace(b"tagmanifest", b"tagmanifesu")
    value["payload"] = base64.b64encode(payload).decode()
    link.write_text(json.dumps(value))

    assert "Step 'seal' requires" in judged(chain)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"payload":1}', b"\xff", b"[" * 5000])
def test_a_link_that_is_none_is_refused_without_a_traceback(chain: Chain, content: bytes) -> None:
    chain.of("seal")[0].write_bytes(content)

    assert "does not hold" in judged(chain)


def test_a_link_that_is_a_layout_is_refused_and_nothing_is_run(chain: Chain) -> None:
    flag = chain.links / "was-run"
    inner = json.loads(base64.b64decode(json.loads(chain.layout.read_bytes())["payload"]))
    inner["inspect"] = [inspection(flag)]
    link = chain.of("seal")[0]
    link.unlink()
    _write_signed(link, inner, chain.people["build"])

    assert "could run commands" in judged(chain)
    assert not flag.exists()


def inspection(flag: Path) -> dict[str, Any]:
    return {
        "_type": "inspection", "name": "i", "run": ["touch", str(flag)],
        "expected_materials": [], "expected_products": [],
    }  # fmt: skip


# ---- the layout itself


def test_refuses_an_expired_layout(chain: Chain) -> None:
    late = chain.links / "late.layout"
    chain.write_layout(late, expires="2020-01-01")

    with pytest.raises(UsageError, match="has expired"):
        read_layout(late, chain.owner, chain.links)


def test_refuses_a_layout_by_another_key(chain: Chain) -> None:
    forged = chain.links / "forged.layout"
    chain.write_layout(forged, owner="eve", approvers=("eve",), threshold=1)

    with pytest.raises(UsageError, match="is not signed by"):
        read_layout(forged, chain.owner, chain.links)
    with pytest.raises(UsageError, match="is not signed by"):
        read_layout(chain.layout, chain.folder / "eve.pub", chain.links)


def with_inspection(layout: dict[str, Any]) -> None:
    layout["inspect"] = [inspection(Path("/nowhere"))]


def one_key_twice(layout: dict[str, Any]) -> None:
    key = layout["steps"][4]["pubkeys"][0]
    again = key[:-1] + ("0" if key[-1] != "0" else "1")
    layout["keys"][again] = {**layout["keys"][key], "keyid": again}
    layout["steps"][4]["pubkeys"].append(again)


def without_seal(layout: dict[str, Any]) -> None:
    del layout["steps"][3:]


def other_step(layout: dict[str, Any]) -> None:
    layout["steps"][0]["name"] = "../../elsewhere"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_inspection, "has inspections"), (one_key_twice, "one key under two names"),
        (without_seal, "other steps than a bundle's"), (other_step, "other steps than a bundle's"),
    ],
)  # fmt: skip
def test_refuses_what_its_owner_signed_but_we_do_not_take(
    chain: Chain, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    layout = json.loads(base64.b64decode(json.loads(chain.layout.read_bytes())["payload"]))
    change(layout)
    chain.layout.unlink()
    _write_signed(chain.layout, layout, chain.people["owner"])

    with pytest.raises(UsageError, match=words):
        read_layout(chain.layout, chain.owner, chain.links)


def test_a_link_and_a_bundle_are_no_layouts(chain: Chain, made: BundleBuilder) -> None:
    for path in (made.path, chain.links / "none"):
        with pytest.raises(UsageError):
            read_layout(path, chain.owner, chain.links)
    with pytest.raises(UsageError, match="is no signed layout"):
        read_layout(chain.of("seal")[0], chain.folder / "build.pub", chain.links)


def test_a_layout_in_the_bundle_is_never_used(chain: Chain, tmp_path: Path) -> None:
    inside = BundleBuilder(
        tmp_path / "inside", extra={"data/run/root.layout": chain.layout.read_bytes()}
    )

    verdict = verify_bundle(inside.path, trust=read_keys((inside.public_key,)))

    assert "layout" not in {c.id for c in verdict.checks}
    added = inside.add("signatures/root.layout", chain.layout.read_bytes())
    assert verify_bundle(added, trust=read_keys((inside.public_key,))).exit_code == 1


# ---- made


def test_too_few_people_or_one_twice_is_no_layout(chain: Chain) -> None:
    for approvers, threshold in ((("ada",), 2), (("ada", "ada"), 2), ((), 1)):
        with pytest.raises(UsageError, match="the step approve needs"):
            chain.write_layout(chain.links / "x.layout", approvers=approvers, threshold=threshold)
    assert not (chain.links / "x.layout").exists()


def test_a_key_that_stock_in_toto_does_not_take_is_refused(tmp_path: Path) -> None:
    key = generate_key("ml-dsa-65", tmp_path / "k.pem", tmp_path / "k.pub", None)

    with pytest.raises(UsageError, match="ml-dsa-65 cannot stand in a layout"):
        key_fields(key)


def test_no_link_for_a_bundle_that_is_refuted(chain: Chain, made: BundleBuilder) -> None:
    changed = made.flip_bit("data/model/model.pkl")

    with pytest.raises(BundleError, match="no link was written"):
        write_link(changed, "approve", chain.links, chain.people["cid"], None)
    assert len(chain.of("approve")) == 2


def test_the_commands_do_the_same(chain: Chain, made: BundleBuilder) -> None:
    verify = ["verify", str(made.path), "--key", str(made.public_key)]
    given = ["--layout", str(chain.layout), "--layout-key", str(chain.owner)]

    good = affidavit(*verify, *given, "--links", str(chain.links))
    assert good.returncode == 0, good.stderr
    alone = affidavit(*verify, *given)
    assert (alone.returncode, "belong together" in alone.stderr) == (2, True)
    chain.of("approve")[0].unlink()
    bad = affidavit(*verify, *given, "--links", str(chain.links))
    assert (bad.returncode, "Step 'approve' requires" in bad.stdout.replace("\n", " ")) == (1, True)


def affidavit(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "affidavit", *arguments], capture_output=True, text=True, check=False
    )


def test_a_layout_is_canonical_json(chain: Chain) -> None:
    content = chain.layout.read_bytes()

    assert canonical.dumps(json.loads(content)) == content


def test_without_the_library_the_install_command_is_named(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "in_toto.verifylib", None)

    with pytest.raises(MissingExtra) as refused:
        read_layout(chain.layout, chain.owner, chain.links)
    assert refused.value.fix == "pip install 'affidavit[layout]'"
