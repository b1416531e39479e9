"""How sure answers are, and what people say of them, for operators."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from django.apps import apps
from django.db.models import Count, QuerySet
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily

from kbqa.questions.models import QuestionBase

_DAY = timedelta(days=1)
_BOUNDS = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)


def families() -> Iterator[GaugeMetricFamily]:
    """The answers of the last day, by engine, by certainty and by verdict."""
    sure = GaugeMetricFamily(
        "searchapp_answers_day",
        "Answers of the last day, by how probable it is that the query means what was asked.",
        labels=("engine", "certainty"),
    )
    judged = GaugeMetricFamily(
        "searchapp_verdicts_day", "Verdicts on answers of the last day.", labels=("engine", "verdict")
    )
    for model in apps.get_models():
        if issubclass(model, QuestionBase):
            asked = model.objects.filter(asked__gte=timezone.now() - _DAY)
            for certainty, number in _by_certainty(asked):
                sure.add_metric((model.SOURCE, certainty), number)
            for row in asked.exclude(verdict="").values("verdict").annotate(number=Count("id")).order_by():
                judged.add_metric((model.SOURCE, row["verdict"]), row["number"])
    yield sure
    yield judged


def _by_certainty(asked: QuerySet[QuestionBase]) -> Iterator[tuple[str, int]]:
    """Bands of certainty, and how many answers are in each; `none` is without an answer."""
    yield "none", asked.filter(confidence=0).count()
    for low, high in pairwise(_BOUNDS):
        yield f"{low:g}-{high:g}", asked.filter(confidence__gt=low, confidence__lte=high).count()
