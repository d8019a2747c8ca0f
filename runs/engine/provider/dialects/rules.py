"""The rules there are, in the order in which they change a request. The next one is a row here.

A refusal is held against them from the last to the first: of those whose words are found and which
change what was sent, the one that changes it last is learnt.
"""

from runs.engine.provider.dialects import parameters, schemas, tool_turns
from runs.engine.provider.dialects.roles import (
    bridged,
    developer_is_system,
    merged,
    system_in_user,
    turns,
)
from runs.engine.provider.dialects.rule import Rule, said, turned_down

SYSTEM = (
    r"(system|developer)\W{0,3}(role|message|prompt|instruction)"
    r"|role.{0,60}(system|developer)|support '?(system|developer)|'(system|developer)'.{0,160}role"
)
EFFORT = r"reasoning.?effort"
# Not the parameter is turned down, but what it was set to.
EFFORT_VALUE = said(
    rf"{EFFORT}.{{0,80}}(does not support|must be|should be|one of)|invalid value.*{EFFORT}"
)
USER_FIRST = r"(role|message)\b.{0,40}(should|must) be.{0,10}user"

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
        said("stream.?options|include.?usage"),
        parameters.left_out("stream_options"),
    ),
    Rule(
        "no_service_tier",
        "It takes no service_tier.",
        said("service.?tier"),
        parameters.left_out("service_tier"),
    ),
    Rule(
        "no_prompt_cache_key",
        "It takes no prompt_cache_key.",
        said("prompt.?cache.?key"),
        parameters.left_out("prompt_cache_key"),
    ),
    Rule(
        "no_safety_identifier",
        "It takes no safety_identifier.",
        said("safety.?identifier"),
        parameters.left_out("safety_identifier"),
    ),
    Rule(
        "no_verbosity",
        "It takes no verbosity.",
        said("verbosity"),
        parameters.left_out("verbosity"),
    ),
    Rule(
        "no_parallel_tool_calls",
        "It takes no parallel_tool_calls.",
        said("parallel.?tool.?calls"),
        parameters.left_out("parallel_tool_calls"),
    ),
    Rule(
        "no_reasoning_effort",
        "It takes no reasoning effort.",
        said(EFFORT),
        parameters.left_out("reasoning_effort"),
    ),
    Rule(
        "no_effort_with_tools",
        "Where it has tools, it takes no reasoning effort.",
        said(rf"{EFFORT}.{{0,80}}\b(tools|functions)\b|\b(tools|functions)\b.{{0,80}}{EFFORT}"),
        parameters.no_effort_with_tools,
    ),
    *(
        Rule(
            f"no_effort_{effort}",
            f"The reasoning effort {effort} is sent as {other}.",
            EFFORT_VALUE,
            parameters.instead("reasoning_effort", effort, other),
        )
        # In this order, each may lead to the next.
        for effort, other in (
            ("none", "minimal"),
            ("minimal", "low"),
            ("max", "xhigh"),
            ("xhigh", "high"),
        )
    ),
    Rule(
        "schema_as_tool",
        "A JSON schema is sent as a tool that has to be called.",
        said(
            r"response.?(format|schema|mime)|json.?schema|structured.?output|output.?config|guided"
            r"|grammar"
        ),
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
        "Schemas are sent with the plainest keywords only.",
        turned_down(
            r"additional_?properties|\$schema|\btitle\b|schema (keyword|field)"
            r"|(min|max)_?(length|items)|schema.{0,80}(minimum|maximum)|not repeating"
        ),
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
        said(
            rf"{turned_down(SYSTEM).pattern}|{USER_FIRST}|alternat|only.{{0,20}}user.{{0,20}}assistant"
        ),
        turns(system_in_user),
    ),
    Rule(
        "no_developer_role",
        "There is no developer role: the system speaks for it.",
        turned_down(rf"\bdeveloper\b|{SYSTEM}"),
        turns(developer_is_system),
    ),
    Rule(
        "no_allowed_tools",
        "It knows no allowed_tools: tools are forbidden by the tool_choice none.",
        said("allowed.?tools|tool.?choice"),
        tool_turns.no_allowed_tools,
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
        turned_down(r"reasoning(?!.?(?:model|effort))|thinking_blocks"),
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
        said(
            r"\bcontent\b.{0,80}(null|none|<nil>|string|required|missing)"
            r"|(null|none).{0,40}\bcontent\b|concatenate str.{0,10}none|'content' objects must"
        ),
        turns(tool_turns.content_is_text),
    ),
    Rule(
        "content_has_text",
        "Content is never empty.",
        # In quotes, `message` is the name under which this refusal itself stands.
        said(
            r"\b(content|text|messages?)\b(?![\"']).{0,60}(empty|blank)"
            r"|empty.{0,30}(content|message)"
        ),
        turns(tool_turns.content_has_text),
    ),
)
BY_NAME = {rule.name: rule for rule in RULES}
