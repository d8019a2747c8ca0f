"""The texts that a user adds to a pattern's prompts: alone, on top of others, and taken apart."""

from dataclasses import dataclass, field

Overrides = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class PromptTexts:
    """What is added to every prompt, and what takes the place of a step's own."""

    custom_instructions: str = ""
    goals: tuple[str, ...] = ()
    prompts: Overrides = field(default_factory=dict)

    def on_top_of(self, base: "PromptTexts") -> "PromptTexts":
        """Both: instructions and goals after those of the base, each half of a step before its."""
        steps = dict.fromkeys((*base.prompts, *self.prompts))
        return PromptTexts(
            "\n\n".join(filter(None, (base.custom_instructions, self.custom_instructions))),
            base.goals + self.goals,
            {step: base.prompts.get(step, {}) | self.prompts.get(step, {}) for step in steps},
        )

    def without(self, base: "PromptTexts") -> "PromptTexts":
        """What is to be put on top of the base to have these texts again."""
        start = f"{base.custom_instructions}\n\n" if base.custom_instructions else ""
        whole = f"{self.custom_instructions}\n\n"
        halves = {
            step: {
                half: text
                for half, text in texts.items()
                if text != base.prompts.get(step, {}).get(half)
            }
            for step, texts in self.prompts.items()
        }
        return PromptTexts(
            whole.removeprefix(start).removesuffix("\n\n"),
            self.goals[len(base.goals) :],
            {step: texts for step, texts in halves.items() if texts},
        )
