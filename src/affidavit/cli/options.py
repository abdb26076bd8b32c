"""Options that several commands share, each also an `AFFIDAVIT_*` variable.

An option that is not given is None: `affidavit.sources` then looks in the environment it was given
and in `~/.config/affidavit/sources.toml`.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from affidavit.errors import UsageError

if TYPE_CHECKING:
    from affidavit.recompute.worker.options import WorkerOptions

F = TypeVar("F", bound=Callable[..., object])
Decorator = Callable[[F], F]
_TYPED_WIDTH = 74  # a paragraph indented by two, and a backslash


class _Place(click.Path):
    """A path that may not exist yet; of the other kind, it is refused in our words."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        path, option = Path(value), param.opts[0] if param is not None else "the path"
        if not self.dir_okay and path.is_dir():
            raise UsageError(f"{option} {path}: a folder, not a file", fix="name a file")
        if not self.file_okay and path.is_file():
            raise UsageError(f"{option} {path}: a file, not a folder", fix="name a folder")
        return super().convert(value, param, ctx)


FILE = _Place(dir_okay=False, path_type=Path)
FOLDER = _Place(file_okay=False, path_type=Path)


def examples(*lines: str) -> str:
    """The end of a command's help, for `epilog=`: lines that can be typed as they stand.

    A long one goes on in the next line, after a backslash, as a shell takes it.
    """
    shown = ("\n".join(typed(line)) for line in lines)
    return "\b\nExamples:\n" + "\n".join(shown) + "\n"


def typed(line: str, *, indent: str = "  ") -> list[str]:
    """A command in lines of at most 80 columns, as a shell takes them."""
    parts = textwrap.wrap(
        line,
        _TYPED_WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [f"{part} \\" for part in parts[:-1]] + parts[-1:]


def tracking_uri(command: F) -> F:
    """`--tracking-uri`: str | None."""
    return click.option(
        "--tracking-uri",
        envvar="AFFIDAVIT_TRACKING_URI",
        show_envvar=True,
        metavar="URI",
        help="The MLflow tracking server or store.",
    )(command)


def repo(command: F) -> F:
    """`--repo`: str | None."""
    return click.option(
        "--repo",
        envvar="AFFIDAVIT_REPO",
        show_envvar=True,
        metavar="PATH|URL",
        help="The Git repository that trained the model.",
    )(command)


def remote(command: F) -> F:
    """`--remote`: str | None."""
    return click.option(
        "--remote",
        envvar="AFFIDAVIT_REMOTE",
        show_envvar=True,
        metavar="PATH|URL",
        help="The DVC remote that holds the data.",
    )(command)


def config(command: F) -> F:
    """`--config`: Path | None."""
    return click.option(
        "--config",
        envvar="AFFIDAVIT_CONFIG",
        show_envvar=True,
        type=FILE,
        help="An affidavit.toml to use instead of the commit's; the card says so.",
    )(command)


def declarations(command: F) -> F:
    """`--declarations`: Path | None."""
    return click.option(
        "--declarations",
        envvar="AFFIDAVIT_DECLARATIONS",
        show_envvar=True,
        type=FILE,
        help="A declarations.toml to use instead of the commit's.",
    )(command)


def commit(command: F) -> F:
    """`--commit`: str | None."""
    return click.option(
        "--commit",
        envvar="AFFIDAVIT_COMMIT",
        show_envvar=True,
        metavar="SHA",
        help="The commit, where the run logged none; the card says who gave it.",
    )(command)


def challenger(command: F) -> F:
    """`--challenger`: str | None."""
    return click.option(
        "--challenger",
        envvar="AFFIDAVIT_CHALLENGER",
        show_envvar=True,
        metavar="SUBJECT",
        help="A version to score on the same rows and compare with, in place of affidavit.toml's.",
    )(command)


class Lines(click.types.StringParamType):
    """One or several; in the environment, one a line, since a path may hold blanks."""

    def split_envvar_value(self, rv: str) -> list[str]:
        return [line for line in rv.splitlines() if line.strip()]


def several(flag: str, name: str, *, envvar: str, metavar: str, help_text: str) -> Callable[[F], F]:
    """An option that is given once or more, as `name`: tuple[str, ...]."""
    return click.option(
        flag, name, multiple=True, type=Lines(), envvar=envvar, show_envvar=True, metavar=metavar,
        help=help_text,
    )  # fmt: skip


_SIGNER_HELP = (
    "The private key to sign with (affidavit keygen), or another signer by its URI: cert, "
    "sigstore, pkcs11, vault, openbao; awskms, azurekms, gcpkms untested (docs/signing.md)."
)


def signer(command: F) -> F:
    """`--signer`: str | None, a path or the URI of a signer."""
    return click.option(
        "--signer",
        envvar="AFFIDAVIT_SIGNER",
        show_envvar=True,
        metavar="KEY|URI",
        help=_SIGNER_HELP,
    )(command)


def signers(command: F) -> F:
    """`--signer`: tuple[str, ...], as `signers`."""
    return several(
        "--signer", "signers", envvar="AFFIDAVIT_SIGNER", metavar="KEY|URI",
        help_text=f"{_SIGNER_HELP} Repeatable: each makes a seal of its own.",
    )(command)  # fmt: skip


def wheelhouse(command: F) -> F:
    """`--wheelhouse`: Path | None."""
    return click.option(
        "--wheelhouse",
        envvar="AFFIDAVIT_WHEELHOUSE",
        show_envvar=True,
        type=FOLDER,
        metavar="DIR",
        help="A folder of wheels: the model's environment is built from it, without an index.",
    )(command)


def model_env(command: F) -> F:
    """`--model-env`: Path | None."""
    return click.option(
        "--model-env",
        envvar="AFFIDAVIT_MODEL_ENV",
        show_envvar=True,
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="An interpreter or virtual environment that you vouch for; the model is run with it.",
    )(command)


def worker_options(wheelhouse: Path | None, model_env: Path | None) -> WorkerOptions:
    """What `--wheelhouse` and `--model-env` say together.

    Raises:
        UsageError: both are given, or what is given is not there.
    """
    from affidavit.recompute.worker.options import WorkerOptions

    if wheelhouse is not None and model_env is not None:
        raise UsageError("--wheelhouse and --model-env exclude each other")
    if wheelhouse is not None and not wheelhouse.is_dir():
        raise UsageError(
            f"--wheelhouse {wheelhouse}: no such folder", fix="name a folder that holds wheels"
        )
    if model_env is not None and not model_env.exists():
        raise UsageError(
            f"--model-env {model_env}: no such interpreter or environment",
            fix="name an interpreter, or the folder of a virtual environment",
        )
    return WorkerOptions(wheelhouse=wheelhouse, model_env=model_env)


def key(command: F) -> F:
    """`--key`: tuple[Path, ...], public keys to trust."""
    return click.option(
        "--key",
        "keys",
        type=FILE,
        multiple=True,
        help="A public key that you trust, got from its owner. Repeatable.",
    )(command)


def trust(command: F) -> F:
    """`--trust`: Path | None."""
    return click.option(
        "--trust",
        envvar="AFFIDAVIT_TRUST",
        show_envvar=True,
        type=FILE,
        help="The signers that you trust, and what was revoked.",
    )(command)


def identity(command: F) -> F:
    """`--identity`, `--issuer`: str | None; `--trusted-root`: Path | None."""
    return together(
        click.option(
            "--identity", metavar="NAME",
            help="A keyless signer that you trust: an address or a workflow's URI, whole.",
        ),
        click.option("--issuer", metavar="URL", help="Who has to vouch for --identity."),
        click.option(
            "--trusted-root", type=FILE,
            help="The trusted_root.json of the Sigstore, from who runs it.",
        ),
    )(command)  # fmt: skip


def identified(
    identity: str | None, issuer: str | None, root: Path | None
) -> tuple[str, str, Path] | None:
    """What the three options say together, or None where none is given.

    Raises:
        UsageError: one or two of them.
    """
    if identity is None and issuer is None and root is None:
        return None
    if identity is None or issuer is None or root is None:
        raise UsageError(
            "--identity, --issuer and --trusted-root are given together",
            "a name says nothing without who vouches for it, and neither without a root",
            "add what is missing",
        )
    return identity, issuer, root


def template_dir(command: F) -> F:
    """`--template-dir`: Path | None."""
    return click.option(
        "--template-dir",
        envvar="AFFIDAVIT_TEMPLATE_DIR",
        show_envvar=True,
        type=FOLDER,
        help="A folder with your name, logo, colours and templates (docs/branding.md).",
    )(command)


def passphrase_file(command: F) -> F:
    """`--passphrase-file`: Path | None."""
    return click.option("--passphrase-file", type=FILE, help="Holds the key's passphrase.")(command)


def timestamp(command: F) -> F:
    """`--timestamp`: str | None."""
    return click.option(
        "--timestamp",
        envvar="AFFIDAVIT_TIMESTAMP",
        show_envvar=True,
        metavar="URL",
        help="An RFC 3161 authority that says when the signature was made; gets its digest alone.",
    )(command)


def keyless(command: F) -> F:
    """`--sigstore-trust-config` and `--public-log`; `cli.signing` reads them from the context."""

    def keep(context: click.Context, option: click.Parameter, value: object) -> None:
        context.meta[f"affidavit.{option.name}"] = value

    return together(
        click.option(
            "--sigstore-trust-config",
            envvar="AFFIDAVIT_SIGSTORE_TRUST_CONFIG",
            show_envvar=True,
            type=FILE,
            expose_value=False,
            callback=keep,
            help="For --signer sigstore: a private Sigstore, by its ClientTrustConfig.",
        ),
        click.option(
            "--public-log",
            is_flag=True,
            expose_value=False,
            callback=keep,
            help="For --signer sigstore: use the public one, which publishes who signed.",
        ),
    )(command)


def day(name: str, text: str | None) -> str | None:
    """A day as it was given, YYYY-MM-DD.

    Raises:
        UsageError: no day of the calendar.
    """
    if text is None:
        return None
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise UsageError(f"{name} {text}: not a day", fix="write it as 2026-11-23") from error
    if found == date.max:
        raise UsageError(f"{name} {text}: the calendar ends there", fix="name an earlier day")
    return found.isoformat()


def today() -> str:
    """This day, UTC, YYYY-MM-DD."""
    return datetime.now(UTC).date().isoformat()


def as_json(command: F) -> F:
    """`--json`: bool, as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Everything, for machines.")(
        command
    )


def together(*decorators: Decorator[F]) -> Decorator[F]:
    """Several options as one decorator, shown in the order given."""

    def decorate(command: F) -> F:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate
