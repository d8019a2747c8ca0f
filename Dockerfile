# syntax=docker/dockerfile:1

FROM python:3.13-slim AS packages
# requirements-tracing.lock: the same, and what sends traces.
ARG LOCK=requirements.lock
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY ${LOCK} .
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --disable-pip-version-check --require-hashes --requirement "${LOCK}"


FROM python:3.13-slim
RUN groupadd --gid 10001 agentsite \
 && useradd --uid 10001 --gid agentsite --no-create-home --shell /usr/sbin/nologin agentsite \
 && install --directory --owner agentsite --group agentsite /data
COPY --from=packages /venv /venv
WORKDIR /site
COPY . .
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ENVIRONMENT=production \
    DATA_DIR=/data \
    HOST=0.0.0.0 \
    PORT=8000
USER agentsite
# Static files do not depend on what the file says, and the image's processes do not read it.
RUN ENV_FILE=deploy/checks.env python manage.py collectstatic --no-input --verbosity 0
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-m", "agentsite.local.probe"]
STOPSIGNAL SIGTERM
CMD ["sh", "-c", "exec python -m agentsite.server -b \"$HOST\" -p \"$PORT\" agentsite.asgi:application"]
