"""Lists of everything that meets a query, a page at a time: for filters, quotes and regular expressions."""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from codesearch.retrieval.candidates import (
    Candidate,
    CandidateSearch,
    by_key,
    by_position,
    count_by_facets,
    pipelined,
)
from codesearch.retrieval.fields import FILE
from codesearch.retrieval.filters import Conditions
from codesearch.retrieval.occurrences import Match
from codesearch.retrieval.penalties import penalty
from codesearch.retrieval.results import Hit, facets, hits_of

Facets = dict[str, dict[str, int]]


def units_page(conditions: Conditions, offset: int, limit: int) -> tuple[list[Hit], int, Facets]:
    """A page of the units that meet the conditions, in the order of their files; their number, and facets."""
    counts = count_by_facets(conditions)
    with pipelined():
        page = CandidateSearch(None, None, 0).start(by_position(conditions, offset, limit)).fetch()
    ordered = sorted(page, key=lambda unit: (unit.repository, unit.path, unit.start_line, unit.id))
    return _numbered(ordered, offset), sum(count for *_, count in counts), facets(counts)


def matches_page(
    ranked: Sequence[Candidate], matches: Iterable[Match], offset: int, limit: int
) -> tuple[list[Hit], int, Facets]:
    """A page of what texts were found in: the ranked units, then the rest.

    Those that a reader looks at first come first, as `penalty` has it.
    """
    by_unit = {match.unit: match for match in matches if match.unit is not None}
    first = [unit for unit in ranked if unit.id in by_unit]
    known = {unit.id for unit in first}
    rest = sorted((match for match in matches if match.unit not in known), key=_order)
    for unit in first:
        unit.lines = by_unit[unit.id].lines
    counts = facets((match.repository, match.language, match.kind, 1) for match in matches)
    skipped = max(0, offset - len(first))
    further = rest[skipped : skipped + limit]
    page = [*first[offset : offset + limit], *_candidates(further)][:limit]
    return _numbered(page, offset), len(first) + len(rest), counts


def _order(match: Match) -> tuple[float, str, str, int]:
    return -penalty(match.path, match.kind, frozenset()), match.repository, match.path, match.lines[0]


def _numbered(page: Sequence[Candidate], offset: int) -> list[Hit]:
    return [Hit(hit.candidate, offset + hit.rank, hit.reasons) for hit in hits_of(page, 0, len(page))]


def _candidates(matches: Sequence[Match]) -> list[Candidate]:
    """The units and files of matches, in their order; a unit that is gone meanwhile is left out."""
    keys = [match.unit for match in matches if match.unit is not None]
    with pipelined():
        units = {unit.id: unit for unit in CandidateSearch(None, None, 0).start(by_key(keys)).fetch()}
    found = []
    for match in matches:
        candidate = units.get(match.unit) if match.unit is not None else _file(match)
        if candidate is not None:
            candidate.lines = match.lines
            found.append(candidate)
    return found


def _file(match: Match) -> Candidate:
    """A file as a candidate; its key is negative, since it is no unit."""
    return Candidate(
        id=-match.file_id,
        repository=match.repository,
        path=match.path,
        language=match.language,
        kind=FILE,
        name=PurePosixPath(match.path).name,
        qualified_name=match.path,
        signature="",
        start_line=match.lines[0],
        end_line=match.lines[-1],
        documented=False,
        file_id=match.file_id,
    )
