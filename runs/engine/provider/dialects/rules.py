"""The rules there are, in the order in which they change a request. The next one is a row here.

A refusal is held against them from the last to the first: of those whose words are found and which
change what was sent, the one that changes it last is learnt.
"""

from runs.engine.provider.dialects import parameters, schemas, tool_turns
from runs.engine.provider.dialects.roles import bridged, merged, system_in_user, turns
from runs.engine.provider.dialects.rule import Rule, said, turned_down

SYSTEM = (
    r"(system|developer)\W{0,3}(role|message|prompt|instruction)"
    r"|role.{0,60}(system|developer)|support '?(system|developer)"
)

RULES = (
    Rule(
        "max_tokens",
        "The output cap is called max_tokens.",
        said(rf"{turned_down('max_completion_tokens').pattern}|max_tokens.*(required|missing)"),
        parameters.renamed("max_completion_tokens", "max_tokens"),
    ),
    Rule(
        "max_completion_tokens",
        "The output cap is called max_completion_tokens.",
        turned_down("max_tokens"),
        parameters.renamed("max_tokens", "max_completion_tokens"),
    ),
    Rule(
        "no_temperature",
        "It takes no temperature.",
        said("temperature"),
        parameters.left_out("temperature"),
    ),
    Rule(
        "no_stream_options",
        "It takes no stream_options.",
        said("stream_options|include_usage"),
        parameters.left_out("stream_options"),
    ),
    Rule(
        "no_service_tier",
        "It takes no service_tier.",
        said("service.?tier"),
        parameters.left_out("service_tier"),
    ),
    Rule(
        "schema_as_tool",
        "A JSON schema is sent as a tool that has to be called.",
        said(r"response.?format|json.?schema|structured.?output|guided|grammar"),
        schemas.forced_tool,
    ),
    Rule(
        "json_mode",
        "JSON is asked for by JSON mode, with the schema in the prompt.",
        said("tool|function"),
        schemas.json_mode,
    ),
    Rule(
        "json_as_text",
        "JSON is asked for in the prompt alone.",
        said(r"response.?format|json"),
        schemas.json_text,
    ),
    Rule(
        "plain_schemas",
        "Schemas are sent without additionalProperties, title and default.",
        turned_down(r"additional_?properties|\$schema|\btitle\b|schema keyword"),
        parameters.plain_schemas,
    ),
    Rule(
        "schema_not_strict",
        "A JSON schema is sent without the word strict.",
        turned_down(r"\bstrict\b"),
        parameters.not_strict,
    ),
    Rule(
        "no_system_role",
        "There is no system role: its text begins the user's message.",
        said(rf"{turned_down(SYSTEM).pattern}|alternat|only.{{0,20}}user.{{0,20}}assistant"),
        turns(system_in_user),
    ),
    Rule(
        "no_tool_choice",
        "It takes tools, but no tool_choice.",
        turned_down("tool.?choice"),
        tool_turns.no_tool_choice,
    ),
    Rule(
        "no_tool_choice_none",
        "Where no tool may be called, tools are left out, and earlier calls are told as text.",
        said(r"tool.?choice|tool_use_failed|called a tool"),
        tool_turns.without_tools,
    ),
    Rule(
        "tools_as_text",
        "Earlier tool calls are told as text.",
        said(r"role.{0,20}\btool\b|\btool\b.{0,3} role|only.{0,20}user.{0,20}assistant|alternat"),
        turns(tool_turns.as_text),
    ),
    Rule(
        "one_call_a_turn",
        "Calls of one turn are sent as turns of one call each.",
        said(r"(single|one|parallel|multiple) tool.?call"),
        turns(tool_turns.one_call_a_turn),
    ),
    Rule(
        "assistant_after_tool",
        "A word of the assistant stands between a tool's result and the user.",
        said(r"after.{0,20}\btool\b|\btool\b.{0,60}followed by.{0,20}assistant|alternat"),
        turns(bridged),
    ),
    Rule(
        "no_neighbours",
        "Neighbours of the same role are merged.",
        said(r"alternat|consecutive|same role|after role.{0,3}(user|assistant)"),
        turns(merged),
    ),
    Rule(
        "short_ids",
        "Ids of tool calls have nine letters and digits.",
        said(r"tool.?call.{0,12}id\b.{0,80}(length|pattern|a-z)"),
        turns(tool_turns.short_ids),
    ),
    Rule(
        "named_results",
        "A tool's result says the tool's name.",
        said(r"function_response.name|\bname\b.{0,40}(not be empty|required|missing)"),
        turns(tool_turns.named_results),
    ),
    Rule(
        "nothing_beside_calls",
        "What came beside a tool call doesn't go back with it.",
        turned_down("extra_content|thought_signature"),
        turns(tool_turns.nothing_beside_calls),
    ),
    Rule(
        "no_reasoning_back",
        "Reasoning doesn't go back with its turn.",
        turned_down("reasoning"),
        turns(tool_turns.no_reasoning),
    ),
    Rule(
        "reasoning_always",
        "A turn with calls has a reasoning_content, also an empty one.",
        said(r"(missing|required).{0,60}reasoning|reasoning.{0,80}(missing|required|passed back)"),
        turns(tool_turns.reasoning_always),
    ),
    Rule(
        "text_or_calls",
        "A turn has text or calls, not both.",
        said(r"(content|text)\b.{0,60}(tool|call).{0,60}(both|together|same)|both.{0,40}tool"),
        turns(tool_turns.text_or_calls),
    ),
    Rule(
        "content_is_text",
        "A turn without text has an empty text as its content.",
        said(r"content.{0,80}(null|none|string|required|missing)|(null|none).{0,40}content"),
        turns(tool_turns.content_is_text),
    ),
    Rule(
        "content_has_text",
        "Content is never empty.",
        said(r"(content|text|message).{0,60}(empty|blank)|empty.{0,30}(content|message)"),
        turns(tool_turns.content_has_text),
    ),
)
BY_NAME = {rule.name: rule for rule in RULES}
