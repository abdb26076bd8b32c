"""Attacks whose test needs another world than one bundle: a built page, a browser, a model, a pair."""

from __future__ import annotations

from tests.attacks.suite.case import Elsewhere

ELSEWHERE = (
    Elsewhere(
        id="terminal/card", does="A card that somebody else wrote would move the cursor.",
        named_by="shown escaped",
        test="tests/render/test_terminal.py::test_a_card_that_somebody_else_wrote_cannot_move_the_cursor",
    ),
    Elsewhere(
        id="terminal/verdict", does="Text of a bundle would clear the screen or turn words round.",
        named_by="shown escaped",
        test="tests/verify/test_command.py::test_text_from_a_bundle_does_not_reach_the_terminal_raw",
    ),
    Elsewhere(
        id="terminal/json", does="A terminal would act on what --json prints.",
        named_by="ASCII alone",
        test="tests/cli/test_output.py::test_json_is_ascii_so_that_no_terminal_acts_on_it",
    ),
    Elsewhere(
        id="terminal/error", does="A line of an error is forged by a line break.",
        named_by="indented",
        test="tests/cli/test_output.py::test_the_lines_of_an_error_are_indented_so_that_none_can_be_forged",
    ),
    Elsewhere(
        id="html/name", does="A model, feature or tag is named like a script.",
        named_by="shown as text",
        test="tests/render/test_html.py::test_a_hostile_name_is_shown_as_text",
    ),
    Elsewhere(
        id="html/figure", does="A group's value is markup in a figure.", named_by="shown as text",
        test="tests/render/test_html.py::test_hostile_attribute_values_are_text_in_the_figure_too",
    ),
    Elsewhere(
        id="html/browser", does="A hostile card is opened in Chromium.", named_by="nothing runs",
        test="tests/conformance/test_hostile_card.py::test_nothing_runs_in_chromium",
    ),
    Elsewhere(
        id="html/pdf", does="A hostile card is printed as PDF.", named_by="nothing acts",
        test="tests/conformance/test_hostile_card.py::test_nothing_acts_in_the_pdf",
    ),
    Elsewhere(
        id="html/index", does="Markup stands in a field of the inventory.",
        named_by="shown as text",
        test="tests/inspect/test_index_page.py::test_markup_in_any_field_is_text_and_nothing_else",
    ),
    Elsewhere(
        id="html/figure-acts", does="A sealed figure holds what acts.", named_by="figure",
        test="tests/attacks/test_claims.py::test_a_figure_that_acts_is_refused",
    ),
    Elsewhere(
        id="record/catalog", does="A catalog is edited under the name of a shipped one.",
        named_by="control-file",
        test="tests/attacks/test_control_files.py::test_refuses_a_catalog_edited_under_its_name",
    ),
    Elsewhere(
        id="race/exchanged", does="The file is exchanged between two of the verifier's readings.",
        named_by="payload-digest",
        test="tests/attacks/test_races.py"
        "::test_a_manifest_exchanged_between_its_digest_and_its_reading_is_not_believed",
    ),
    Elsewhere(
        id="cost/hostile", does="A bundle is made to take all memory, or for ever.",
        named_by="at most 300 MB and 5 s",
        test="tests/attacks/test_bounds.py::test_a_hostile_bundle_costs_little",
    ),
    Elsewhere(
        id="bytes/any", does="Any single byte of a bundle is changed.", named_by="any check",
        test="tests/attacks/test_byte_changes.py::test_refuses_500_random_single_byte_changes",
    ),
    Elsewhere(
        id="statement/rejection-undone", does="An old approval is added again after a rejection.",
        named_by="listed as not weighed",
        test="tests/verify/test_approvals.py"
        "::test_the_last_word_of_a_key_counts_and_on_one_day_a_rejection",
    ),
    Elsewhere(
        id="statement/same-signer-twice", does="One signer seals twice, to be counted as two.",
        named_by="signer",
        test="tests/verify/test_timed.py::test_one_signer_twice_is_one",
    ),
)  # fmt: skip
