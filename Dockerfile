# The program for web and worker: docker build -t march .
FROM python:3.13-slim AS build
WORKDIR /march
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --disable-pip-version-check -r requirements.txt
COPY . .
RUN for language in marchapp/translations/*/LC_MESSAGES; do \
      /venv/bin/pybabel --quiet compile --input-file $language/messages.po --output-file $language/messages.mo; \
    done && /venv/bin/python -m whitenoise.compress --quiet static && python -m compileall -q marchapp

FROM python:3.13-slim
# pg_dump and pg_restore, for flask backup and flask restore
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/march march \
    && install --directory --owner=march --mode=700 /backups
COPY --from=build /venv /venv
COPY --from=build --chown=root:root /march /march
WORKDIR /march
ENV PATH=/venv/bin:$PATH FLASK_APP=wsgi PYTHONUNBUFFERED=1 DATA_FOLDER=/var/lib/march BIND=0.0.0.0:8000
USER march
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "wsgi:app"]
