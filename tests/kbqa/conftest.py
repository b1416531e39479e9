"""A small graph of films, and how graphs are loaded in tests."""

from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from kbqa.sparql.models import Graph
from kbqa.sparql.sources import services
from kbqa.sparql.suggestions import stage
from searchapp.jobs.models import Job
from searchapp.jobs.runner import run_stages

FILMS = """
@prefix : <http://films.example/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

:f1 a :Film ; rdfs:label "Silent Harbour" ; :director :p1 ; :starring :p2, :p3 ; :year 1994 ; :genre "drama" .
:f2 a :Film ; rdfs:label "The Long Road" ; :director :p1 ; :starring :p3 ; :year 2001 ; :genre "comedy" .
:f3 a :Film ; rdfs:label "Amber Night" ; :director :p2 ; :starring :p4 ; :year 2015 ; :genre "drama" .
:f4 a :Film ; rdfs:label "Falcon" ; :director :p4 ; :year 1988 .
:p1 a :Person ; rdfs:label "Marta Oliveira" ; :birthPlace :c1 .
:p2 a :Person ; rdfs:label "Jón Þórsson" ; :birthPlace :c2 .
:p3 a :Person ; rdfs:label "Anna O'Hara" ; :birthPlace :c1 .
:p4 a :Person ; rdfs:label "Marta Falcon" .
:c1 a :City ; rdfs:label "Porto" .
:c2 a :City ; rdfs:label "Akureyri" .
"""

Load = Callable[..., Graph]


@pytest.fixture
def load(transactional_db: None, tmp_path: Path) -> Load:
    """Return a function that loads text as a graph, and checks that it worked; `fails=True` returns the
    failed job instead. So many `suggestions` are tried, none unless a test looks at them: these take most of
    the time.
    """

    def run(
        text: str | bytes = FILMS,
        name: str = "films",
        suffix: str = ".ttl",
        fails: bool = False,
        suggestions: int = 0,
        **fields: bool,
    ) -> Graph:
        path = tmp_path / f"{name}{suffix}"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        graph = Graph.objects.filter(name=name).first()
        if graph is None:
            graph, job = services.add_graph(
                name=name, source_kind="file", location=str(path), trusted=True, **fields
            )
        else:
            job = services.load_graph(graph)
        with patch.object(stage, "_TRIED", suggestions):
            run_stages(job.pk, follow=True)
        job.refresh_from_db()
        if fails:
            return job
        assert job.state == Job.State.SUCCEEDED, job.error
        graph.refresh_from_db()
        return graph

    return run
