"""What a hostile bundle costs: 5 seconds of a processor and 300 MB at most, measured in a child.

All are refused without a key: whoever sends a bundle can make them. The child counts its own
processor time, so that a busy machine fails no test, and may not map more memory than it has.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.attacks.suite.zip_cases import deflated, with_zip64
from tests.support.bundles import BundleBuilder
from tests.support.payloads import sha256_of
from tests.support.pinned import trust_in
from tests.support.raw_archives import ordered, pack_raw, patched

from affidavit.bundle import canonical, layout
from affidavit.bundle.manifest import render_manifest
from affidavit.verify import records, verify_bundle

# The mapped memory of an idle child is some 150 MB; what it holds (VmHWM) is told by itself.
CHILD = """
import resource, signal, sys, time
resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from click.testing import CliRunner
from affidavit.cli.main import cli
start = resource.getrusage(resource.RUSAGE_SELF)
result = CliRunner().invoke(cli, ["verify", sys.argv[1], "--json"])
end = resource.getrusage(resource.RUSAGE_SELF)
held = open("/proc/self/status").read().split("VmHWM:")[1].split()[0]
began = time.process_time()
for _ in range(10**7): pass
pace = time.process_time() - began
spent = end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime
print(result.exit_code, spent, int(held) >> 10, pace)
sys.stderr.write(repr(result.exception) + result.output[:2000])
"""
PACE_S = 0.4  # for ten million steps of nothing; a processor that takes longer has longer
RECORD_BYTES = layout.MAX_RECORD_BYTES - 1000
Files = dict[str, bytes]


def refitted(sealed: BundleBuilder, changed: Files) -> bytes:
    """The bundle without a seal, manifests and bag-info made to fit what was changed."""
    files = {n: c for n, c in sealed.entries if not n.startswith("signatures/")} | changed
    payload = [(n, c) for n, c in files.items() if n.startswith("data/")]
    size = f"{sum(len(c) for _, c in payload)}.{len(payload)}".encode()
    lines = files[layout.BAG_INFO].splitlines()
    files[layout.BAG_INFO] = b"\n".join([*lines[:-1], b"Payload-Oxum: " + size, b""])
    if layout.MANIFEST not in changed:
        files[layout.MANIFEST] = render_manifest((n, sha256_of(c)) for n, c in payload)
    files[layout.TAG_MANIFEST] = render_manifest((n, sha256_of(files[n])) for n in layout.TAGGED)
    return pack_raw((f"{sealed.folder_name}/{n}", c) for n, c in ordered(list(files.items())))


def many_names(sealed: BundleBuilder, name: Callable[[int], str]) -> bytes:
    return pack_raw([
        *((f"{sealed.folder_name}/{n}", c) for n, c in sealed.entries[:5]),
        *((f"{sealed.folder_name}/data/{name(i)}", b"") for i in range(99_990)),
    ])  # fmt: skip


def record(content: bytes) -> Callable[[BundleBuilder], bytes]:
    return lambda sealed: refitted(sealed, {layout.EVIDENCE: content})


def many_items(sealed: BundleBuilder) -> bytes:
    evidence = json.loads(sealed.read(layout.EVIDENCE))
    one = evidence["items"][0]
    evidence["items"] += [{**one, "path": f"data/z/{i:06d}"} for i in range(99_000)]
    return refitted(sealed, {layout.EVIDENCE: canonical.dumps(evidence)})


def many_reports(sealed: BundleBuilder) -> bytes:
    report = json.loads(sealed.read("data/reports/fairness.json"))
    one = report["numbers"][0]
    report["numbers"] = [{**one, "id": f"n{i}"} for i in range(10_000)]
    content = canonical.dumps(report)
    return refitted(sealed, {f"data/reports/z{i}.json": content for i in range(6)})


def long_manifest(sealed: BundleBuilder) -> bytes:
    lines = (f"{'0' * 64}  data/{i:07d}\U0001f600\n" for i in range(RECORD_BYTES // 82))
    return refitted(sealed, {layout.MANIFEST: "".join(lines).encode()})


def bomb(sealed: BundleBuilder) -> bytes:
    packed = deflated(b"\0" * 100_000_000)
    entries = [(f"{sealed.folder_name}/{n}", c) for n, c in sealed.entries[:5]]
    return pack_raw(
        [*entries, (f"{sealed.folder_name}/data/z", packed)],
        central=lambda m, h: patched(h, method=8, size=10**8) if m.name.endswith("/z") else h,
    )


WORST: dict[str, Callable[[BundleBuilder], bytes]] = {
    "a deflated bomb": bomb,
    "a directory of 2^63 bytes": lambda s: with_zip64(size=2**63)(s.path.read_bytes()),
    "100,000 entries": lambda s: many_names(s, lambda i: f"{i:06d}"),
    "100,000 long names": lambda s: many_names(s, lambda i: f"{i:06d}{'a' * 80}\U0001f600"),
    "100,000 sections": lambda s: many_names(s, lambda i: f"{i:06d}/z"),
    "a manifest of 400,000 lines": long_manifest,
    "a record of 10 million lists": record(b"[" + b"[]," * (RECORD_BYTES // 3) + b"0]"),
    "a record of 16 million numbers": record(b"[" + b"0," * (RECORD_BYTES // 2) + b"0]"),
    "a record of one long text": record(
        b'{"a":"' + "\U0001f600".encode() + b"a" * RECORD_BYTES + b'"}'
    ),
    "a record of one long number": record(b"1" * RECORD_BYTES),
    "a record that opens and never closes": record(b"[" * RECORD_BYTES),
    "a record of backslashes": record(b'"' + b"\\" * RECORD_BYTES),
    "a record of 100,000 items": many_items,
    "many large reports": many_reports,
}


QUICK = (
    "a deflated bomb", "a directory of 2^63 bytes", "100,000 entries",
    "a record of 10 million lists", "a record that opens and never closes",
)  # fmt: skip


@pytest.fixture(scope="module")
def sealed_small(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("bounds"))


@pytest.mark.parametrize(
    "case", [c if c in QUICK else pytest.param(c, marks=pytest.mark.slow) for c in WORST]
)
def test_a_hostile_bundle_costs_little(
    case: str, sealed_small: BundleBuilder, tmp_path: Path
) -> None:
    path = tmp_path / "hostile.zip"
    path.write_bytes(WORST[case](sealed_small))

    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr[-2000:]
    exit_code, seconds, megabytes, pace = done.stdout.split()
    assert exit_code == "1", done.stderr
    assert "Traceback" not in done.stderr
    assert float(seconds) < 5 * max(1, float(pace) / PACE_S)
    assert int(megabytes) < 300


def test_many_large_reports_of_a_trusted_signer_are_read(
    sealed_small: BundleBuilder, tmp_path: Path
) -> None:
    """The limit is on strangers: a bank with many groups has records as large."""
    content = canonical.dumps(json.loads(sealed_small.read("data/reports/fairness.json")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_MAX_WEIGHT", 24 * len(content))
        stranger = verify_bundle(sealed_small.path, trust=None)
        trusted = verify_bundle(sealed_small.path, trust=trust_in(sealed_small))

    assert stranger.word == "UNDECIDED"
    (left,) = [c for c in stranger.not_run if c.required]
    assert left.id == "record"
    assert "signer that you trust" in (left.fix or "")
    assert trusted.word == "VERIFIED"
