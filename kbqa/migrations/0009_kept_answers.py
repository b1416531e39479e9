"""Questions are a pair, of graphs and of databases, and keep their answers."""

from django.db import migrations

import kbqa.questions.fields


class Migration(migrations.Migration):

    dependencies = [
        ("kbqa", "0008_version_states"),
    ]

    operations = [
        migrations.RenameModel(old_name="Question", new_name="GraphQuestion"),
        migrations.AddField(
            model_name="graphquestion",
            name="answer",
            field=kbqa.questions.fields.JsonTextField(
                editable=False,
                help_text="What was shown, so that it can be shown again; may be forgotten.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="databasequestion",
            name="answer",
            field=kbqa.questions.fields.JsonTextField(
                editable=False,
                help_text="What was shown, so that it can be shown again; may be forgotten.",
                null=True,
            ),
        ),
    ]
