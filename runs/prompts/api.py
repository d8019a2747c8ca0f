"""The REST API of prompt sets, and of the preview of prompts."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.caller import caller_of
from accounts.models import Scope
from runs.api.submission import MAX_LONG, PromptSerializer, SubmissionSerializer, Text
from runs.models.prompt_sets import MAX_NAME, MAX_NOTE, PromptSet, PromptSetVersion
from runs.prompt_texts import PromptTexts
from runs.prompts.presenter import PreviewBody, preview_body
from runs.prompts.services import preview
from runs.selectors.prompt_sets import version_of
from runs.services.prompt_sets import add_version, create_prompt_set, delete_prompt_set
from web.serializers import StrictSerializer
from web.views import ApiView, ListView


class VersionSerializer(serializers.Serializer[PromptSetVersion]):
    """What a set says under one number."""

    number = serializers.IntegerField()
    custom_instructions = serializers.CharField()
    goals = serializers.ListField(child=serializers.CharField())
    prompts = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))
    note = serializers.CharField()
    created_at = serializers.DateTimeField()


class PromptSetSerializer(serializers.Serializer[PromptSet]):
    """A prompt set without its texts."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    pattern = serializers.SerializerMethodField()
    version = serializers.IntegerField(source="latest", help_text="The newest one.")
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()

    def get_pattern(self, found: PromptSet) -> str | None:
        """Null: for any."""
        return found.pattern or None


class WholePromptSetSerializer(PromptSetSerializer):
    """A prompt set with the texts of its newest version."""

    latest = serializers.SerializerMethodField()

    @extend_schema_field(VersionSerializer)
    def get_latest(self, found: PromptSet) -> dict[str, Any]:
        """The newest version."""
        return dict(VersionSerializer(version_of(found, found.latest)).data)


class TextsSerializer(StrictSerializer[Any]):
    """The texts of a version, all of them: what is left out is empty."""

    custom_instructions = Text(required=False, allow_blank=True, max_length=MAX_LONG)
    goals = serializers.ListField(child=Text(max_length=MAX_LONG), required=False, max_length=100)
    prompts = serializers.DictField(child=PromptSerializer(), required=False)
    note = Text(required=False, allow_blank=True, max_length=MAX_NOTE)

    @property
    def fields_of_version(self) -> dict[str, Any]:
        """The checked fields as the services take them."""
        fields = self.validated_data
        texts = PromptTexts(
            fields.get("custom_instructions", ""),
            tuple(fields.get("goals", ())),
            fields.get("prompts", {}),
        )
        return {"texts": texts, "note": fields.get("note", "")}


class NewPromptSetSerializer(TextsSerializer):
    """A new set. Without a pattern it is for any, and then it has no `prompts`."""

    name = Text(max_length=MAX_NAME)
    pattern = Text(required=False, allow_null=True, max_length=40)


class PlaceholderSerializer(serializers.Serializer[Any]):
    """A variable that only the run can fill, and where it begins in `content`, in characters."""

    name = serializers.CharField()
    offset = serializers.IntegerField()


class MessagePreviewSerializer(serializers.Serializer[Any]):
    """One message. `source` says whose prompt it is made of."""

    role = serializers.ChoiceField(["system", "user"])
    content = serializers.CharField()
    source = serializers.ChoiceField(  # type: ignore[assignment]
        ["built_in", "prompt_set", "request"]
    )
    placeholders = PlaceholderSerializer(many=True)


class StepPreviewSerializer(serializers.Serializer[Any]):
    """The opening messages of a step."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    role = serializers.CharField()
    messages = MessagePreviewSerializer(many=True)


class FaultSerializer(serializers.Serializer[Any]):
    """Why a submit would refuse an override. `half` and `variable` are null where none is meant."""

    step = serializers.CharField()
    half = serializers.CharField(allow_null=True)
    variable = serializers.CharField(allow_null=True)
    message = serializers.CharField()


class PreviewSerializer(serializers.Serializer[PreviewBody]):
    """What a submit would send."""

    pattern = serializers.CharField()
    prompt_set = serializers.CharField(allow_null=True, help_text="`name@number`, or null.")
    steps = StepPreviewSerializer(many=True)
    faults = FaultSerializer(many=True)


LOCATION = OpenApiParameter(
    "Location", str, "header", description="The set's address.", response=["201"]
)


class PromptSetListView(ListView[PromptSet]):
    """The caller's prompt sets."""

    serializer_class = PromptSetSerializer
    queryset = PromptSet.objects.none()
    orderings: ClassVar[dict[str, tuple[str, ...]]] = {"name": ("name",)}

    def get_queryset(self) -> QuerySet[PromptSet]:
        """The caller's own."""
        return PromptSet.objects.visible_to(caller_of(self.request).user)

    @extend_schema(operation_id="prompt_sets_list", responses=PromptSetSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List prompt sets by name, without their texts."""
        page: Any = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(PromptSetSerializer(page, many=True).data)

    @extend_schema(
        operation_id="prompt_sets_create",
        request=NewPromptSetSerializer,
        parameters=[LOCATION],
        responses={201: WholePromptSetSerializer},
    )
    def post(self, request: Request) -> Response:
        """Keep texts under a new name, as version 1. 409 when the name is in use."""
        form = NewPromptSetSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        version = create_prompt_set(
            owner=caller_of(request).user,
            name=form.validated_data["name"],
            pattern=form.validated_data.get("pattern") or "",
            **form.fields_of_version,
        )
        made = version.prompt_set
        location = request.build_absolute_uri(reverse("api:prompt-set-detail", args=[made.pk]))
        body = WholePromptSetSerializer(made).data
        return Response(body, status=201, headers={"Location": location})


def own_set(request: Request, pk: UUID) -> PromptSet:
    """The caller's set; Http404 for everyone else's."""
    found = PromptSet.objects.visible_to(caller_of(request).user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


class PromptSetView(ApiView):
    """One of the caller's prompt sets."""

    @extend_schema(operation_id="prompt_sets_retrieve", responses=WholePromptSetSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Read a set with the texts of its newest version."""
        return Response(WholePromptSetSerializer(own_set(request, pk)).data)

    @extend_schema(operation_id="prompt_sets_delete", responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete it with all versions. Runs keep the texts that they used."""
        delete_prompt_set(prompt_set=own_set(request, pk))
        return Response(status=204)


class VersionListView(ListView[PromptSetVersion]):
    """The versions of one of the caller's prompt sets."""

    serializer_class = VersionSerializer
    queryset = PromptSetVersion.objects.none()
    orderings: ClassVar[dict[str, tuple[str, ...]]] = {"-number": ("-number",)}

    @extend_schema(operation_id="prompt_set_versions_list", responses=VersionSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """List a set's versions with their texts, newest first."""
        page: Any = self.paginate_queryset(own_set(request, pk).versions.all())
        return self.get_paginated_response(VersionSerializer(page, many=True).data)

    @extend_schema(
        operation_id="prompt_set_versions_create",
        request=TextsSerializer,
        responses={200: VersionSerializer, 201: VersionSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Add a version with these texts: 201. 200 when they are those of the newest one."""
        found = own_set(request, pk)
        form = TextsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            version, made = add_version(prompt_set=found, **form.fields_of_version)
        except PromptSet.DoesNotExist as gone:
            raise Http404 from gone
        return Response(VersionSerializer(version).data, status=201 if made else 200)


class VersionView(ApiView):
    """One version of one of the caller's prompt sets."""

    @extend_schema(operation_id="prompt_set_versions_retrieve", responses=VersionSerializer)
    def get(self, request: Request, pk: UUID, number: int) -> Response:
        """Read a version."""
        version = version_of(own_set(request, pk), number)
        if version is None:
            raise Http404
        return Response(VersionSerializer(version).data)


class PreviewView(ApiView):
    """Looking at the prompts before they are paid for."""

    required_scopes: ClassVar[dict[str, str]] = {"POST": Scope.RUNS_READ}

    @extend_schema(
        operation_id="prompts_preview", request=SubmissionSerializer, responses=PreviewSerializer
    )
    def post(self, request: Request) -> Response:
        """Show the messages that a submit with this body would send. Nothing runs."""
        form = SubmissionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        found = preview(owner=caller_of(request).user, submission=form.submission())
        return Response(PreviewSerializer(preview_body(found)).data)
