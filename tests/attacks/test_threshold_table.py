"""A table of thresholds that was changed, or made up: refused, with the line by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.count_bundles import CountedBuilder
from tests.support.pinned import failures, trust_in

from affidavit.recompute.threshold_curve import THRESHOLDS
from affidavit.threshold_lines import COLUMNS, SUMS
from affidavit.verify import Verdict, verify_bundle
from affidavit.verify.threshold_table import STEPS

TABLE = "data/reports/thresholds/evaluation.csv"
Lines = list[list[str]]


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> CountedBuilder:
    made = CountedBuilder(tmp_path_factory.mktemp("what-if"))
    twin = verify_bundle(made.path, trust=trust_in(made))
    assert twin.exit_code == 0
    said = [c.what for c in twin.checks if c.id == "threshold-table"]
    assert said == [
        "what each threshold would do in evaluation fits the counts",
        "the scores of data/predictions/evaluation.csv give what each threshold would do",
    ]
    return made


def forged(builder: CountedBuilder, change: Callable[[Lines], None]) -> Verdict:
    lines = [line.split(",") for line in builder.read(TABLE).decode().splitlines()]
    change(lines)
    content = "".join(",".join(line) + "\n" for line in lines).encode()
    verdict = verify_bundle(builder.replace(TABLE, content, "resign"), trust=trust_in(builder))
    assert verdict.exit_code == 1, verdict.word
    assert set(failures(verdict)) == {("threshold-table", TABLE)}
    return verdict


def place(lines: Lines, threshold: str, group: tuple[str, str] = ("", "")) -> int:
    return next(i for i, x in enumerate(lines) if x[0] == threshold and tuple(x[1:3]) == group)


def fields(line: list[str]) -> dict[str, str]:
    return dict(zip(COLUMNS, line, strict=True))


def put(line: list[str], **changes: str) -> None:
    line[:] = [*(fields(line) | changes).values()]


def with_rates(line: list[str], **changes: int) -> None:
    """Sums changed, and the rates made to follow from them."""
    put(line, **{k: str(v) for k, v in changes.items()})
    v = {k: int(fields(line)[k]) for k in SUMS}
    put(
        line, selection_rate=f"{v['selected'] / v['weight']:.12g}",
        true_positive_rate=f"{v['favourable_selected'] / v['favourable']:.12g}",
        false_positive_rate=f"{v['unfavourable_selected'] / v['unfavourable']:.12g}",
    )  # fmt: skip


@pytest.mark.parametrize("field", ["n", "favourable_selected", "selection_rate"])
def test_refuses_a_changed_cell_of_the_decisions_in_force(
    counted: CountedBuilder, field: str
) -> None:
    def change(lines: Lines) -> None:
        line = lines[place(lines, "in force", ("group", "b"))]
        put(line, **{field: str(int(float(fields(line)[field])) + 1)})

    verdict = forged(counted, change)

    said = [c.what for c in verdict.failed]
    assert any(f"{TABLE}, in force, group=b: {field} " in what for what in said)


@pytest.mark.parametrize("field", ["weight", "selected", "unfavourable", "false_positive_rate"])
def test_refuses_a_changed_cell_of_any_threshold(counted: CountedBuilder, field: str) -> None:
    names: list[str] = []

    def change(lines: Lines) -> None:
        line = lines[len(lines) // 2]
        names.append(f"{line[0]}, {line[1]}={line[2]}" if line[1] else f"{line[0]}, all rows")
        put(line, **{field: str(int(float(fields(line)[field])) + 1)})

    verdict = forged(counted, change)

    named = [c for c in verdict.failed if names[0].split(",")[0] in c.what]
    assert named, [c.what for c in verdict.failed]


def test_refuses_a_group_that_fares_better_at_the_threshold_in_force(
    counted: CountedBuilder,
) -> None:
    """One more of each group, the other way round, so that sums and rates still fit."""

    def change(lines: Lines) -> None:
        for group, more in (("a", -1), ("b", 1)):
            line = lines[place(lines, "0.5", ("group", group))]
            with_rates(line, selected=int(fields(line)["selected"]) + more)

    verdict = forged(counted, change)

    said = verdict["threshold-table"]
    assert said.what == f"{TABLE}, 0.5, group=a: selected does not follow from the counts"


def test_refuses_a_threshold_that_selects_other_rows_in_every_line(
    counted: CountedBuilder,
) -> None:
    """All lines of one threshold agree with each other; the scores do not."""
    cut: list[str] = []

    def change(lines: Lines) -> None:
        middle = place(lines, "0.5") - 40 * (len(lines) // 40 // 5)
        start = next(i for i in range(middle, len(lines)) if lines[i][1] == "")
        size = place(lines, "in force", ("group", "a"))  # header, all rows, then the first group
        assert size == 2
        block = [i for i in range(start, len(lines)) if lines[i][0] == lines[start][0]]
        cut.append(lines[start][0])
        before = {tuple(lines[i - len(block)][1:3]): lines[i - len(block)] for i in block}
        for i in block:  # what the threshold before it does
            lines[i][3:] = before[tuple(lines[i][1:3])][3:]

    verdict = forged(counted, change)

    said = verdict["threshold-table"].what
    assert said.startswith(f"{TABLE}, {cut[0]}, all rows: ")
    assert said.endswith(" is not what the scores give")


def test_refuses_a_threshold_left_out_or_made_up(counted: CountedBuilder) -> None:
    def leave_out(lines: Lines) -> None:
        cut = lines[-1][0]
        lines[:] = [line for line in lines if line[0] != cut]

    def make_up(lines: Lines) -> None:
        for line in [x for x in lines if x[0] == lines[-1][0]]:
            lines.append([repr(float(line[0]) + 1e-9), *line[1:]])
            selected = {k: int(v) for k, v in fields(line).items() if k in SUMS}
            whole = {k: selected[k] for k in ("weight", "favourable", "unfavourable")}
            with_rates(
                lines[-1], selected=whole["weight"], favourable_selected=whole["favourable"],
                unfavourable_selected=whole["unfavourable"],
            )  # fmt: skip

    left_out, made_up = forged(counted, leave_out), forged(counted, make_up)

    assert "is a score or quantile without a line" in left_out["threshold-table"].what
    assert any("the scores do not give" in c.what for c in made_up.failed)


def test_refuses_lines_out_of_place(counted: CountedBuilder) -> None:
    def swap(lines: Lines) -> None:
        i = place(lines, "0.5", ("group", "a"))
        lines[i], lines[i + 1] = lines[i + 1], lines[i]

    def cut_off(lines: Lines) -> None:
        del lines[-1]

    assert "is another group than the counts have here" in forged(counted, swap).failed[0].what
    assert f"{TABLE} ends within a threshold" in [c.what for c in forged(counted, cut_off).failed]


@pytest.mark.parametrize(
    "content",
    [b"", b"threshold\n", b"\xff\xfe", (",".join(COLUMNS) + "\n").encode(),
     (",".join(COLUMNS) + "\nnan,,,1,1,1,1,1,0,0,1,1,\n").encode(),
     (",".join(COLUMNS) + "\n0.5,,,1,1e3,1,1,1,0,0,1,1,\n").encode(),
     (",".join(COLUMNS) + "\n0.5,,,-1,1,1,1,1,0,0,1,1,\n").encode(),
     (",".join(COLUMNS) + "\n0.5,,\n").encode()],
    ids=["empty", "header", "bytes", "no-lines", "nan", "exponent", "negative", "short"],
)  # fmt: skip
def test_refuses_a_file_that_is_no_such_table(counted: CountedBuilder, content: bytes) -> None:
    bundle: Path = counted.replace(TABLE, content, "resign")

    verdict = verify_bundle(bundle, trust=trust_in(counted))

    assert verdict.exit_code == 1
    assert set(failures(verdict)) == {("threshold-table", TABLE)}


def test_takes_as_many_thresholds_as_recompute_makes() -> None:
    assert STEPS == THRESHOLDS
