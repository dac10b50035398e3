"""The pages inside the Airflow UI: FastAPI, Jinja2 and a little plain JavaScript, without a build step."""
