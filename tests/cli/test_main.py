"""The command as a process: what is imported, how it fails, and with which exit code."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner, Result

from affidavit import __version__
from affidavit.cli import main as main_module
from affidavit.cli import output
from affidavit.cli.extras import BUILD_MODULES, RECHECK_MODULES
from affidavit.cli.main import COMMANDS, Entry, cli
from affidavit.errors import (
    AffidavitError,
    BundleError,
    ConfigError,
    Contradicted,
    MissingExtra,
    NewerFormat,
    NoSuchVersion,
    Unreachable,
    WorkerError,
)

NAMES = [entry.name for entry in COMMANDS]
# Refuses what only affidavit[build] brings, as an installation without it does.
BASE_ONLY = f"import sys; sys.modules.update(dict.fromkeys({sorted(BUILD_MODULES)!r}))"


def run(*arguments: str, before: str = "", env: dict[str, str] | None = None):
    """The command in a process of its own."""
    start = "from affidavit.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", f"{before}\n{start}", *arguments],
        capture_output=True, check=False, text=True, timeout=60, env={**os.environ, **(env or {})},
        encoding="utf-8",
    )  # fmt: skip


@pytest.fixture
def raising(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Run a command that raises what it is given, through everything that `main` does."""

    def invoke(error: BaseException, *arguments: str, env: dict[str, str] | None = None) -> Result:
        @click.command()
        def command() -> None:
            click.echo("begun")
            raise error

        module = ModuleType("affidavit.cli.raises")
        module.command = command
        monkeypatch.setitem(sys.modules, "affidavit.cli.raises", module)
        entry = Entry("raises", "Raises.", "To set up")
        monkeypatch.setattr(main_module, "COMMANDS", (*COMMANDS, entry))
        return CliRunner().invoke(cli, ["raises", *arguments], env=env)

    return invoke


def test_help_imports_no_command_and_no_dependency_but_click() -> None:
    done = run(
        "--help",
        before="import atexit, sys\n"
        "atexit.register(lambda: print('\\n'.join(sorted(sys.modules)), file=sys.stderr))",
    )

    modules = done.stderr.split()
    ours = {m for m in modules if m.partition(".")[0] == "affidavit"}
    assert done.returncode == 0
    assert ours == {
        "affidavit", "affidavit.cli", "affidavit.cli.extras", "affidavit.cli.main",
        "affidavit.cli.output", "affidavit.cli.pasting", "affidavit.errors", "affidavit.printable",
        "affidavit.wording",
    }  # fmt: skip
    assert not {"pydantic", "cryptography", "rfc8785", *BUILD_MODULES} & set(modules)


def test_help_lists_every_command_in_its_section_and_ends_with_the_exit_codes() -> None:
    told = CliRunner().invoke(cli, ["--help"]).stdout

    sections = ["For reviewers:", "To build:", "To set up:", "Examples:", "Exit codes:"]
    assert [line.strip() for line in told.splitlines() if line.strip() in sections] == sections
    width = max(map(len, NAMES))
    assert all(f"\n  {entry.name.ljust(width)}  {entry.line}\n" in told for entry in COMMANDS)
    assert told.rstrip().endswith("130  interrupted")
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize("name", NAMES)
def test_each_help_needs_the_base_installation_only_and_ends_with_examples(name: str) -> None:
    done = run(name, "--help", before=BASE_ONLY)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: affidavit {name} ")
    body, _, examples = done.stdout.rpartition("\n  Examples:\n")
    assert body
    assert examples
    assert all(line.startswith("    ") for line in examples.rstrip().splitlines())
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "--debug" in body


@pytest.mark.parametrize("name", NAMES)
def test_each_example_can_be_typed_as_it_stands(name: str) -> None:
    told = CliRunner().invoke(cli, [name, "--help"]).stdout
    examples = told.rpartition("Examples:\n")[2].replace("\\\n", " ").strip().splitlines()

    for line in examples:
        program, command, *arguments = shlex.split(line)
        assert (program, command) == ("affidavit", name)
        root = click.Context(cli)
        cli.get_command(root, name).make_context(name, arguments, parent=root)  # parses


def test_the_build_extra_is_named_where_it_is_missing() -> None:
    done = run(
        "resolve", "models:/x/1", "--tracking-uri", "http://127.0.0.1:9", before=BASE_ONLY
    )  # fmt: skip

    assert done.returncode == 2
    assert "pip install 'affidavit[build]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("extra", "modules"), [("build", BUILD_MODULES), ("recheck", RECHECK_MODULES)]
)
def test_the_listed_modules_are_those_of_the_extra(extra: str, modules: dict[str, str]) -> None:
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    wanted = {
        d.partition(">=")[0].lower() for d in project["project"]["optional-dependencies"][extra]
    }

    assert set(modules.values()) == wanted


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AffidavitError("a"), 4),
        (ConfigError("a"), 2),
        (NoSuchVersion("a"), 2),
        (Unreachable("a"), 4),
        (Contradicted("a", contradictions=(("w", "e", "f", "x"),)), 1),
        (WorkerError("a"), 4),
        (BundleError("a"), 1),
        (NewerFormat("a"), 4),
        (RuntimeError("a"), 4),
        (MemoryError(), 4),
        (OSError(28, "No space left on device", "out.zip"), 4),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (click.UsageError("a"), 2),
        (click.FileError("a"), 2),
        (BrokenPipeError(), 141),
        (SystemExit(3), 3),
        (click.exceptions.Exit(5), 5),
    ],
    ids=lambda v: type(v).__name__ if isinstance(v, BaseException) else str(v),
)
def test_each_error_ends_with_its_exit_code_and_no_traceback(raising, error, code) -> None:
    result = raising(error)

    assert result.exit_code == code
    assert result.stdout == "begun\n"
    assert "Traceback" not in result.stderr


def test_an_error_tells_what_because_and_fix(raising) -> None:
    result = raising(Unreachable("the server does not answer", "refused", "start it"))

    assert result.stderr == (
        "error: the server does not answer\n  because   refused\n  fix       start it\n"
    )


def test_under_json_an_error_is_json_on_stdout_and_lines_on_stderr() -> None:
    result = CliRunner().invoke(cli, ["verify", "absent.zip", "--json"])

    assert json.loads(result.stdout) == {
        "error": {
            "what": "absent.zip: no such file", "cause": "", "fix": "check the path",
            "exit_code": 2,
        }
    }  # fmt: skip
    assert result.stderr == "error: absent.zip: no such file\n  fix       check the path\n"
    assert result.exit_code == 2
    assert CliRunner().invoke(cli, ["verify", "absent.zip"]).stdout == ""  # the twin


@pytest.mark.parametrize(
    ("arguments", "code"), [(["verify", "--json"], 2), (["verfy", "--json"], 2)]
)
def test_under_json_wrong_usage_is_json_too(arguments: list[str], code: int) -> None:
    result = CliRunner().invoke(cli, arguments)

    told = json.loads(result.stdout)["error"]
    assert told["exit_code"] == result.exit_code == code
    assert told["what"]
    assert told["fix"].endswith("--help")


def test_a_file_called_json_asks_for_no_json() -> None:
    result = CliRunner().invoke(cli, ["verify", "--", "--json"])

    assert (result.exit_code, result.stdout) == (2, "")


def test_a_contradiction_is_told_to_machines_with_both_facts() -> None:
    error = Contradicted("1 contradiction", contradictions=(("w", "e", "f", "x"),))

    assert output.error_json(error)["error"]["contradictions"] == [
        {"what": "w", "expected": "e", "found": "f", "fix": "x"}
    ]


def test_every_contradiction_is_told(raising) -> None:
    both = (("a differs", "md5 1", "md5 2", "fetch it"), ("b differs", "run 1", "run 2", "ask"))

    result = raising(Contradicted("2 contradictions: nothing was built", contradictions=both))

    assert result.stderr == (
        "error: 2 contradictions: nothing was built\n"
        "\n  a differs\n    expected  md5 1\n    found     md5 2\n    fix       fetch it\n"
        "\n  b differs\n    expected  run 1\n    found     run 2\n    fix       ask\n"
    )


def test_an_unexpected_error_is_called_our_fault(raising) -> None:
    result = raising(ZeroDivisionError("by zero\nsecond line"))

    assert result.stderr.startswith(
        "error: this is a fault in Affidavit: ZeroDivisionError: by zero\n"
    )
    assert "--debug" in result.stderr


@pytest.mark.parametrize(("name", "code"), [("mlflow.tracking", 2), ("affidavit.nowhere", 4)])
def test_only_a_known_optional_package_is_a_missing_extra(raising, name: str, code: int) -> None:
    result = raising(ModuleNotFoundError(f"No module named {name!r}", name=name))

    assert result.exit_code == code
    assert ("pip install 'affidavit[build]'" in result.stderr) == (code == 2)


@pytest.mark.parametrize(("arguments", "env"), [(["--debug"], {}), ([], {"AFFIDAVIT_DEBUG": "1"})])
def test_debug_alone_shows_where(raising, arguments: list[str], env: dict[str, str]) -> None:
    for error in (ValueError("x"), ConfigError("x")):
        assert "Traceback" not in raising(error).stderr

        told = raising(error, *arguments, env=env).stderr

        assert "Traceback (most recent call last)" in told
        assert f"{type(error).__name__}: x" in told


def test_debug_may_stand_before_the_command(raising) -> None:
    error = ValueError("x")
    raising(error)

    assert "Traceback" in CliRunner().invoke(cli, ["--debug", "raises"]).stderr


def test_a_question_without_an_answer_is_usage_and_not_an_interrupt(raising) -> None:
    ended = click.Abort()
    ended.__cause__ = EOFError()

    result = raising(ended)

    assert result.exit_code == 2
    assert "the input had ended" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["verfy"], "error: no such command: verfy; did you mean verify?\n"),
        (["zzzzz"], "error: no such command: zzzzz\n"),
        (["--vresion"], "error: No such option '--vresion'. Did you mean '--version'?\n"),
        (["verify"], "error: Missing argument 'BUNDLE'.\n"),
    ],
)
def test_usage_is_told_with_the_nearest_right_word(arguments: list[str], told: str) -> None:
    result = CliRunner().invoke(cli, arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(told)
    assert result.stderr.rstrip().endswith("--help")


def test_without_a_command_the_help_is_shown_and_nothing_is_done() -> None:
    result = CliRunner().invoke(cli, [])

    assert result.exit_code == 2
    assert "For reviewers:" in result.stderr


def test_version_names_the_bundle_format() -> None:
    result = CliRunner().invoke(cli, ["--version"])

    assert (result.exit_code, result.stdout) == (0, f"affidavit {__version__}, bundle format 1\n")


@pytest.mark.parametrize("hostile", ["\x1b[2J\x1b[31m", "\x9b31m", "a\u202eb", "x\nerror: y"])
def test_a_hostile_argument_does_not_reach_the_terminal(hostile: str) -> None:
    for arguments in ([hostile], ["verify", hostile], ["show", hostile], ["init", hostile]):
        result = CliRunner().invoke(cli, arguments, color=True)

        assert result.exit_code in (1, 2, 4)
        assert hostile not in result.output
        assert not result.stderr.count("\nerror:")


def test_a_reader_that_leaves_early_gets_no_noise() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    process = subprocess.Popen(
        [sys.executable, "-m", "affidavit", "--help"], stdout=writes, stderr=subprocess.PIPE
    )
    os.close(writes)

    with process.stderr as stream:
        noise = stream.read()

    assert (process.wait(timeout=60), noise) == (141, b"")


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
@pytest.mark.parametrize(
    ("env", "is_coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colour_stands_on_a_terminal_only_and_never_against_no_color(
    env: dict[str, str], is_coloured: bool
) -> None:
    import pty

    controller, terminal = pty.openpty()
    base = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "affidavit", "nonsense"],
        stdout=terminal, stderr=terminal, env=base | env,
    )  # fmt: skip
    os.close(terminal)
    process.wait(timeout=60)
    told = os.read(controller, 4096).decode()
    os.close(controller)

    assert ("\x1b[" in told) == is_coloured
    assert "no such command: nonsense" in told

    assert "\x1b" not in run("nonsense").stderr  # the same, without a terminal


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to handle")
def test_being_terminated_cleans_up_as_an_interrupt_does() -> None:
    before = (
        "import os, signal, time\n"
        "from affidavit.cli import main as m\n"
        "def invoked(*a, **k):\n"
        "    try: os.kill(os.getpid(), signal.SIGTERM); time.sleep(30)\n"
        "    finally: print('cleaned')\n"
        "m.LazyGroup._invoked = invoked\n"
    )

    done = run("doctor", before=before)

    assert (done.returncode, done.stdout, done.stderr) == (143, "cleaned\n", "")


def test_an_interrupt_says_what_its_command_added(raising) -> None:
    interrupt = KeyboardInterrupt()
    interrupt.add_note("x.zip was already complete")

    assert raising(interrupt).stderr == "\ninterrupted; x.zip was already complete\n"
    assert raising(KeyboardInterrupt()).stderr == "\ninterrupted\n"


@pytest.mark.parametrize("wrapped", [ImportError, MissingExtra])
def test_an_interrupt_that_a_library_made_an_error_of_is_an_interrupt(raising, wrapped) -> None:
    """C may say `initialization failed` where Ctrl-C came while it was loaded."""
    error = wrapped("initialization failed")
    error.__cause__ = KeyboardInterrupt()

    result = raising(error)

    assert (result.exit_code, result.stderr) == (130, "\ninterrupted\n")
    assert raising(wrapped("initialization failed")).exit_code != 130


@pytest.mark.parametrize("wrapped", [ImportError, MissingExtra])
def test_an_end_that_a_library_made_an_error_of_is_that_end(raising, wrapped) -> None:
    """SIGTERM raises SystemExit, and is told by its exit code alone."""
    error = wrapped("initialization failed")
    error.__cause__ = SystemExit(143)
    other = wrapped("initialization failed")
    other.__cause__ = SystemExit(1)

    result = raising(error)

    assert (result.exit_code, result.stderr) == (143, "")
    assert raising(other).exit_code not in (1, 143)


INTERRUPT = "import os, signal; interrupt = lambda *_: os.kill(os.getpid(), signal.SIGINT)\n"


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
def test_an_interrupt_after_the_work_ends_with_130_and_not_by_a_signal() -> None:
    """While exit handlers run it ends at once; when Python itself is taken down it is too late."""
    during = (
        f"{INTERRUPT}import atexit\nfrom affidavit.cli import main as m\n"
        "m.LazyGroup._invoked = lambda *_, **__: print('done') or atexit.register(interrupt) and 0"
    )
    at_last = f"{INTERRUPT}import atexit; atexit.register(interrupt)"

    late, too_late = run("doctor", before=during), run("--version", before=at_last)

    assert (late.returncode, late.stdout, late.stderr) == (130, "done\n", "")
    assert (too_late.returncode, too_late.stderr) == (0, "")
    assert too_late.stdout == run("--version").stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
def test_a_second_interrupt_while_the_first_is_told_ends_with_130() -> None:
    before = (
        f"{INTERRUPT}from affidavit.cli import main as m, output\n"
        "m.LazyGroup._invoked = interrupt\noutput.note = interrupt"
    )

    done = run("doctor", before=before)

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
def test_an_interrupt_through_python_that_c_ran_ends_with_130_and_not_by_a_signal(
    tmp_path: Path,
) -> None:
    """CPython keeps such a KeyboardInterrupt as unhandled, though it was handled.

    It heeds that where it runs a module (`python -m`).
    """
    (tmp_path / "interrupted.py").write_text(
        "import ctypes\nfrom affidavit.cli import main as m\n"
        "run = ctypes.pythonapi.PyRun_String\nrun.restype = ctypes.py_object\n"
        "run.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.py_object, ctypes.py_object]\n"
        "m.LazyGroup._invoked = lambda *_, **__: run(b'raise KeyboardInterrupt', 257, {}, {})\n"
        "m.main()\n"
    )

    done = subprocess.run(
        [sys.executable, "-m", "interrupted", "doctor"],
        cwd=tmp_path, capture_output=True, check=False, text=True,
    )  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\ninterrupted\n")


def test_verify_loads_nothing_of_explanations_where_a_bundle_has_none() -> None:
    """Their thirty classes are a tenth of a start."""
    sample = Path(main_module.__file__).parents[1] / "forgeries/sample/sample-1.evidence.zip"
    after = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(sorted(m for m in sys.modules if 'explanation' in m)))"
    )

    done = run("verify", str(sample), before=after)

    assert done.stdout.splitlines()[-1] == "[]"
    assert done.returncode == 3


def test_the_module_and_the_script_are_one() -> None:
    as_module = subprocess.run(
        [sys.executable, "-m", "affidavit", "--version"], capture_output=True, check=True, text=True
    )

    assert as_module.stdout == run("--version").stdout
