"""A setting, a filter or a command that is not documented fails here."""

import re
from pathlib import Path

import pytest

from codesearch.retrieval.fields import FIELDS

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
GUIDES = [
    ROOT / "CONTRIBUTING.md",
    ROOT / "docs" / "glossary.md",
    *sorted((ROOT / "docs" / "extending").glob("*.md")),
]


def test_every_setting_is_documented():
    source = "".join(path.read_text() for path in (ROOT / "searchapp" / "settings").glob("*.py"))
    readers = "text|secret|integer|boolean|listing|secrets|key|rate|choice|moment"
    read = set(re.findall(rf'env\.(?:{readers})\(\s*"(\w+)"', source))
    documented = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text()))
    assert read <= documented | {"DATA_DIR"}, read - documented


def test_every_filter_is_documented():
    for document in ("docs/searching.md", "frontend/templates/frontend/help.html"):
        text = (ROOT / document).read_text()
        assert all(f"{field}:" in text for field in FIELDS), document


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)#]+)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", GUIDES, ids=lambda path: path.name)
def test_files_that_guides_name_exist(document):
    for path in re.findall(r"`([\w.]+/[\w./]+)`", document.read_text()):
        assert (ROOT / path).exists() or "NAME" in path, path


def test_every_target_of_the_makefile_says_what_it_does():
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split()
    assert set(phony) == set(re.findall(r"^(\w+):.*## ", makefile, re.MULTILINE))
