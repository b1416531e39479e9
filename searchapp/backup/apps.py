"""The Django application of backups."""

from django.apps import AppConfig


class BackupConfig(AppConfig):
    """The commands `backup` and `restore`."""

    name = "searchapp.backup"
