"""What evaluations of graphs are tested on."""

from tests.kbqa.conftest import load

__all__ = ["load"]
