"""alibi's placeholder, mended before alibi is imported: only for names of Python's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from affidavit.recompute.affidavit_explainer import mending

NAME = "alibi.utils.missing_optional_dependency"
PLACEHOLDER = '''
class MissingDependency:
    """As in alibi 0.9.4."""

    def __init__(self, object_name):
        self.object_name = object_name

    def __getattr__(self, key):
        raise ImportError("install " + self.object_name)
'''
# What alibi 0.9.4 does at import: a type with a placeholder in it.
USER = """
from typing import Union
from alibi.utils.missing_optional_dependency import MissingDependency

ray = MissingDependency("ray")
"""


@pytest.fixture
def alibi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of that name with the placeholder in its place; gone afterwards."""
    utils = tmp_path / "alibi" / "utils"
    utils.mkdir(parents=True)
    (utils.parent / "__init__.py").write_text(USER)
    (utils / "__init__.py").write_text("")
    (utils / "missing_optional_dependency.py").write_text(PLACEHOLDER)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("alibi", "alibi.utils", NAME):
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.delitem(sys.modules, name)
    return tmp_path


@pytest.mark.usefixtures("alibi")
def test_a_placeholder_answers_python_s_own_questions_as_python_expects() -> None:
    mending.mend()
    import alibi

    with pytest.raises(AttributeError, match="__typing_subst__"):
        _ = alibi.ray.__typing_subst__
    with pytest.raises(ImportError, match="install ray"):
        _ = alibi.ray.remote


@pytest.mark.usefixtures("alibi")
def test_unmended_it_does_not() -> None:
    import alibi

    with pytest.raises(ImportError, match="install ray"):
        _ = alibi.ray.__typing_subst__


def test_without_alibi_it_says_so() -> None:
    with pytest.raises(ModuleNotFoundError, match="No module named 'alibi'"):
        mending.mend()
