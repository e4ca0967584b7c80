"""What comments and pages cite is there for whoever reads them."""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("channels", "deploy", "docs", "eventstore", "ingest", "leadlog", "projections", "tests")


@cache
def texts():
    """Of the repository's pages and modules."""
    found = [*ROOT.glob("*.md")]
    for folder in FOLDERS:
        found += [*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.md")]
    return {path: path.read_text("utf-8") for path in found}


def sections(page):
    """Numbers of headings, and of the points below each: 2.3, and 2.3.8 for its eighth."""
    found, here = set(), ""
    for line in (ROOT / "docs" / page).read_text("utf-8").splitlines():
        if heading := re.match(r"#+ (\d+(?:\.\d+)*)\b", line):
            here = heading[1]
            found.add(here)
        elif point := re.match(r"(\d+)\. ", line):
            found.add(f"{here}.{point[1]}")
    return found


def test_pages_that_are_cited_are_there():
    for path, text in texts().items():
        for page in re.findall(r"\bdocs/[\w/-]+\.(?:md|yaml|json)", text):
            assert (ROOT / page).exists(), f"{path} cites {page}"
        for target in re.findall(
            r"\]\(([^)#\s:]+)(?:#[^)]*)?\)", text if path.suffix == ".md" else ""
        ):
            assert (path.parent / target).exists(), f"{path} links to {target}"


def test_rules_that_are_cited_are_rules():
    rules = sections("semantics.md")
    for path, text in texts().items():
        for cited in re.findall(r"SEMANTICS §?((?:\d+(?:\.\d+)*(?:, | and )?)+)", text):
            for number in re.findall(r"\d+(?:\.\d+)+", cited):
                assert number in rules, f"{path} cites SEMANTICS {number}"


def test_sections_about_providers_are_there():
    known = sections("providers.md")
    for path, text in texts().items():
        for number in re.findall(r"docs/providers\.md,\s+(\d+\.\d+)", text):
            assert number in known, f"{path} cites {number}"
