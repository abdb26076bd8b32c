"""Principal reasons: the largest movers, all of them, and nothing else (Regulation B, 1002.9(b)(2)).

"The statement of reasons ... must be specific and indicate the principal reason(s) for the adverse
action"; the comment to it: reasons "must relate to and accurately describe the factors actually
considered or scored", and none of the principal ones may be left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from affidavit.config import Config
from affidavit.explanation_record import Attribution, FeatureName, Reasons
from affidavit.recompute.explain.decisions.reasons import (
    PROTECTED_REASON,
    Judgement,
    protected_finding,
    reasons_for,
)

ADVERSE = Judgement(label="yes", is_adverse=True)


def config(*, task: str = "binary", sensitive: tuple[str, ...] = (), **explain: Any) -> Config:
    return Config.model_validate(
        {
            "version": 1, "task": task,
            "label": {
                "column": "deny", "kind": "outcome", "favourable": "no",
                **({"positive": "yes"} if task == "binary" else {}),
            },
            "decision": {"threshold": 0.5} if task == "binary" else {},
            "sensitive": {c: {"column": c, "source": "observed"} for c in sensitive},
            "datasets": {"evaluation": {"path": "a.csv", "include": "embed"}},
            "explain": explain,
        },
        strict=False,
    )  # fmt: skip


def reasons(
    values: dict[str, float],
    setting: Config | None = None,
    judgement: Judgement = ADVERSE,
    of: str = "yes",
    error: float = 0.0,
) -> Reasons:
    features = [FeatureName(name=n, columns=(n,)) for n in values]
    attributions = [Attribution(feature=n, value=v, error=error) for n, v in values.items()]
    return reasons_for(judgement, attributions, features, of, setting or config())


def codes(*table: tuple[str, tuple[str, ...]]) -> list[dict[str, Any]]:
    return [{"code": c, "text": f"text of {c}", "features": list(f)} for c, f in table]


def test_the_largest_movers_towards_the_adverse_side_in_order() -> None:
    found = reasons({"a": 0.1, "b": -0.9, "c": 0.4, "d": 0.2, "e": 0.0, "f": 0.3, "g": 0.05})

    assert found.status == "issued"
    assert [(r.text, r.features, r.value) for r in found.reasons] == [
        ("c", ("c",), 0.4), ("f", ("f",), 0.3), ("d", ("d",), 0.2), ("a", ("a",), 0.1),
    ]  # fmt: skip
    assert np.isclose(found.reasons[0].share, 0.4 / 1.05)


def test_a_score_of_the_favourable_label_is_read_the_other_way() -> None:
    """`positive` is the good outcome: what lowered its score moved the decision to the bad one."""
    denied = Judgement(label="no", is_adverse=True)

    found = reasons({"a": 0.5, "b": -0.2, "c": -0.3}, judgement=denied)

    assert [r.text for r in found.reasons] == ["c", "b"]


def test_features_of_one_code_are_one_reason_at_the_place_of_the_largest() -> None:
    setting = config(reasons=2, reason=codes(("R1", ("b", "d")), ("R2", ("x",))))

    found = reasons({"a": 3.0, "b": 2.0, "c": 1.5, "d": 1.9, "x": -1.0}, setting)

    assert [(r.code, r.text, r.features, r.value) for r in found.reasons] == [
        (None, "a", ("a",), 3.0), ("R1", "text of R1", ("b", "d"), 3.9),
    ]  # fmt: skip


def test_many_small_features_of_a_code_do_not_displace_a_large_one() -> None:
    setting = config(reasons=1, reason=codes(("R1", ("b", "c", "d"))))

    assert [r.text for r in reasons({"b": 1, "c": 1, "d": 1, "a": 2}, setting).reasons] == ["a"]


def test_of_equals_the_earlier_input_is_named_and_the_tie_is_told() -> None:
    values = {"c": 0.3, "a": 0.1 + 0.2, "b": 0.5}  # 0.30000000000000004 is no larger than 0.3

    found = reasons(values, config(reasons=2))

    assert [r.text for r in found.reasons] == ["b", "c"]
    assert found.method.endswith("within what can be told apart.")
    assert "told apart" not in reasons(values, config(reasons=3)).method


def test_an_order_that_sampling_cannot_tell_is_told() -> None:
    assert "told apart" in reasons({"a": 0.31, "b": 0.30}, config(reasons=1), error=0.01).method
    assert "told apart" not in reasons({"a": 0.31, "b": 0.30}, config(reasons=1)).method


def test_no_list_where_a_protected_attribute_is_a_principal_mover() -> None:
    setting = config(sensitive=("sex",), reasons=2)

    found = reasons({"a": 3, "sex": 2, "b": 1}, setting)

    assert (found.status, found.reasons, found.protected) == ("protected", (), ("sex",))
    assert (
        reasons({"a": 3, "sex": 1, "b": 2}, setting).status == "issued"
    )  # the twin: beyond the cut
    assert reasons({"a": 3, "sex": -2, "b": 1}, setting).status == "issued"  # and for the person


def test_a_protected_attribute_level_with_the_last_reason_counts_as_principal() -> None:
    setting = config(sensitive=("sex",), reasons=2)

    assert reasons({"a": 3, "b": 2, "sex": 2}, setting).status == "protected"
    assert reasons({"a": 3, "b": 2, "sex": 1.99}, setting, error=0.01).status == "protected"
    assert reasons({"a": 3, "b": 2, "sex": 1.99}, setting).status == "issued"


def test_a_protected_column_inside_a_feature_or_a_code_is_found() -> None:
    setting = config(sensitive=("sex",), reasons=1, reason=codes(("R", ("a", "sex"))))

    assert reasons({"a": 3, "b": 2, "sex": 0.1}, setting).status == "protected"
    joined = [FeatureName(name="who", columns=("sex", "age"))]
    attributions = [Attribution(feature="who", value=1.0)]
    found = reasons_for(ADVERSE, attributions, joined, "yes", config(sensitive=("sex",)))
    assert found.protected == ("sex",)


def test_the_finding_is_one_exception_that_names_attribute_and_number() -> None:
    protected = Reasons(status="protected", method="m", protected=("sex",))
    issued = Reasons(status="none", method="m")

    [finding] = protected_finding("evaluation", [protected, issued, protected])

    assert (finding.id, finding.kind, finding.stage) == (PROTECTED_REASON, "exception", "recompute")
    assert "(sex) is among the principal reasons of 2 explained adverse decisions" in finding.what
    assert finding.found == "2 of 3 explained decisions"
    assert protected_finding("evaluation", [issued]) == ()


def test_none_where_the_decision_is_not_this_models() -> None:
    for judgement in (
        Judgement(label="yes", final="no", is_adverse=True),
        Judgement(label="no", final="yes", is_adverse=False),
        Judgement(label="yes", is_adverse=True, by_model=False),
    ):
        found = reasons({"a": 1.0}, judgement=judgement)
        assert (found.status, found.reasons) == ("other", ())
        assert found.method.startswith("Not from this model")
    same = Judgement(label="yes", final="yes", is_adverse=True)
    assert reasons({"a": 1.0}, judgement=same).status == "issued"


def test_none_where_nothing_moved_or_nobody_said_which_is_favourable() -> None:
    assert reasons({"a": -1.0, "b": 1e-17}).status == "none"
    assert reasons({"a": 1.0}, judgement=Judgement(label="yes")).status == "none"


def test_of_several_classes_the_score_must_be_of_the_decided_or_the_favourable_one() -> None:
    setting = config(task="multiclass")
    denied = Judgement(label="deny", is_adverse=True)
    values = {"a": 1.0, "b": -2.0}

    assert [r.text for r in reasons(values, setting, denied, of="no").reasons] == ["b"]
    assert [r.text for r in reasons(values, setting, denied, of="deny").reasons] == ["a"]
    third = reasons(values, setting, denied, of="refer")
    assert (third.status, third.reasons) == ("none", ())


VALUES = st.lists(
    st.one_of(st.sampled_from([0.0, 1.0, -1.0, 2.0]), st.floats(-5, 5, allow_nan=False)),
    min_size=1, max_size=9,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(VALUES, st.integers(1, 5), st.lists(st.integers(0, 3), min_size=9, max_size=9),
       st.sampled_from([True, False, None]), st.sampled_from(["yes", "no"]))  # fmt: skip
def test_never_a_feature_that_did_not_count_and_never_a_principal_one_dropped(
    values: list[float], most: int, homes: list[int], is_adverse: bool | None, label: str
) -> None:
    """Against a plain reading: sort the movers, walk down, stop at the maximum of reasons."""
    names = [f"f{i}" for i in range(len(values))]
    table = [
        (f"R{c}", tuple(n for n, h in zip(names, homes, strict=False) if h == c)) for c in (1, 2, 3)
    ]
    setting = config(reasons=most, reason=codes(*((c, f) for c, f in table if f)))

    found = reasons(
        dict(zip(names, values, strict=True)),
        setting,
        Judgement(label=label, is_adverse=is_adverse),
    )

    sign = 1 if label == "yes" else -1
    moved = {
        n: sign * v
        for n, v in zip(names, values, strict=True)
        if sign * v > 1e-9 * sum(map(abs, values))
    }
    if not is_adverse:
        assert found.status == ("favourable" if is_adverse is False else "none")
        assert found.reasons == ()
        return
    assert found.status == ("issued" if moved else "none")
    named = [n for r in found.reasons for n in r.features]
    assert len(named) == len(set(named))
    assert set(named) <= set(moved)  # only what the model scored, and what moved it that way
    assert len(found.reasons) <= most
    left = [v for n, v in moved.items() if n not in named]
    leading = [max(moved[n] for n in r.features) for r in found.reasons]
    assert leading == sorted(leading, reverse=True) or np.allclose(
        leading, sorted(leading, reverse=True)
    )
    if left:
        assert len(found.reasons) == most  # cut by the maximum alone
        assert max(left) <= min(leading) * (1 + 1e-8)  # and only smaller ones
    assert sum(r.share for r in found.reasons) <= 1 + 1e-9


def test_a_regression_decides_nothing() -> None:
    found = reasons({"income": 1.0}, config(task="regression"), Judgement(label=""), of="deny")

    assert (found.status, found.reasons) == ("none", ())
    assert found.method == "A regression gives an estimate and decides nothing."
