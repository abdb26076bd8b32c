"""How many times the tracking server is asked for one version, downloads apart."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.figures import Figure, at_most
from tests.support.mlflow_world import Training, serve

from affidavit.progress import Silent
from affidavit.resolve import resolve
from affidavit.sources import Sources
from affidavit.subject import parse_ref
from affidavit.workspace import Workspace


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server:
        made = Training(server=server, alias="champion").register()
        figures = []
        for ref in (f"models:/{made.name}/{made.version}", f"models:/{made.name}@champion"):
            found = resolve(
                parse_ref(ref), Sources(tracking_uri=server.uri), Workspace(Path(folder) / "work"),
                download=False, progress=Silent(),
            )  # fmt: skip
            kind = "alias" if "@" in ref else "version"
            figures.append(at_most(f"calls to resolve, {kind}", "", float(found.calls), 6))
        return figures
