"""The OpenAPI document as the page shows it: operations by subject, and what they exchange."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from agentsite.reference.calls import curl
from agentsite.reference.kinds import Kind, Schema, is_envelope, kind_of, named
from web.templatetags.texts import pretty_json

PREFIX = "/api/v1"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a property of an object."""

    name: str
    kind: Kind
    note: str = ""
    required: bool = False
    place: str = ""
    default: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back under a status; without a kind, it has no body."""

    status: str
    kind: Kind | None
    note: str = ""
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of an address."""

    id: str
    method: str
    path: str
    notes: tuple[str, ...]
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[Answer, ...]
    people_only: bool
    request: str
    response: str

    @property
    def short_path(self) -> str:
        """Without what all addresses begin with."""
        return self.path.removeprefix(PREFIX)


@dataclass(frozen=True, slots=True)
class Subject:
    """The operations on one kind of thing."""

    name: str
    note: str
    operations: tuple[Operation, ...]

    @property
    def title(self) -> str:
        """Its name as a heading."""
        return self.name.replace("-", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Object:
    """A JSON object of several operations."""

    name: str
    notes: tuple[str, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """All of it."""

    subjects: tuple[Subject, ...]
    objects: tuple[Object, ...]


@cache
def reference() -> Reference:
    """The reference of this release; it is the same for every reader."""
    return read(document())


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document of this release, made once; nobody changes it."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    made: dict[str, Any] = generator.get_schema(public=True)  # type: ignore[no-untyped-call]
    return made


def read(document: dict[str, Any]) -> Reference:
    """What an OpenAPI document says, in the order of its tags."""
    notes = {tag["name"]: tag["description"] for tag in document["tags"]}
    components: dict[str, Schema] = document["components"]["schemas"]
    of_tags: dict[str, list[Operation]] = {name: [] for name in notes}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            (tag,) = operation["tags"]
            of_tags[tag].append(_operation(path, method, operation, components))
    subjects = tuple(
        Subject(name, notes[name], tuple(operations)) for name, operations in of_tags.items()
    )
    return Reference(subjects, _objects(document, components))


def _operation(
    path: str, method: str, operation: dict[str, Any], components: dict[str, Schema]
) -> Operation:
    body = operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema", {})
    parameters = (
        _field(given["name"], given["schema"], components, given)
        for given in operation.get("parameters", ())
    )
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        notes=_paragraphs(operation),
        parameters=tuple(sorted(parameters, key=lambda field: field.place != "path")),
        body=_fields(components[named(body)], components) if body else (),
        answers=_answers(operation["responses"], components),
        people_only=operation.get("security") == [{"session": []}],
        request=curl(path, method, operation, components),
        response=_response(operation["responses"]),
    )


def _answers(responses: dict[str, Any], components: dict[str, Schema]) -> tuple[Answer, ...]:
    """Those of success: the errors of all operations are alike."""
    found: list[Answer] = []
    for status, response in responses.items():
        if status == "default" or status >= "4":
            continue
        content = response.get("content", {})
        if not content:
            found.append(Answer(status, None, response["description"]))
        for media_type, body in content.items():
            kind = kind_of(body["schema"], components)
            found.append(Answer(status, kind, response["description"], media_type))
    return tuple(found)


def _response(responses: dict[str, Any]) -> str:
    """The example of the first answer of success that has one, else nothing."""
    examples = (
        body["example"]
        for status, answer in sorted(responses.items())
        if status < "3"
        for body in answer.get("content", {}).values()
        if "example" in body
    )
    example = next(examples, "")
    return example if isinstance(example, str) else pretty_json(example)


def _objects(document: dict[str, Any], components: dict[str, Schema]) -> tuple[Object, ...]:
    """The components that stand nowhere else on the page: no bodies, envelopes or choices."""
    bodies = {
        named(operation["requestBody"]["content"][JSON]["schema"])
        for methods in document["paths"].values()
        for operation in methods.values()
        if "requestBody" in operation
    }
    return tuple(
        Object(name, _paragraphs(component), _fields(component, components))
        for name, component in sorted(components.items())
        if "properties" in component and name not in bodies and not is_envelope(component)
    )


def _fields(component: Schema, components: dict[str, Schema]) -> tuple[Field, ...]:
    required = component.get("required", ())
    return tuple(
        _field(name, schema, components, {"required": name in required})
        for name, schema in component["properties"].items()
    )


def _field(
    name: str, schema: Schema, components: dict[str, Schema], given: dict[str, Any]
) -> Field:
    return Field(
        name=name,
        kind=kind_of(schema, components),
        note=" ".join(_paragraphs(given) or _paragraphs(schema)),
        required=given.get("required", False),
        place=given.get("in", ""),
        default=schema.get("default"),
    )


def _paragraphs(described: dict[str, Any]) -> tuple[str, ...]:
    """A description without the list of its choices, which the type says."""
    texts = described.get("description", "").split("\n\n")
    return tuple(" ".join(text.split()) for text in texts if not text.startswith("* `"))
