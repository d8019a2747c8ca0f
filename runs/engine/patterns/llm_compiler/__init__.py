"""LLMCompiler: a graph of tool calls, run as its results allow. Kim et al., arXiv 2312.04511."""

from runs.engine.patterns.llm_compiler.pattern import LLMCompiler

__all__ = ["LLMCompiler"]
