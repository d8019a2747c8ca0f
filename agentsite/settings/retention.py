"""For how many days what can be deleted by age is kept; 0: for good."""

from agentsite.env import env

given = env()
RETENTION_DAYS = {
    "steps": given.retain_steps_days,
    "events": given.retain_events_days,
    "answers": given.retain_answers_days,
    "tasks": given.retain_tasks_days,
    "idempotency": given.retain_idempotency_days,
    "webhooks": given.retain_webhooks_days,
}
