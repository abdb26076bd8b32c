"""Makes the files beside it: `python tests/golden/keyless/make.py`, after `make conformance`.

npm's mock of a Sigstore signs one statement twice, with Rekor v1 and with v2 and a clock. The files
stay as they are, whatever later versions write: what was signed once verifies for ever.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))

from tests.conformance.test_keyless import STATEMENT, Instance, node  # noqa: E402


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        process = subprocess.Popen(
            [*node("sigstore.mjs"), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin is not None
        assert process.stdout is not None
        instance = Instance(process.stdout.readline().strip(), folder)
        (HERE / "trusted_root.json").write_bytes(instance.root.read_bytes())
        for version, config in (("v1", "trust_config.json"), ("v2", "trust_config_v2.json")):
            content = instance.signer(config, folder).sign(STATEMENT)
            (HERE / f"rekor-{version}.sigstore.json").write_bytes(content)
        process.stdin.close()
        process.wait(10)


if __name__ == "__main__":
    main()
