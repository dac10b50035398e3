# The plain Python image, not apache/airflow: that one brings its own pins and dozens of providers, while Raumpost
# is tested with exactly the packages of requirements.lock, down to the octet. All of them come as wheels, so no compiler is needed.
FROM python:3.12-slim-bookworm

ENV AIRFLOW_HOME=/opt/airflow \
    PYTHONPATH=/opt/airflow/include \
    PYTHONUNBUFFERED=1
WORKDIR /opt/airflow

COPY requirements.lock ./
RUN pip install --no-cache-dir --only-binary=:all: --root-user-action=ignore \
        --require-hashes --requirement requirements.lock \
    && pip check

# airflow.cfg stays empty: settings come from the environment alone, and Airflow writes no file with keys it made up.
# A new volume takes the owner of the folder it is mounted on, hence logs and logins.
RUN useradd --uid 50000 --home-dir /opt/airflow --no-create-home --shell /usr/sbin/nologin airflow \
    && touch airflow.cfg \
    && install --directory --owner=airflow --group=airflow --mode=0700 logs logins

COPY dags dags
COPY plugins plugins
COPY include include
# Root owns the code; everyone may read it, whatever the umask of the checkout.
RUN chmod -R u=rwX,go=rX dags plugins include && python -m compileall -q dags plugins include

USER 50000
