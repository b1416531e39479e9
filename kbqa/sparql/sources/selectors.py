"""Reading what there is of graphs, for pages and API."""

from typing import Any

from django.db.models import QuerySet

from kbqa.sparql.models import Graph, Question


def graphs() -> QuerySet[Graph]:
    """Return the graphs with their served versions, for lists."""
    return Graph.objects.filter(deleting=False).select_related("serving")


def history(graph: Graph, number: int = 20) -> QuerySet[Question]:
    """Return the last questions that a graph was asked."""
    return graph.questions.all()[:number]


def training_examples(questions: QuerySet[Question]) -> list[dict[str, Any]]:
    """Return what people judged of some questions, as examples to train on: the corrected query, or the one
    that was right.
    """
    judged = questions.exclude(verdict="").select_related("graph")
    return [
        {"graph": each.graph.slug, "question": each.text, "sparql": each.correction or each.sparql}
        for each in judged
        if each.correction or each.verdict == Question.Verdict.GOOD
    ]
