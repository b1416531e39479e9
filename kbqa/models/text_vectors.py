"""Texts with their vectors: what columns are called and said to be, and the labels of graphs."""

from typing import ClassVar

from django.db import models
from pgvector.django import HalfVectorField, HnswIndex

from kbqa.models.databases import Database
from kbqa.models.graphs import Graph

DIMENSIONS = 384


class TextVectorBase(models.Model):
    """A text and its unit vector in half precision, found by the text's hash."""

    text_hash = models.UUIDField()
    text = models.TextField()
    vector = HalfVectorField(dimensions=DIMENSIONS)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.text


class Definition(TextVectorBase):
    """What a column is called and said to be."""

    database = models.ForeignKey(Database, on_delete=models.CASCADE, related_name="definitions", db_index=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["database", "text_hash"], name="one_definition_a_text")]


class LabelVector(TextVectorBase):
    """What an entity of a graph is called."""

    graph = models.ForeignKey(Graph, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["graph", "text_hash"], name="one_vector_a_label")]
        indexes: ClassVar = [HnswIndex(fields=["vector"], name="label_vector", opclasses=["halfvec_ip_ops"])]
