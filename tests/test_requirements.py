"""requirements.txt: what is a pin, and what each other line is."""

from __future__ import annotations

import pytest

from affidavit.requirements import Pin, read_requirements


@pytest.mark.parametrize(
    ("line", "pin"),
    [
        ("numpy==2.4.6", Pin("numpy", "2.4.6")),
        ("Scikit_Learn == 1.9.1  # pinned", Pin("scikit-learn", "1.9.1")),
        ("uvicorn[standard]==0.30", Pin("uvicorn", "0.30", ("standard",))),
        (
            'tomli==2.0 ; python_version < "3.11"',
            Pin("tomli", "2.0", (), 'python_version < "3.11"'),
        ),
        ("numpy==2.4.6 --hash=sha256:00", Pin("numpy", "2.4.6")),
        ("numpy==2.4.6 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11", Pin("numpy", "2.4.6")),
        ("torch==2.5.0+cpu", Pin("torch", "2.5.0+cpu")),
    ],
)
def test_reads_a_pin(line: str, pin: Pin) -> None:
    found = read_requirements(line.encode())

    assert found.pins == (pin,)
    assert found.unpinned == ()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("numpy", "no single version"), ("numpy>=2", "no single version"),
        ("numpy ~=2.4", "no single version"), ("numpy==2.*", "no single version"),
        ("numpy==2.4,!=2.4.1", "no single version"), ("numpy[x]!=2", "no single version"),
        ("numpy==two", "no single version"), ("numpy; python_version < '4'", "no single version"),
        ("-e .", "an editable install"), ("--editable=git+https://h/x", "an editable install"),
        ("-r other.txt", "another file of requirements"),
        ("--index-url https://pypi.example/simple", "an option"), ("-i https://h/s", "an option"),
        ("numpy==2.4.6 --index-url https://h/simple", "an option"),
        ("./wheels/x.whl", "a path"), ("wheels/x.whl", "a path"), ("x-1-py3-none-any.whl", "a path"),
        ("git+https://git.example/x.git", "version control"),
        ("x @ git+ssh://git@git.example/x.git", "version control"),
        ("x @ https://host.example/x.whl", "an address"), ("file:///x.whl", "an address"),
        ("==2", "no requirement"), ("a; " + "(" * 9000, "no single version"), ("$(rm x)", "no requirement"),
    ],
)  # fmt: skip
def test_names_the_line_that_is_no_pin_and_what_it_is(line: str, kind: str) -> None:
    found = read_requirements(f"# comment\n\n{line}\nscipy==1.0\n".encode())

    assert [(u.line, u.text, u.kind) for u in found.unpinned] == [(3, line, kind)]
    assert found.pins == (Pin("scipy", "1.0"),)


def test_a_credential_in_a_requirement_is_not_repeated() -> None:
    found = read_requirements(b"--extra-index-url https://u:s3cret@pypi.example/simple\n")

    assert found.unpinned[0].text == "--extra-index-url https://pypi.example/simple"


def test_a_version_of_thousands_of_digits_is_no_pin_and_no_traceback() -> None:
    found = read_requirements(f"numpy=={'1' * 5000}\nsix==1.16.0\n".encode())

    assert found.pins == (Pin("six", "1.16.0"),)
    assert [u.line for u in found.unpinned] == [1]
