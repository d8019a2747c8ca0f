"""An e-mail address as a column, and as a field of a form."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db import models

from accounts.addresses import MAX_LENGTH, as_compared, normal_address


class AddressInput(forms.EmailField):
    """An address as people type it; the cleaned value is its normal form."""

    # The normal form is checked, and not what was typed.
    default_validators: ClassVar[list[Any]] = []  # type: ignore[misc]

    def to_python(self, value: Any) -> str:
        """The normal form. Raises `ValidationError` where it is no address."""
        text = super().to_python(value) or ""
        return normal_address(text) if text else text


if TYPE_CHECKING:
    TextColumn = models.EmailField[str, str]
else:  # Django's fields are generic for the type checker only
    TextColumn = models.EmailField


class AddressField(TextColumn):
    """An e-mail address: however it is typed, it is stored and found in its normal form."""

    default_validators: ClassVar[list[Any]] = []  # type: ignore[misc]

    def to_python(self, value: Any) -> Any:
        """The normal form. Raises `ValidationError` where it is no address."""
        return normal_address(value) if isinstance(value, str) and value else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The normal form, which the instance then has too."""
        value = self.to_python(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        """What to look for; text that is no address is nobody's."""
        return as_compared(value) if isinstance(value, str) else super().get_prep_value(value)

    def formfield(self, **kwargs: Any) -> Any:
        """A field of a form that normalises what is typed."""
        return super().formfield(**{"form_class": AddressInput, "max_length": MAX_LENGTH, **kwargs})
