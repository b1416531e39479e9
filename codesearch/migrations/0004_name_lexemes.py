from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("codesearch", "0003_vector_pieces"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="unit",
            index=GinIndex(models.Func("lexemes", models.Value("{a}"), function="ts_filter"), fastupdate=False, name="unit_name_lexemes"),
        ),
    ]
