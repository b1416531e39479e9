from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("codesearch", "0002_build_text_units"),
    ]

    operations = [
        migrations.AddField(
            model_name="vector",
            name="pieces",
            field=models.BinaryField(help_text="For late interaction: a byte a number, one piece after another.", null=True),
        ),
        # Vectors do not get smaller by compression, which would only be tried for every one of them.
        migrations.RunSQL("ALTER TABLE codesearch_vector ALTER COLUMN pieces SET STORAGE EXTERNAL", migrations.RunSQL.noop),
    ]
