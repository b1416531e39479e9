"""Prefixes of graphs."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """A graph has prefixes that its queries are shown with."""

    dependencies: ClassVar = [("kbqa", "0002_databases")]

    operations: ClassVar = [
        migrations.AddField(
            model_name='graph',
            name='prefixes',
            field=models.JSONField(blank=True, default=dict, help_text='What queries are shown with: {"ex": "http://example.org/"}. A load adds those of its file.'),
        ),
    ]
