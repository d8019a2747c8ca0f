"""The drawing in `runs.states` as a trigger, so that no statement can move a run another way."""

from runs.states import MAY_BECOME

TRIGGER = "status_follows_states"


def create_trigger(name: str = TRIGGER) -> str:
    """The statement that makes the trigger of today's states."""
    moves = ", ".join(
        f"('{source}', '{target}')"
        for source, targets in MAY_BECOME.items()
        for target in sorted(targets)
    )
    return (
        f"CREATE TRIGGER {name} BEFORE UPDATE OF status ON runs_run FOR EACH ROW "
        f"WHEN (OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN ({moves})) "
        "EXECUTE FUNCTION runs_refuse_status()"
    )
