"""A field of the API's forms that tells what may be chosen."""

from typing import Any

from rest_framework import serializers


class ChoiceField(serializers.ChoiceField):
    """A choice; of a wrong one, the right ones are told."""

    def fail(self, key: str, **given: Any) -> Any:
        """Raise ValidationError."""
        if key == "invalid_choice":
            choices = ", ".join(str(choice) for choice in self.choices if choice != "")
            raise serializers.ValidationError(
                f'"{given.get("input")}" is not one of: {choices}.', code="invalid_choice"
            )
        super().fail(key, **given)
