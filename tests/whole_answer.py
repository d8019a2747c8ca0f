"""An answer with everything that an answer may have."""

LONG = "SELECT run_id, model, sum(amount_usd) FROM ledger WHERE day >= '2026-11-01' GROUP BY 1, 2;"
PYTHON = """from dataclasses import dataclass


@dataclass
class Beam:
    \"\"\"One turn of the lens.\"\"\"

    seconds: float = 7.5  # a full circle

    def per_hour(self) -> int:
        return int(3600 / self.seconds) if self.seconds else 0
"""
WHOLE_ANSWER = f"""# How the light turns

It shines **480 times** an hour, as `3600 / 7.5` gives.[^1] The keeper's notes agree[^notes];
see [the log](https://example.org/log) or https://example.org/lights?year=2026&page=2.

## What is left to do

- [x] Measure a turn of the lens
- [ ] Ask the keeper about winter, who answers at keeper@example.org
- [ ] Compare with *three* other lights
  1. Ar Men
  2. Kéréon

### The figures

| Light | Turns in an hour | Price |
|:------|-----------------:|:-----:|
| Ar Men | 480 | $5 |
| Kéréon | 1,240 | $10 |

> The light is never late.
>
> The keeper

```python
{PYTHON}```

```sql
{LONG}
```

```diff
- seconds = 8
+ seconds = 7.5
```

#### Why

The beam's speed is $v = 2 \\pi r / T$, and its reach

$$
d \\approx 3.57 \\, (\\sqrt{{h_1}} + \\sqrt{{h_2}})
$$

where \\(h_1\\) is the height of the lamp.

המגדלור מאיר בכל לילה, גם בחורף.

يضيء الفنار كل ليلة، حتى في الشتاء.

1. ~~Ask again~~
2. Done

---

[^1]: Measured on 3 November.
[^notes]: Page 12 of the keeper's book.
"""
