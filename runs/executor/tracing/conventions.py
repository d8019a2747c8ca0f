"""The names of spans, attributes and metrics. Nothing else in the tree spells them.

https://github.com/open-telemetry/semantic-conventions-genai, whose status is Development: a newer
version changes this file and VERSION with it. Langfuse's and our own names are below.
"""

from typing import Final

VERSION: Final = "0.1.0"

OPERATION: Final = "gen_ai.operation.name"
INVOKE_AGENT: Final = "invoke_agent"
CHAT: Final = "chat"
EXECUTE_TOOL: Final = "execute_tool"

AGENT_NAME: Final = "gen_ai.agent.name"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
REQUEST_REASONING: Final = "gen_ai.request.reasoning.level"
REQUEST_STREAM: Final = "gen_ai.request.stream"
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS: Final = "gen_ai.usage.cache_write.input_tokens"
REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
# What cache_write was called before 0.1.0, and what Phoenix still reads.
CACHE_CREATION_TOKENS: Final = "gen_ai.usage.cache_creation.input_tokens"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
# Contents are sent only where the site wants them.
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
TOOL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_RESULT: Final = "gen_ai.tool.call.result"
ERROR_TYPE: Final = "error.type"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"

# How the conventions spell providers that have other names elsewhere.
PROVIDERS: Final = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "vertex": "gcp.vertex_ai",
    "xai": "x_ai",
}

# Histograms of seconds, with the bounds that the conventions give for their buckets.
INFERENCE_SECONDS: Final = "gen_ai.client.inference.duration"
FIRST_CHUNK_SECONDS: Final = "gen_ai.client.inference.time_to_first_chunk"
AGENT_SECONDS: Final = "gen_ai.invoke_agent.duration"
TOOL_SECONDS: Final = "gen_ai.execute_tool.duration"
CALL_BOUNDS: Final = tuple(0.01 * 2**n for n in range(14))
AGENT_BOUNDS: Final = tuple(0.1 * 2**n for n in range(13))

# https://langfuse.com/integrations/native/opentelemetry: JSON objects, by kinds of tokens.
LANGFUSE_COST: Final = "langfuse.observation.cost_details"
LANGFUSE_USAGE: Final = "langfuse.observation.usage_details"
LANGFUSE_TRACE_NAME: Final = "langfuse.trace.name"
SESSION_ID: Final = "session.id"
USER_ID: Final = "user.id"

# Of what makes the spans: the version of the conventions.
CONVENTIONS: Final = "agentsite.gen_ai.conventions"
RUN_ID: Final = "agentsite.run.id"
RUN_EPOCH: Final = "agentsite.run.epoch"
RUN_OUTCOME: Final = "agentsite.run.outcome"
RUN_STATUS: Final = "agentsite.run.status"
RUN_STOP_REASON: Final = "agentsite.run.stop_reason"
STEP_KEY: Final = "agentsite.step.key"
STEP_ATTEMPT: Final = "agentsite.step.attempt"
# Decimal text: no digit is lost.
COST: Final = "agentsite.cost_usd"
CONFIDENCE: Final = "agentsite.cost.confidence"
SAVED: Final = "agentsite.saved_usd"
REPLAYED: Final = "replayed"
