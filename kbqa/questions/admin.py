"""Questions in the admin, whatever they were asked of."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from kbqa.questions.models import QuestionBase
from kbqa.questions.selectors import training_examples


class QuestionAdmin(ModelAdmin):  # type: ignore[misc]
    """Questions; those that were judged can be exported to train on."""

    actions = ("export",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuestionBase]:
        """Leave out the answers, which may be long."""
        questions: QuerySet[QuestionBase] = super().get_queryset(request)
        return questions.defer("answer")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The columns of the list."""
        return ("text", self.model.SOURCE, "verdict", "confidence", "asked")

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        """The filters of the list."""
        return ("verdict", self.model.SOURCE)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """The fields that are searched."""
        return ("text", self.model.LANGUAGE)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """All but what a person thinks of the answer."""
        fields = ("text", self.model.LANGUAGE, "confidence", "milliseconds", "asker", "asked")
        return (self.model.SOURCE, *fields)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: questions come from asking."""
        return False

    @admin.action(description="Export as training examples")
    def export(self, request: HttpRequest, queryset: QuerySet[QuestionBase]) -> HttpResponse:
        """The judged ones among the chosen as JSON lines."""
        lines = (json.dumps(example, ensure_ascii=False) + "\n" for example in training_examples(queryset))
        return HttpResponse(
            "".join(lines),
            content_type="application/jsonl",
            headers={"Content-Disposition": 'attachment; filename="questions.jsonl"'},
        )
