"""Stock in-toto-verify on our layout and links: it accepts and refuses what we do.

It has an environment of its own, made from requirements/in-toto.txt.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.chain import Chain
from tests.support.stock import stock_environment

from affidavit.seal.keys import KeyKind
from affidavit.verify import read_keys, verify_bundle
from affidavit.verify.layouts import read_layout

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stock_environment("in-toto", tmp_path_factory) / "in-toto-verify"


@pytest.mark.parametrize("kind", ["ed25519", "p256"])
def test_stock_in_toto_verify_and_ours_agree(tool: Path, tmp_path: Path, kind: KeyKind) -> None:
    chain = Chain(tmp_path, BundleBuilder(tmp_path / "made"), kind)
    other = BundleBuilder(tmp_path / "other", version="4")
    assert stock(tool, chain).returncode == 0, stock(tool, chain).stderr
    assert ours(chain) == 0

    first, second = chain.of("approve")
    kept = second.read_bytes()
    second.unlink()
    refused = stock(tool, chain)
    assert (refused.returncode, ours(chain)) == (1, 1)
    assert "Step 'approve' requires" in refused.stdout + refused.stderr

    second.write_bytes(first.read_bytes())  # one person twice
    assert (stock(tool, chain).returncode, ours(chain)) == (1, 1)
    second.write_bytes(kept)
    assert (stock(tool, chain).returncode, ours(chain)) == (0, 0)

    for link in (first, second):
        link.unlink()
    chain.link("approve", "ada", other)
    chain.link("approve", "ben", other)
    assert (stock(tool, chain).returncode, ours(chain)) == (1, 1)


def stock(tool: Path, chain: Chain) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool, "--layout", chain.layout, "--verification-keys", chain.owner,
         "--link-dir", chain.links],
        capture_output=True, text=True, check=False, cwd=chain.folder,
    )  # fmt: skip


def ours(chain: Chain) -> int:
    layout = read_layout(chain.layout, chain.owner, chain.links)
    trust = read_keys((chain.made.public_key,))
    return verify_bundle(chain.made.path, trust=trust, layout=layout).exit_code
