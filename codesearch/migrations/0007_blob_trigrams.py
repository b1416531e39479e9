"""Signatures of texts, kept in the row itself: to be compared, they are read one after another."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Texts that are stored already get theirs with the next build; until then, they are read."""

    dependencies: ClassVar = [("codesearch", "0006_visibility")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="blob",
            name="trigrams",
            field=models.BinaryField(
                null=True, help_text="Signature of the text; none where it was stored before there were any."
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE codesearch_blob ALTER COLUMN trigrams SET STORAGE PLAIN", migrations.RunSQL.noop
        ),
    ]
