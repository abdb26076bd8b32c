"""`make demo`: a registered model becomes one verified bundle, on real data, from nothing.

Lays out a bank's project (Git history, DVC remote, MLflow registry), trains and registers its
versions, builds a signed bundle of each, and shows what a reader gets: page one in words, a
verdict, its forgeries refused, and what changed between two versions. Nothing is read from
outside this repository, and nothing is left running.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import screens
from lay_out import Project, clear
from servers import TrackingServer
from steps import StepFailed, Steps, interrupt_on_terminate, quiet_environ
from training import set_alias, train
from versions import CARD_DEFAULT, CREDIT_RISK, Sample, with_explainers

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = {sample.name: sample for sample in (CREDIT_RISK, CARD_DEFAULT)}
# For a key that signs a demo and is thrown away; a real one is asked for, or comes from a file.
PASSPHRASE = "correct horse battery staple"
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Settings:
    """What was asked for on the command line."""

    sample: Sample
    out: Path
    pdf: bool
    quick: bool


def main() -> int:
    settings = read_settings()
    interrupt_on_terminate()
    started = time.monotonic()
    try:
        clear(settings.out)
        problem = pdf_problem() if settings.pdf else None
        if problem:
            print(f"{problem}\n\nGoing on without the PDF.\n")
        run(settings, pdf=settings.pdf and not problem)
    except KeyboardInterrupt:
        print("\ninterrupted; what the demo had started is stopped", file=sys.stderr)
        return INTERRUPTED
    except (StepFailed, OSError) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    print(f"\nDone in {time.monotonic() - started:.0f} s; nothing is left running.")
    if problem:
        print(f"The cards are without PDF:\n{problem}")
    return 0


def read_settings() -> Settings:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--sample", choices=sorted(SAMPLES), default=CREDIT_RISK.name)
    parser.add_argument("--out", type=Path, help="an empty folder, or one that a demo made")
    parser.add_argument("--no-pdf", action="store_true", help="make the cards without PDF")
    parser.add_argument("--quick", action="store_true", help="build the last version only, no PDF")
    parser.add_argument(
        "--explainers", action="store_true",
        help="have shap and alibi explain the last version too; their environments are made first, "
        "1.4 GB in some minutes",
    )  # fmt: skip
    given = parser.parse_args()
    sample = SAMPLES[given.sample]
    if given.explainers:
        sample = with_explainers(sample)
    default = "demo" if sample is CREDIT_RISK else "demo-outcomes"
    out = (given.out or ROOT / "build" / default).resolve()
    return Settings(sample, out, pdf=not (given.no_pdf or given.quick), quick=given.quick)


def pdf_problem() -> str | None:
    from affidavit.render import pdf_problem as problem

    return problem()


def run(settings: Settings, *, pdf: bool) -> None:
    """The whole demo; each version is trained from its own commit.

    Raises:
        StepFailed: a step ended otherwise than it must.
    """
    out, sample = settings.out, settings.sample
    # Not resolved: the link inside the environment is what makes its packages be found.
    python = Path(sys.executable)
    environ = {**quiet_environ(python, out / "home"), "AFFIDAVIT_KEY_PASSPHRASE": PASSPHRASE}
    steps = Steps(out / "logs", environ)
    project = Project(sample, ROOT / "samples" / sample.name, out / "repository", out / "remote")
    print(f"Affidavit, shown on {sample.name}. Everything lies in {shown(out)}/\n")

    with contextlib.ExitStack() as stack:
        # It starts while the project is laid out; loading MLflow takes it some seconds.
        server = TrackingServer(python, out, steps.logs, environ) if sample.server else None
        if server is not None:
            stack.enter_context(server)
        with steps.step("project", "a Git repository, its data in a DVC remote"):
            project.start(steps)
        uri = f"sqlite:///{out / 'mlflow.db'}"
        for version in sample.versions:
            with steps.step("commit", version.number) as more:
                more += [project.advance(steps, version)[:7], version.message.partition("\n")[0]]
            if server is not None and version is sample.versions[0]:
                with steps.step("registry", "MLflow on this machine alone, over SQLite"):
                    uri = server.wait()
            with steps.step("train", version.number) as more:
                more.append(train(project, steps, version, uri))
        if sample.champion:
            set_alias(uri, sample.name, "champion", sample.champion)
        bundles = build_all(settings, project, steps, uri, pdf=pdf)
    screens.show_all(sample, bundles, out, steps)


def build_all(
    settings: Settings, project: Project, steps: Steps, uri: str, *, pdf: bool
) -> tuple[Path, ...]:
    """Make the release key, and a signed bundle of each version; return the bundles in order.

    The champion is asked for by its alias, as a release would.
    """
    keys, bundles = settings.out / "keys", settings.out / "bundles"
    for folder in (keys, bundles):
        folder.mkdir()
    sample = settings.sample
    with steps.step("keygen", f"an Ed25519 key to sign with, {keys.name}/release.pem"):
        steps.run("affidavit", "keygen", "--out", keys / "release", cwd=settings.out)
    made = []
    for version in sample.versions[-1:] if settings.quick else sample.versions:
        named = version.number == sample.champion
        wanted = f"{sample.name}@champion" if named else f"{sample.name}/{version.number}"
        out = bundles / f"{sample.name}-{version.number}.evidence.zip"
        with steps.step("build", f"models:/{wanted}") as more:
            ended = steps.run(
                *("affidavit", "build", f"models:/{wanted}", "--tracking-uri", uri),
                *("--repo", project.repository, "--remote", project.remote),
                *("--signer", keys / "release.pem", "--out", out),
                *(() if pdf else ("--no-pdf",)),
                cwd=settings.out,
            )
            # The first line: "2 exceptions, 0 gaps, 6 signatures owed. ..."
            more.append(ended.stdout.strip().partition(" owed")[0].rpartition(", ")[0])
        made.append(out)
    return tuple(made)


def shown(path: Path) -> str:
    """A path as people would type it from where they are."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)


if __name__ == "__main__":
    sys.exit(main())
