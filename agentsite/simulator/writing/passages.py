"""The building blocks of prose: sections that hold for any subject and claim no facts about it."""

from .topic import Topic

EXAMPLE = "## A worked example"
LIMITS = "## What can go wrong"
NEXT = "## Next step"


def opening(topic: Topic) -> str:
    """The first paragraph: what to take away, before any detail."""
    return topic.pick(
        "opening",
        (
            f"The useful question about {topic.mention} is not what it is called but what it "
            "changes: who acts differently once it is settled, and how soon they notice. Start "
            "there, and most of the detail sorts itself into what matters now and what can wait.",
            f"There are many ways into {topic.mention}, and most of them start too far from the "
            "decision. Begin with the outcome you need, work back to the few things that must be "
            "true for it, and treat everything else as background.",
            f"Begin with something small enough to check. For {topic.mention}, a modest version "
            "that someone can try this week teaches more than a complete one that nobody has seen "
            "working.",
        ),
    )


def explained(topic: Topic) -> list[str]:
    """Sections that explain."""
    return [
        "## The idea in three parts",
        "- **What goes in.** Name the inputs you control and the ones you merely receive. The "
        "second kind is where surprises come from.\n"
        "- **What happens to it.** Describe it as a change from one state to another. If "
        "you can't say what is different afterwards, the description is still too vague.\n"
        "- **What comes out.** Say who uses the result and what they would do without it.",
        "## How the parts fit together",
        topic.pick(
            "fit",
            (
                "Read the three parts in both directions. Forwards they tell a newcomer what to "
                "expect; backwards they tell you where to look when the result is wrong.",
                "Each part has one owner and one check. Where two parts share an owner, the "
                "boundary between them tends to blur, and so does the responsibility.",
            ),
        ),
        "| Ask | To find out |\n|---|---|\n"
        "| What would we see if it worked? | whether success can be observed |\n"
        "| What is the cheapest test? | how much to risk on the first try |\n"
        "| Who disagrees, and why? | which assumption is doing the work |",
    ]


def compared(topic: Topic) -> list[str]:
    """Sections that compare two things."""
    a, b = topic.pair
    return [
        "## Side by side",
        f"| Question | Points to {a} | Points to {b} |\n|---|---|---|\n"
        f"| Who will look after it? | people who know {a} today | people ready to learn {b} |\n"
        f"| How soon must it work? | {a} is in place already | {b} is quicker to start |\n"
        f"| How easily can you turn back? | leaving {a} is cheap | leaving {b} is cheap |\n"
        f"| What hurts most? | the known limits of {b} | the known limits of {a} |",
        "## How to decide",
        "1. Strike out the rows that don't matter to you. Two or three will be left.\n"
        "2. Put a number on each of those: days, people, or money.\n"
        f"3. Try the harder of the two, {topic.pick('harder', (a, b))}, on one real case "
        "before you commit. The easier one will not surprise you.",
        f"If the remaining rows disagree, prefer whichever of {a} and {b} is easier to undo.",
    ]


def stepped(topic: Topic) -> list[str]:
    """Sections that lead through steps."""
    return [
        "## Step by step",
        f"1. **Write down the finish line.** One sentence that says when {topic.mention} is done, "
        "with a number or a date in it.\n"
        "2. **List what you already have.** Access, people, material. Mark what is missing.\n"
        "3. **Do the smallest complete version.** From beginning to end, leaving out every "
        "option.\n"
        "4. **Check it against the finish line.** Not against how much work it was.\n"
        "5. **Widen it.** Add one thing at a time, and check again after each.",
        "## What each step leaves behind",
        "| Step | Result you can show | Rough share of the time |\n|---|---|---:|\n"
        "| Finish line | one sentence that all agree on | 10 % |\n"
        "| What you have | a list with gaps marked | 15 % |\n"
        "| Smallest version | something that works once | 40 % |\n"
        "| Check | a yes or a no, with the reason | 10 % |\n"
        "| Widen | the finished result | 25 % |",
    ]


def documented(topic: Topic) -> list[str]:
    """Sections of a document that was asked for."""
    return [
        "## Purpose",
        f"This text is for people who are new to {topic.mention} and have to act on it soon. "
        "It says what to do, in what order, and how to tell that it went well.",
        "## The essentials",
        "- **Say what changes.** Lead with the effect, not with the history.\n"
        "- **Give one reason.** The strongest one; three weak ones are read as none.\n"
        "- **Keep it short.** What a reader doesn't need today belongs in a link.\n"
        "- **Make it findable.** Use the words that people will search for.",
        "## How to tell that it works",
        topic.pick(
            "works",
            (
                "Hand it to someone who wasn't there. If they can act without asking you a "
                "question, it is good enough; if they can't, their question is your next edit.",
                "Come back after a week and read only the headings. They should still tell the "
                "whole story, in order, without the paragraphs under them.",
            ),
        ),
    ]


def example(topic: Topic) -> str:
    """A concrete case, invented and said to be so."""
    return (
        f"Imagine a team of five that has one week for {topic.mention}. *Before*, they meet daily, "
        "collect opinions, and on Friday have eleven open points. *After*, they write the finish "
        "line on Monday morning, try the smallest version with one colleague on Tuesday, and spend "
        "the other three days on the two things that broke. The hours are the same; the second "
        "team ends with something to show."
    )


def limits(topic: Topic) -> str:
    """What to watch for."""
    return (
        "- **Too much at once.** If the first result takes longer than a few days, split it.\n"
        "- **Nobody owns the check.** Name one person who says yes or no, and when.\n"
        f"- **The words drift.** Two people can mean different things by “{topic.name}”; write "
        "down which one you mean."
    )


def next_step(topic: Topic) -> str:
    """One thing to do now."""
    return topic.pick(
        "next",
        (
            "Write the finish line in one sentence today and show it to one person who will "
            "disagree. Their objection is the best place to begin.",
            "Pick the one question above that you can't answer yet, and give yourself an hour to "
            "answer it. Then decide whether the rest is still needed.",
        ),
    )


def haiku(topic: Topic) -> str:
    """Three lines, more or less of the right length."""
    first = topic.pick(
        "haiku", ("Early, before light", "Rain on the window", "The long road bends here")
    )
    return f"*{first},*\n*{topic.name} holds its breath:*\n*one small thing begins.*"
