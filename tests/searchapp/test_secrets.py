"""Text that is encrypted at rest."""

import pytest

from searchapp.secrets import EncryptedTextField


@pytest.fixture
def field(settings):
    settings.ENCRYPTION_KEY = "one key"
    return EncryptedTextField()


@pytest.mark.parametrize("text", ["secret", "größe", "x" * 10_000, " "])
def test_what_is_written_cannot_be_read_without_the_key(field, text):
    stored = field.get_prep_value(text)
    assert text not in stored
    assert field.from_db_value(stored, None, None) == text


def test_the_same_text_is_stored_differently_each_time(field):
    assert field.get_prep_value("secret") != field.get_prep_value("secret")


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_is_stored_as_nothing(field, nothing):
    assert field.get_prep_value(nothing) == nothing
    assert field.from_db_value(nothing) == nothing


def test_after_a_change_of_key_it_reads_as_empty(field, settings):
    stored = field.get_prep_value("secret")
    settings.ENCRYPTION_KEY = "another key"
    assert field.from_db_value(stored) == ""


@pytest.mark.parametrize("stored", ["no token", "gAAAAA", "größe"])
def test_what_was_never_encrypted_reads_as_empty(field, stored):
    assert field.from_db_value(stored) == ""


def test_what_was_changed_on_the_way_reads_as_empty(field):
    stored = field.get_prep_value("secret")
    middle = len(stored) // 2
    changed = stored[:middle] + ("A" if stored[middle] != "A" else "B") + stored[middle + 1 :]
    assert field.from_db_value(changed) == ""
