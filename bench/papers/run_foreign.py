"""Runs one pattern of agent-patterns, under a Python that has the package, and prints as ours does.

`python bench/papers/run_foreign.py react http://127.0.0.1:9000/v1 --runs 20`
"""

import argparse
import json
import os
import time
from importlib import import_module
from typing import Any

WARM_UP = 3
TASK = "Find out what the items of the chain say, and sum it up in one paragraph."
CLASSES = {
    "react": "ReActAgent",
    "rewoo": "REWOOAgent",
    "llm_compiler": "LLMCompilerAgent",
    "reflection": "ReflectionAgent",
}
# The steps with what their prompts carry; the wheel has no prompts.
CARRIED = {
    "ThoughtStep": "{input}\n{available_tools}\n{history}",
    "WorkerPlan": "{task}\n{tools}",
    "WorkerIntegrate": "{task}\n{plan}\n{results}",
    "PlanGraph": "{task}\n{tools}",
    "Synthesize": "{task}\n{results}",
    "Generate": "{task}",
    "Reflect": "{task}\n{output}",
    "Refine": "{task}\n{output}\n{reflection}",
}


def lookup(item: str) -> str:
    """Looks up an item."""
    return json.dumps({"next": f"{item} and one", "facts": "fact " * 300})


def _agent(pattern: str) -> Any:
    model = {"provider": "openai", "model_name": "m-1"}
    roles = dict.fromkeys(("thinking", "documentation", "reflection"), model)
    prompts = {step: {"system": f"FOREIGN {step}", "user": u} for step, u in CARRIED.items()}
    options: dict[str, Any] = {"llm_configs": roles, "prompt_overrides": prompts}
    if pattern != "reflection":
        options["tools"] = {"lookup": lookup}
    if pattern == "react":
        options["max_iterations"] = 8
    return getattr(import_module("agent_patterns.patterns"), CLASSES[pattern])(**options)


def main() -> None:
    """Measure, and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pattern", choices=sorted(CLASSES))
    parser.add_argument("url")
    parser.add_argument("--runs", type=int, default=20)
    args = parser.parse_args()
    os.environ |= {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": args.url}
    agent = _agent(args.pattern)
    for _ in range(WARM_UP):
        if not str(agent.run(TASK)).startswith("The items say this"):
            raise RuntimeError(f"{args.pattern} did not get to the answer")
    began_s, cpu_s = time.perf_counter(), time.process_time()
    for _ in range(args.runs):
        agent.run(TASK)
    cpu_s = time.process_time() - cpu_s
    elapsed_s = time.perf_counter() - began_s
    print(json.dumps({"cpu_ms": 1000 * cpu_s / args.runs, "ms": 1000 * elapsed_s / args.runs}))


if __name__ == "__main__":
    main()
