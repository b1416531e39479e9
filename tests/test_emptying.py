"""A test that commits leaves nothing to the next, but what Django itself wrote when the database was made."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command

from tests.emptying import empty_tables


def filled():
    models = apps.get_models(include_auto_created=True)
    return {model._meta.db_table for model in models if model._meta.managed and model.objects.exists()}


@pytest.mark.django_db(transaction=True)
def test_rows_are_gone_and_what_migrating_filled_is_left(index, shop):
    index(shop)
    group = Group.objects.create(name="readers")
    group.permissions.add(Permission.objects.first())
    User.objects.create_user("reader").groups.add(group)
    assert filled() > {"auth_user_groups", "auth_group_permissions", "codesearch_unit"}
    empty_tables()
    assert filled() == {"django_content_type", "auth_permission"}
    counted = ContentType.objects.count(), Permission.objects.count()
    call_command("flush", verbosity=0, interactive=False)
    assert (ContentType.objects.count(), Permission.objects.count()) == counted
