"""Definitions and references: file → facts of its names → what each of them refers to, across files.

The data flows `python`, `script`, `nominal` → `facts` → `resolver` → `links` → `reading`.
"""

from codesearch.references.extraction import stored_facts

__all__ = ["stored_facts"]
