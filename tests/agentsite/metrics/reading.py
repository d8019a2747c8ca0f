"""Reads the text that Prometheus reads, by the parser of Prometheus' own client."""

from prometheus_client.parser import text_string_to_metric_families


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Each sample's value, by its name and its labels as `name=value` in alphabetical order."""
    found: dict[tuple[str, ...], float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = sorted(f"{name}={value}" for name, value in sample.labels.items())
            key = (sample.name, *labels)
            assert key not in found, key
            found[key] = sample.value
    return found
