"""How long a reviewer waits: whole processes of the base install, in an environment of its own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.figures import Figure, at_most, median_seconds
from benchmarks.install import install
from benchmarks.sample import sample_bundle
from tests.support.private_sigstore import ISSUER, WORKFLOW, Sigstore

from affidavit.forgeries.contents import pack, read_contents
from affidavit.forgeries.repairing import sealed_by
from affidavit.forgeries.sample import SAMPLE, SAMPLE_KEY


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="affidavit-bench-") as name:
        folder = Path(name)
        install(folder / "env", folder / "dist")
        affidavit = str(folder / "env" / "bin" / "affidavit")
        python = median_seconds([str(folder / "env" / "bin" / "python"), "-c", "pass"])
        note = f"an empty Python took {python:.3f} s"
        verify = [affidavit, "verify"]
        explained, key = map(str, sample_bundle())
        by_key = median_seconds([*verify, str(SAMPLE), "--key", str(SAMPLE_KEY)])
        keyless = median_seconds([*verify, *_keyless(folder)])
        sample = median_seconds([*verify, explained, "--key", key])
        return [
            at_most(
                "affidavit --help", "s", median_seconds([affidavit, "--help"]), 0.15, note=note
            ),
            at_most("affidavit verify, small, by key", "s", by_key, 0.5, note=note),
            at_most("affidavit verify, small, keyless", "s", keyless, 1.2),
            at_most("affidavit verify, sample", "s", sample, None),
        ]


def _keyless(folder: Path) -> list[str]:
    """The small bundle, sealed by whom a private Sigstore vouches for, and how it is verified."""
    sigstore, bundle, root = Sigstore(), folder / "keyless.zip", folder / "trusted_root.json"
    bundle.write_bytes(pack(sealed_by(read_contents(SAMPLE), sigstore.signer())))
    root.write_bytes(sigstore.trusted_root())
    return [str(bundle), "--identity", WORKFLOW, "--issuer", ISSUER, "--trusted-root", str(root)]
