"""The command `affidavit`: a table of commands, loaded one at a time, and what errors become.

`--help` imports no command. Every exception ends here as an exit code and a few lines; `--debug`
alone shows a traceback.
"""

from __future__ import annotations

import atexit
import contextlib
import copy
import difflib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, NoReturn

import click

from affidavit.cli import output
from affidavit.cli.extras import BUILD_MODULES, INSTALL_BUILD
from affidavit.errors import AffidavitError, MissingExtra, UsageError
from affidavit.printable import printable

UNDECIDED, USAGE, INTERRUPTED = 4, 2, 130
PIPE_CLOSED = 141  # as a process that SIGPIPE ended; never 1, which would mean "refuted"
TERMINATED = 143
Section = Literal["For reviewers", "To build", "To set up"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: its module `affidavit.cli.<name>` has the `click.Command` as `command`."""

    name: str
    line: str
    section: Section

    @property
    def module(self) -> str:
        """Where it is; a dash in the name is an underscore there."""
        return f"affidavit.cli.{self.name.replace('-', '_')}"


COMMANDS: tuple[Entry, ...] = (
    Entry("verify", "Check a bundle against the signers that you trust.", "For reviewers"),
    Entry("show", "Print the record of a bundle, or any file in it.", "For reviewers"),
    Entry("diff", "Say what changed between two bundles.", "For reviewers"),
    Entry("index", "Make one inventory of many bundles.", "For reviewers"),
    Entry("recheck", "Compute its numbers again, and compare.", "For reviewers"),
    Entry("explain", "Explain one row or case, for the person concerned.", "For reviewers"),
    Entry("questions", "List what people still owe, by role.", "For reviewers"),
    Entry("attest", "Sign an answer to a question of a control.", "For reviewers"),
    Entry("approve", "Sign a decision on a bundle's release.", "For reviewers"),
    Entry("trust", "Say whom you trust, and show it.", "For reviewers"),
    Entry("layout", "Say who has to do which step, and that it was done.", "For reviewers"),
    Entry("encrypt", "Encrypt a bundle to those who are to read it.", "For reviewers"),
    Entry("decrypt", "Decrypt a bundle that was encrypted to you.", "For reviewers"),
    Entry("demo-forgeries", "Forge a bundle in many ways, and see each refused.", "For reviewers"),
    Entry("build", "Make one signed bundle of a registered model.", "To build"),
    Entry("update", "Assess and render a bundle again, with answers.", "To build"),
    Entry("resolve", "Show the chain behind a model, building nothing.", "To build"),
    Entry("init", "Write affidavit.toml and declarations.toml.", "To set up"),
    Entry("doctor", "Check what a build would need, and say the fix.", "To set up"),
    Entry("controls", "Show the catalogs of controls, or check your own.", "To set up"),
    Entry("keygen", "Make a key pair to sign with.", "To set up"),
)

EPILOG = """\b
Examples:
  affidavit verify credit-risk-3.evidence.zip --key release.pub
  affidavit build models:/credit-risk/3 --signer keys/release.pem
  affidavit doctor

\b
Exit codes:
  0    verified, or done
  1    refuted: the bundle's bytes, or two facts that cannot both be true
  2    usage: a file, model, option, configuration or key that cannot be taken
  3    intact, but no signer to trust was given
  4    undecided: a source out of reach, a model that crashed, our own fault
  5    built, but --fail-on matched
  130  interrupted
"""


class LazyGroup(click.Group):
    """The commands of the table, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return [entry.name for entry in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        entry = next((e for e in COMMANDS if e.name == cmd_name), None)
        if entry is None:
            return None
        found: click.Command = import_module(entry.module).command
        return _with_common_options(found)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-"):
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"no such command: {name}{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        width = max(len(entry.name) for entry in COMMANDS)
        for section in dict.fromkeys(entry.section for entry in COMMANDS):
            rows = [(e.name.ljust(width), e.line) for e in COMMANDS if e.section == section]
            with formatter.section(section):
                formatter.write_dl(rows)

    def main(self, args: Sequence[str] | None = None, *_: Any, **extra: Any) -> NoReturn:
        """Run, and exit with the code that the README lists; click's own codes differ."""
        if "_AFFIDAVIT_COMPLETE" in os.environ:
            super().main(args, "affidavit")
        arguments = list(sys.argv[1:] if args is None else args)
        # Known before a command is loaded: what it raises while it is read is told likewise.
        settings = output.Settings(debug="--debug" in arguments, as_json=_asks_json(arguments))
        for known_to_click in ("prog_name", "standalone_mode"):
            extra.pop(known_to_click, None)
        sys.exit(_guarded(lambda: self._invoked(arguments, settings, **extra), settings))

    def _invoked(self, args: list[str], settings: output.Settings, **extra: Any) -> int:
        with self.make_context("affidavit", args, obj=settings, **extra) as context:
            self.invoke(context)
        sys.stdout.flush()
        return 0


def _guarded(run: Callable[[], int], settings: output.Settings) -> int:
    """Run a command; whatever it raises becomes lines on stderr and an exit code."""
    try:
        return run()
    except click.exceptions.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, click.Abort) as error:
        return _interrupted(error)
    except click.ClickException as error:
        return _usage(error, settings)
    except BrokenPipeError:
        _discard_output()
        return PIPE_CLOSED
    except AffidavitError as error:
        shown = error
    except Exception as error:  # noqa: BLE001 - the one place where anything may arrive
        shown = _understood(error)
    came_of = _signal_below(shown)
    if came_of is not None:
        return TERMINATED if isinstance(came_of, SystemExit) else _interrupted(shown)
    if settings.debug:
        _note_traceback(shown.__cause__ or shown)
    return _told(shown, settings)


def _signal_below(error: BaseException) -> BaseException | None:
    """What Ctrl-C or SIGTERM raised, below what some libraries make of it as they are imported."""
    below: BaseException | None = error
    seen: set[int] = set()
    while below is not None and id(below) not in seen:
        is_ended = isinstance(below, SystemExit) and below.code == TERMINATED
        if is_ended or isinstance(below, KeyboardInterrupt):
            return below
        seen.add(id(below))
        below = below.__cause__ or below.__context__
    return None


def _told(error: AffidavitError, settings: output.Settings) -> int:
    """An error for people, with `--json` also for machines, and its exit code."""
    output.note_error(error)
    if settings.as_json:
        try:
            output.say_json(output.error_json(error))
        except BrokenPipeError:
            _discard_output()
    return error.exit_code


def _asks_json(arguments: Sequence[str]) -> bool:
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return "--json" in arguments[:end]


def _understood(error: Exception) -> AffidavitError:
    """A foreign exception in our words, itself the cause."""
    if isinstance(error, ModuleNotFoundError) and _package(error) in BUILD_MODULES:
        shown: AffidavitError = MissingExtra(
            f"{_package(error)} is not installed, and this command needs it",
            "the base installation only reads and checks bundles",
            INSTALL_BUILD,
        )
    elif isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename is not None else ""
        shown = AffidavitError(f"{place}{error.strerror}", fix="affidavit doctor")
    elif isinstance(error, MemoryError):
        shown = AffidavitError("memory is exhausted", fix="run it where there is more")
    else:
        shown = AffidavitError(
            f"this is a fault in Affidavit: {type(error).__name__}: {_first_line(error)}",
            fix="run it again with --debug, which shows where, and report it",
        )
    shown.__cause__ = error
    return shown


def _package(error: ModuleNotFoundError) -> str:
    return (error.name or "").partition(".")[0]


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _interrupted(error: BaseException) -> int:
    if isinstance(error.__context__, EOFError) or isinstance(error.__cause__, EOFError):
        output.note_error(
            AffidavitError("a question was asked, and the input had ended", fix="use the options")
        )
        return USAGE
    output.note("")
    # A command adds what a person should know then: that its work was already done.
    output.note("; ".join(["interrupted", *getattr(error, "__notes__", ())]))
    return INTERRUPTED


def _usage(error: click.ClickException, settings: output.Settings) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        output.note(error.format_message())
        return USAGE
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context is not None else "affidavit"
    return _told(UsageError(error.format_message(), fix=f"{path} --help"), settings)


def _note_traceback(error: BaseException) -> None:
    import traceback

    for line in "".join(traceback.format_exception(error)).splitlines():
        output.note(printable(line))


def _discard_output() -> None:
    """The reader has gone: nothing more is written, also not at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError):  # a stream without a descriptor has no pipe to break
            continue


# ---- options that every command has


def _set_debug(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.find_root().ensure_object(output.Settings).debug = True


def _set_verbose(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.find_root().ensure_object(output.Settings).verbosity = 1


def _set_quiet(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.find_root().ensure_object(output.Settings).verbosity = -1


def _common_options() -> list[click.Option]:
    return [
        click.Option(
            ["-v", "--verbose"], is_flag=True, expose_value=False, callback=_set_verbose,
            help="Show every step.",
        ),
        click.Option(
            ["-q", "--quiet"], is_flag=True, expose_value=False, callback=_set_quiet,
            help="Show only the last line.",
        ),
        click.Option(
            ["--debug"], is_flag=True, expose_value=False, callback=_set_debug, is_eager=True,
            envvar="AFFIDAVIT_DEBUG", help="Show where an error arose.",
        ),
    ]  # fmt: skip


def _with_common_options(command: click.Command) -> click.Command:
    """A copy of the command that also takes -v, -q and --debug where it has none of its own."""
    taken = {name for param in command.params for name in param.opts}
    extended = copy.copy(command)
    extended.params = [
        *command.params,
        *(o for o in _common_options() if not taken.intersection(o.opts)),
    ]
    if isinstance(extended, click.Group):
        inner = extended.commands.items()
        extended.commands = {name: _with_common_options(one) for name, one in inner}
    return extended


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        from affidavit import __version__
        from affidavit.bundle.layout import FORMAT

        output.say(f"affidavit {__version__}, bundle format {FORMAT}")
        ctx.exit()


cli = LazyGroup(
    name="affidavit",
    help="Turn one registered model version into audit evidence that stands on its own, "
    "and check such evidence without trusting who sent it.",
    epilog=EPILOG,
    params=[
        click.Option(
            ["--version"], is_flag=True, expose_value=False, is_eager=True,
            callback=_print_version, help="Print the version and the bundle format.",
        ),
        *_common_options(),
    ],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": output.WIDTH},
)  # fmt: skip


def main() -> NoReturn:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console that lacks a character is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _terminated)
    winding = _WindingUp()
    if is_interruptible := signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        atexit.register(winding.last)  # first in, last out
    try:
        cli.main()
    except KeyboardInterrupt:  # a second one, while the first was being told
        winding.code = INTERRUPTED
    except SystemExit as end:
        winding.code = end.code
    if is_interruptible:
        signal.signal(signal.SIGINT, _left)
    sys.exit(winding.code)


@dataclass(slots=True)
class _WindingUp:
    """The end of the process; `code` is what it ends with, once that is known."""

    code: int | str | None = None

    def last(self) -> None:
        """The last that Python does at exit: no Ctrl-C, past or to come, is to kill us by signal.

        One to come would, when Python has taken its handlers down. One that is past would, where
        its KeyboardInterrupt went through Python that C ran (some libraries do that as they are
        imported): Python notes it as unhandled, and ends by SIGINT whatever we exit with.
        """
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if self.code == INTERRUPTED:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(INTERRUPTED)


def _terminated(_signal: int, _frame: object) -> NoReturn:
    """Leave as on Ctrl-C, so that what cleans up on the way out does."""
    raise SystemExit(TERMINATED)


def _left(_signal: int, _frame: object) -> NoReturn:
    """Ctrl-C when the work is done and Python itself winds up: no traceback, no death by signal."""
    os._exit(INTERRUPTED)
