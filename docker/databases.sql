-- Two databases with an owner each, made when the volume is new. Neither owner can enter the other's database.
\getenv airflow_password POSTGRES_AIRFLOW_PASSWORD
\getenv raumpost_password POSTGRES_RAUMPOST_PASSWORD

CREATE ROLE airflow LOGIN PASSWORD :'airflow_password';
CREATE DATABASE airflow OWNER airflow;
REVOKE ALL ON DATABASE airflow FROM PUBLIC;

CREATE ROLE raumpost LOGIN PASSWORD :'raumpost_password';
CREATE DATABASE raumpost OWNER raumpost;
REVOKE ALL ON DATABASE raumpost FROM PUBLIC;
