"""The only package that imports Airflow: connections, settings, tasks."""
