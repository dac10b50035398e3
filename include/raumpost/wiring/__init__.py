"""The only package that imports airflow: connections, settings."""
