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
    "alerts": given.retain_alerts_days,
    "sign_ins": given.retain_sign_ins_days,
}
