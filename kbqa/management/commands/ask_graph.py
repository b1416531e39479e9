"""`manage.py ask_graph GRAPH QUESTION`: the answer, and the query behind it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from kbqa.sparql.public import Graph, kept_answer_of, services, with_prefixes
from searchapp.commands import SearchappCommand

_SHOWN = 20


class Command(SearchappCommand):
    """Ask a graph in words."""

    help = "Answer QUESTION from the graph named GRAPH, and show the query."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("graph", help="the graph's name in addresses")
        parser.add_argument("question")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask and print."""
        graph = _graph(options["graph"])
        _, question = services.ask(graph, options["question"])
        answer = kept_answer_of(question)
        assert answer is not None
        if answer.best is None or answer.result is None:
            self.stdout.write("This graph does not seem to have the answer. The nearest readings:")
            for reading in answer.readings:
                self.stdout.write(f"\n{with_prefixes(reading.query, graph.prefixes)}")
            return
        if answer.result.holds is not None:
            self.stdout.write("yes" if answer.result.holds else "no")
        for row in answer.result.rows[:_SHOWN]:
            self.stdout.write("\t".join(cell.with_unit for cell in row))
        query = with_prefixes(answer.best.query, graph.prefixes)
        certainty = f"{100 * answer.best.probability:.0f} % sure"
        self.stdout.write(f"\n{query}\n\n{certainty}, {answer.milliseconds:.0f} ms")


def _graph(slug: str) -> Graph:
    """The graph of a name in addresses. Raises CommandError, which lists those that there are."""
    graphs = Graph.objects.filter(deleting=False)
    graph = graphs.filter(slug=slug).first()
    if graph is None:
        known = ", ".join(graphs.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no graph {slug}. There are: {known}.")
    return graph
