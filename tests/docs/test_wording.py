"""No text of ours claims compliance, fairness or legality, nor steps into a known wording trap.

Searched are sources, templates, documents, catalogs, samples and two cards of the test worlds. A
line may hold such a word in a context that is listed beside it, and in no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.cards import full_sample, render_sample
from tests.support.records import RecordBuilder

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "templates", "docs", "policies", "samples")
SUFFIXES = {".py", ".md", ".jinja", ".toml", ".yaml", ".yml", ".json", ".txt", ".css", ".html"}
SINGLE = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
LAW = r"(?:SR 11-7|SR 26-2|GDPR|ECOA|AI Act|SS1/23|Regulation B|ISO/IEC 42001|NIST AI RMF)"


@dataclass(frozen=True)
class Trap:
    """What is not said.

    Attributes:
        pattern: of what is not said, in any case.
        instead: what is.
        allowed: contexts in which the words mean something else, or are said to be unsaid.
    """

    pattern: str
    instead: str
    allowed: tuple[str, ...] = ()


TRAPS = {
    "compliance": Trap(
        r"\bcomplian(?:t|ce)\b|\bcompl(?:y|ies) with\b|\bconforms? to (?:the )?" + LAW,
        "evidence for the control is present, as of a date",
        (r"says? \"compliant\"", r"there is no `?compliant", r"never (?:says|a)\b", r"not .*complian",
         r"no .*complian", r"claims? of compliance", r"compliance-trestle", r"\bthe compliance (?:office|function)"),
    ),
    "certified": Trap(
        r"\bcertif(?:y|ies|ied)\b", "signed by, over what, when", (r"\bnot certif", r"never"),
    ),
    "passed a regulation": Trap(
        rf"\b(?:pass(?:es|ed)?|meets?|fulfil(?:s|led)?|satisf(?:y|ies|ied))\s+(?:the )?{LAW}",
        "evidence for the control is present",
    ),
    "satisfied": Trap(
        r"\bsatisfied\b", "evidenced or attested; the word of OSCAL inside OSCAL alone",
        (r"not-satisfied", r"OSCAL", r"_STATES\[", r'"satisfied", "(?:pass|other)"',
         r"never `?satisfied", r"`satisfied`"),
    ),
    "guidance is no law": Trap(
        r"SR (?:11-7|26-2) (?:requires?|demands?|mandates?|obliges?)",
        "the guidance describes, or expects",
    ),
    "legality": Trap(
        r"\b(?:il)?legal\b|\b(?:un)?lawful\b|\blegally\b",
        "name the metric; a ratio is a screen, not a finding of law",
        (r"legal[_ ]basis", r"not (?:a )?legal (?:advice|test)", r"no legal (?:advice|test)",
         r"legal or similar", r"similarly? (?:significant )?.*legal|legal .*similar", r"legal,? .*owner",
         r"lawful(?:ness)? (?:basis|of processing)", r"illegal (?:argument|character|byte|sequence|name)",
         r"claims? of compliance, fairness or legality", r"medi[- ]?legal", r"legal (?:form|person|effect|risks?|name)"),
    ),
    "four fifths": Trap(
        r"four[- ]fifths|80 ?% rule", "a screening ratio of 29 CFR 1607.4 D, with its interval",
        (r"not a finding of law", r"29 CFR 1607", r"screen"),
    ),
    "fair": Trap(
        r"\b(?:is|are|was|were|be|being|as|proven|shown to be|found) (?:un)?fair\b|\bunbiased\b"
        r"|\bno (?:discrimination|bias|disparity)\b|\bnon-?discriminat|\bfree (?:of|from) bias"
        r"|\bfair model\b|\bmodel is (?:not )?biased",
        "difference of x (interval) on metric m between groups, n",
        (r"unbiased (?:estimat|variance|in the)", r"(?:lenders were|what was) unfair", r"no such (?:rule|claim)", r"never",
         r"as fair(?:learn|ness)"),
    ),
    "not significant, so none": Trap(
        r"not (?:statistically )?significant,? (?:so|thus|hence|therefore)|differences? can be ruled out",
        "n, the interval, and the gap that would have shown",
    ),
    "no proxy": Trap(
        r"(?:there is|so|hence|thus) no proxy\b|\bcannot discriminate",
        "other columns may still stand for it",
    ),
    "right to explanation": Trap(
        r"right to (?:an )?explanation", "Art. 15(1)(h) as read in C-203/22; recital 71 binds nobody",
        (r"recital 71", r"C-203/22", r"Art(?:\.|icle) 86"),
    ),
    "reason from attributions": Trap(
        r"the (?:true |real )?reasons? (?:for|of) the (?:decision|denial)",
        "contribution relative to a baseline under a method",
        (r"principal reasons? for", r"statement of", r"adverse action"),
    ),
    "promise": Trap(
        r"(?:you|applicants?|customers?|people) (?:will|would|are|were) be(?:en)? (?:approved|denied|declined)"
        r"|(?:applicants?|customers?|people) (?:are|were|is|was) (?:approved|denied|declined|rejected)",
        "the model would decide x for y % of n rows",
        (r"whom the model would", r"that (?:a|the) model would"),
    ),
    "human in the loop": Trap(
        r"human[- ]in[- ]the[- ]loop", "the step, the power to change the result, how often it did",
    ),
    "independence from a key": Trap(
        r"independent(?:ly)? validat(?:ion|ed)", "signed by a key that is not among the authors'",
        (r"separat", r"expect", r"asks?", r"challenge", r"\brole\b", r"title:"),
    ),
    "tamper-proof": Trap(r"tamper-?proof|cannot be (?:forged|faked)", "who signed what, and when"),
    "anonymous": Trap(
        r"\banonym(?:ous|i[sz]ed)\b", "pseudonymised unless tested",
        (r"not anonym", r"shared and anonymous", r"anonymous (?:user|access|download|pipe|memory|mmap|class)", r"unless tested"),
    ),
    "withdrawn texts": Trap(
        r"\bArt(?:\.|icle) 10\(5\) (?:of the )?AI Act", "Art. 4a",
        (r"4a",),
    ),
    "scores of compliance": Trap(
        r"compliance score|100 ?% (?:coverage|complian|of (?:the )?controls)|overall score"
        r"|percentage of controls",
        "counts by status",
        (r"no overall score|never a percentage|There is no", ),
    ),
    "endorsement": Trap(
        r"(?:endorsed|approved|recognised|accepted) by (?:the )?(?:Fed|Federal Reserve|OCC|FDIC|PRA|"
        r"EBA|ECB|ICO|NIST|ISO|regulators?)\b",
        "a plain citation with the date of the text",
    ),
    "simple proof": Trap(
        r"\b(?:guarantees?|ensures?|proves?) (?:that )?(?:the )?(?:model|fairness|compliance|legality)",
        "what was found, and what that does not show",
        (r"does not|no ", ),
    ),
}  # fmt: skip


def texts() -> Iterator[tuple[str, str]]:
    """Every text that people read: its path in the repository, and what it says."""
    own = [ROOT / name for name in SINGLE]
    for folder in FOLDERS:
        own += [p for p in (ROOT / folder).rglob("*") if p.suffix in SUFFIXES and p.is_file()]
    for path in sorted(own):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def found(text: str) -> list[tuple[str, str]]:
    """Trap and line of each claim in a text."""
    lines = []
    for name, trap in TRAPS.items():
        for match in re.finditer(trap.pattern, text, re.IGNORECASE):
            start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
            around = text[
                max(start, match.start() - 90) : min(
                    end if end > 0 else len(text), match.end() + 60
                )
            ]
            before = text[max(0, match.start() - 90) : match.end() + 60]
            context = re.sub(r"\s+", " ", before)
            if not any(re.search(allowed, context, re.IGNORECASE) for allowed in trap.allowed):
                lines.append((name, around.strip()))
    return lines


def test_no_text_of_ours_claims_what_evidence_cannot_show() -> None:
    said = [(path, *claim) for path, text in texts() for claim in found(text)]

    assert not said, "\n".join(f"{path}: {name}: {line}" for path, name, line in said)


@pytest.mark.parametrize("full", [False, True])
def test_no_card_does(tmp_path: Path, full: bool) -> None:
    builder = RecordBuilder(tmp_path)
    made = render_sample(full_sample(builder) if full else builder.build())

    for suffix in ("html", "md", "json"):
        text = re.sub(r"<style>.*?</style>", "", made.text(suffix), flags=re.DOTALL)
        shown = re.sub(r"\\(.)", r"\1", re.sub(r"<[^>]+>", " ", text))
        assert found(shown) == [], suffix


@pytest.mark.parametrize(
    ("sentence", "trap"),
    [
        ("The model is compliant with SR 26-2.", "compliance"),
        ("This release passes GDPR.", "passed a regulation"),
        ("The control is satisfied.", "satisfied"),
        ("SR 26-2 requires a validation.", "guidance is no law"),
        ("The four-fifths rule holds, so this is legal.", "legality"),
        ("The four-fifths rule holds.", "four fifths"),
        ("The decisions are fair.", "fair"),
        ("The result is not significant, so the groups fare alike.", "not significant, so none"),
        ("The attribute is not used, so there is no proxy.", "no proxy"),
        ("It serves the right to explanation.", "right to explanation"),
        ("SHAP gives the reason for the decision.", "reason from attributions"),
        ("74.6 % of the applicants are approved.", "promise"),
        ("There is a human in the loop.", "human in the loop"),
        ("The seal is tamper-proof.", "tamper-proof"),
        ("An anonymised snapshot.", "anonymous"),
        ("Its compliance score is 93.", "scores of compliance"),
        ("Endorsed by the OCC.", "endorsement"),
        ("A verdict proves that the model is good.", "simple proof"),
        ("Certified on 1 May.", "certified"),
        ("It had an independent validation.", "independence from a key"),
        ("As Art. 10(5) AI Act says.", "withdrawn texts"),
    ],
)  # fmt: skip
def test_the_search_sees_each_trap(sentence: str, trap: str) -> None:
    assert trap in [name for name, _ in found(sentence)]


def test_every_trap_has_its_sentence() -> None:
    cases = test_the_search_sees_each_trap.pytestmark[0].args[1]

    assert {trap for _, trap in cases} == set(TRAPS)
