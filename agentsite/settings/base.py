"""What every environment shares. Values come from the typed environment in `agentsite.env`."""

from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF

from agentsite.env import env

from .alerts import *  # noqa: F403
from .bearers import *  # noqa: F403
from .database import *  # noqa: F403
from .denied_patterns import *  # noqa: F403
from .mail import *  # noqa: F403
from .rate_limits import *  # noqa: F403
from .retention import *  # noqa: F403
from .sign_up import *  # noqa: F403
from .staff_admin import *  # noqa: F403
from .tracing import *  # noqa: F403

given = env()
BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = given.data_dir

# Never on, for a developer neither: its pages show settings and code to whoever asks.
DEBUG = False
DEFAULT_EXCEPTION_REPORTER_FILTER = "agentsite.observability.reports.NoSettings"
SECRET_KEY = given.secret_key.get_secret_value()
# They open what they sealed; nothing new is signed or sealed with them.
SECRET_KEY_FALLBACKS = given.older_secret_keys
ALLOWED_HOSTS = list(given.allowed_hosts)
# Links in e-mail begin with it, whatever name and port a request came with.
PUBLIC_URL = given.public_url or given.url_of_allowed_hosts
CSRF_TRUSTED_ORIGINS = list(given.csrf_trusted_origins)
# Who issues tokens for this site by OAuth, as the MCP server's metadata says.
MCP_AUTHORIZATION_SERVERS = list(given.mcp_authorization_servers)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "accounts.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "channels",
    "csp",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "web",
    "accounts.apps.AccountsConfig",
    "billing",
    "runs",
    "agentsite",
]

MIDDLEWARE = [
    "web.request_ids.with_request_id",
    "web.counting.counting",
    "web.openai_errors.in_openai_shape",
    "web.privacy.never_stored",
    "web.isolation.isolated",
    "agentsite.health.answer_probes",
    "agentsite.metrics.door.answer_scrapes",
    "web.hosts.for_known_hosts",
    "django.middleware.security.SecurityMiddleware",
    "web.lengths.with_length",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.mfa.gate.staff_need_mfa",
]

ROOT_URLCONF = "agentsite.urls"
ASGI_APPLICATION = "agentsite.asgi.application"
WSGI_APPLICATION = "agentsite.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "agentsite.navigation.navigation",
                "runs.context_processors.shell",
                "billing.context_processors.budget",
            ],
        },
    },
]

REDIS_URL = given.redis_url.get_secret_value() or "redis://127.0.0.1:6379/0"
REDIS_PREFIX = given.redis_prefix
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": f"{REDIS_PREFIX}:cache",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1},
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "runs.channel_layer.SharedSubscriptionLayer",
        "CONFIG": {"url": REDIS_URL, "prefix": f"{REDIS_PREFIX}:live"},
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": f"{REDIS_PREFIX}:celery:",
    "socket_connect_timeout": 0.5,
    "socket_timeout": 5,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A Redis that answers and refuses (full, a replica) is as good as away: else the worker would end.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TASK_DEFAULT_QUEUE = "runs"
# Runs execute on the process's asyncio loop; Celery's own threads only wake it.
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = 2
CELERY_BEAT_SCHEDULE = {
    "alerts": {
        "task": "runs.tell_alerts",
        "schedule": timedelta(minutes=1),
        # Of those that wait while no worker is there, one is enough.
        "options": {"expires": 60},
    },
    "audit-ledger": {"task": "billing.audit_ledger", "schedule": timedelta(days=1)},
    "forecasts": {
        "task": "runs.keep_forecasts",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "forecast-scores": {
        "task": "runs.score_forecasts",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
    "mcp-servers": {"task": "runs.refresh_mcp_servers", "schedule": timedelta(minutes=1)},
    "erasing": {"task": "runs.erase_deleted_users", "schedule": timedelta(minutes=1)},
    "retention": {"task": "runs.delete_old", "schedule": timedelta(minutes=1)},
    "tally": {"task": "runs.fold_tally", "schedule": timedelta(minutes=1)},
    "spend-tally": {"task": "billing.fold_tally", "schedule": timedelta(minutes=1)},
    "old-alerts": {"task": "runs.tend_alerts", "schedule": timedelta(hours=1)},
    "webhooks": {"task": "runs.tend_webhooks", "schedule": timedelta(minutes=5)},
}

SESSION_ENGINE = "accounts.sessions.store"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "runs:new"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "signup": "accounts.forms.SignupForm",
    "reset_password": "accounts.forms.ResetForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[agentsite] "
MFA_ADAPTER = "accounts.mfa.adapter.MfaAdapter"
MFA_FORMS = {
    "authenticate": "accounts.mfa.forms.CodeForm",
    "reauthenticate": "accounts.mfa.forms.CodeAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# Clocks of phones are a little off.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
# An address is verified by our own link: see `accounts.verification`.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Staff get nowhere else until they have set up a second factor.
STAFF_MFA_REQUIRED = given.staff_mfa_required
# Sign-in is limited by `web.ratelimit`, on the same counters as submits.
ACCOUNT_RATE_LIMITS = False

# How many of our own proxies append to X-Forwarded-For; 0 means that the header proves nothing.
TRUSTED_PROXY_COUNT = given.trusted_proxy_count
# django-ratelimit's check knows only django-redis; its counter is atomic on Django's own too.
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.W001"]

# What is called, and where; keys are in it.
PROVIDERS = given.site_providers
# For OpenAI's usage and costs of a whole organisation; it is never used for calls.
OPENAI_ADMIN_KEY = given.openai_admin_key.get_secret_value()
# The id of the key with which this site calls, as the provider's usage names it.
OPENAI_API_KEY_ID = given.openai_api_key_id
# How old a provider's figures have to be before they count as complete.
RECONCILE_AFTER_MIN = given.reconcile_after_min
# How long an answer may stay silent, in seconds.
PROVIDER_TIMEOUT_S = given.provider_timeout_s
PROVIDER_MODELS = given.models
# What is called instead of a model while its calls keep failing.
MODEL_FALLBACKS = given.model_fallbacks
# From which day on a model isn't called, whatever its provider's list says; None: it lives on.
MODEL_SHUTDOWN_DATES = given.model_shutdown_dates
# The same where neither says it.
KNOWN_SHUTDOWN_DATES = given.known_shutdown_dates
# What `auto` takes for simple and for complex tasks, the first that answers; empty: by price.
CHEAP_MODELS = given.cheap_models
STRONG_MODELS = given.strong_models
# Lets its bearer read /metrics, beside staff; empty: staff alone.
METRICS_TOKEN = given.metrics_token.get_secret_value()
# Where a worker shows its measures; no port: nowhere.
WORKER_METRICS_HOST = given.worker_metrics_host
WORKER_METRICS_PORT = given.worker_metrics_port
# After so many failures in a row a model isn't called for so many seconds.
# Whether a run may name any customer, or those alone that staff entered.
CUSTOMERS_POLICY = given.customers_policy
BREAKER_FAILURES = given.breaker_failures
BREAKER_OPEN_S = given.breaker_open_s
SIMULATED = given.simulated
# What tools need of the site, by the names that they know.
TOOL_SECRETS = {
    "search_url": given.search_address,
    "tavily_key": given.tavily_api_key.get_secret_value(),
}
# Hosts that no tool reads.
TOOL_CLOSED_NAMES = given.own_names
# The sign-in page tells how to get in to a site that runs on the reader's own machine.
DEMO = False
MODEL_PRICES = {name: price.model_dump() for name, price in given.model_prices.items()}

# For how long an answer is given again to the same task of the same user; 0: never.
RESULT_CACHE_S = given.result_cache_s

WORKER_CAPACITY = given.worker_capacity
WORKER_LEASE_S = given.worker_lease_s
WORKER_GRACE_S = given.worker_grace_s
WEB_GRACE_S = given.web_grace_s
WORKER_POOL_SIZE = 8
# Connections of a web process for submits, beside those of Django's own pool.
INTAKE_POOL_SIZE = 8
# How many runs of one user may execute at a time, over all workers.
USER_CONCURRENCY = given.user_concurrency
# How many live connections of one user a web process keeps.
USER_LIVE_CONNECTIONS = given.user_live_connections
MAX_TASK_BYTES = 200_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.ApiTokenAuthentication",
        "accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.permissions.HasTokenScope",
    ],
    "DEFAULT_PARSER_CLASSES": ["web.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "web.pagination.KeysetPagination",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "web.schema.ApiSchema",
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "web.exceptions.problem_response",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "agentsite",
    "DESCRIPTION": "Submit tasks to agent patterns, follow them live, and read what they cost.",
    "VERSION": "1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "AlertKindEnum": "runs.alert_models.Kind",
        "BudgetScopeEnum": "billing.models.Budget.Scope",
        "DeliveryStatusEnum": "runs.webhook_models.DeliveryStatus",
        "DifferenceKindEnum": "runs.reconcile.counts.Kind",
        "KillSwitchScopeEnum": "runs.models.KillSwitch.Scope",
        "ReconciliationStateEnum": "billing.models.Reconciliation.State",
        "RunStatusEnum": "runs.states.Status",
        "StateEnum": ["closed", "open", "half_open"],
        "WhenOutOfMoneyEnum": "runs.states.WhenOutOfMoney",
    },
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # The subjects of the reference, in its order.
    "TAGS": [
        {"name": name, "description": description}
        for name, description in (
            ("runs", "Submit tasks, follow them, steer them, and read what they cost."),
            ("estimate", "What a task will cost, before it runs."),
            ("patterns", "The ways in which an agent can work."),
            ("models", "What can be chosen, and at which prices."),
            ("tools", "What agents can use."),
            ("prompts", "What the models would be asked."),
            ("prompt-sets", "Instructions under a name, with all their versions."),
            ("usage", "What was spent, on what, and where the month ends."),
            ("invoices", "A month of charges, whose sum is the ledger's."),
            ("statements", "A month of charges that proves itself."),
            ("budgets", "What may be spent, and what is left of it."),
            ("alerts", "What you are told of, how, and what was told."),
            ("webhooks", "Messages to your own servers."),
            ("tokens", "Keys for programs."),
            ("me", "Whose token this is, and what it may do."),
            ("agent", "A task in, its result out: for the plainest scripts."),
            ("admin", "For staff: budgets, intake, and the state of the site."),
        )
    ],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "web.schema.add_problems",
        "billing.api.schema.add_figures",
        "runs.api.schema.add_limits",
        "runs.api.schema.add_references",
        "agentsite.reference.examples.add_examples",
    ],
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Serve the files as they lie in the source, not what `collectstatic` gathered.
STATIC_FROM_SOURCE = False

LOG_LEVEL = given.log_level
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "agentsite.observability.logging.JsonFormatter"},
        "console": {"()": "agentsite.observability.logging.ConsoleFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    # Libraries tell their own details to nobody.
    "root": {"handlers": ["stderr"], "level": "INFO" if given.log_level == "DEBUG" else LOG_LEVEL},
    "loggers": {
        **{app: {"level": LOG_LEVEL} for app in ("agentsite", "billing", "runs", "web")},
        # Who was given a token, and from whom one was taken, is always told.
        "accounts": {"level": "INFO"},
        "django": {"level": "INFO"},
        "daphne": {"level": "WARNING"},
        "uvicorn": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "aiohttp.access": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        # What it would log below is what it sends: tasks, and headers with keys.
        "openai": {"level": "INFO"},
        "httpcore2": {"level": "INFO"},
        # What servers of tools do wrong is told to the model; the library would log their words.
        "mcp": {"level": "CRITICAL"},
        # A collector that is away is told of once a batch, not once for each span that is dropped.
        "opentelemetry.sdk": {"level": "ERROR"},
        # Our own server's faults are ours.
        "mcp.server": {"level": "ERROR"},
        "client": {"level": "CRITICAL"},
    },
}
