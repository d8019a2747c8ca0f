"""The parameters of a pattern, as its schema has them."""

from typing import Any

from django import forms

from runs.engine.pattern import AnyPattern, label_of, option_of
from runs.forms.widgets import css

NUMBER_FIELDS: dict[str, type[forms.IntegerField]] = {
    "integer": forms.IntegerField,
    "number": forms.FloatField,
}


def _type(schema: dict[str, Any]) -> dict[str, Any]:
    """The part of a property's schema that has its type: of an optional one, the other half."""
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            return {**schema, **option}
    return schema


def _said(field: forms.Field, value: Any) -> Any:
    """A value as the reader chose it."""
    if isinstance(field, forms.BooleanField):
        return "yes" if value else "no"
    if isinstance(field, forms.ChoiceField):
        return option_of(str(value))
    return value


def param_field(name: str, schema: dict[str, Any]) -> forms.Field:
    """A form field for one property of a pattern's JSON Schema."""
    kind = _type(schema)
    common = {
        "label": label_of(name, schema),
        "help_text": schema.get("description", ""),
        "initial": schema.get("default"),
        "required": False,
    }
    if kind.get("type") == "boolean":
        return forms.BooleanField(**common)
    if "enum" in kind:
        choices = [(value, option_of(value)) for value in kind["enum"]]
        return forms.ChoiceField(choices=choices, widget=css(forms.Select(), "select"), **common)
    if kind.get("type") in NUMBER_FIELDS:
        field = NUMBER_FIELDS[kind["type"]](
            min_value=kind.get("minimum"),
            max_value=kind.get("maximum"),
            widget=forms.NumberInput(),
            **common,
        )
        css(field.widget, "input num")
        return field
    return forms.CharField(widget=css(forms.TextInput(), "input"), **common)


class ParamsForm(forms.Form):
    """The parameters of one pattern; an empty field takes the pattern's default."""

    def __init__(self, pattern: AnyPattern, data: Any = None, **options: Any) -> None:
        super().__init__(data, prefix=pattern.key, **options)
        self.pattern = pattern
        for name, schema in pattern.params.model_json_schema().get("properties", {}).items():
            self.fields[name] = param_field(name, schema)

    def params(self) -> dict[str, Any]:
        """What the reader filled in."""
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}

    @property
    def filled(self) -> dict[str, Any]:
        """The fields as they stand, checked or not; empty ones take the pattern's default."""
        values = {bound.name: bound.value() for bound in self}
        return {name: value for name, value in values.items() if value not in ("", None)}

    @property
    def summary(self) -> str:
        """The values in one line, for the closed Advanced section."""
        values = ((bound.label, _said(bound.field, bound.value())) for bound in self)
        return " · ".join(f"{label}: {value}" for label, value in values if value != "")
