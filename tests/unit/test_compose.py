"""The container files, checked without a container engine: against this Airflow, the settings and each other."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from raumpost import __main__ as raumpost_command
from raumpost.wiring.settings import read_settings

PROJECT = Path(__file__).parents[2]
COMPOSE_TEXT = (PROJECT / "docker-compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES: Mapping[str, dict[str, Any]] = COMPOSE["services"]
AIRFLOW_SERVICES = {name: service for name, service in SERVICES.items() if name != "postgres"}
EXAMPLE = (PROJECT / ".env.example").read_text(encoding="utf-8")
SERVER_GUIDE = (PROJECT / "docs/operate/server.md").read_text(encoding="utf-8")
SETTINGS_GUIDE = (PROJECT / "docs/operate/settings.md").read_text(encoding="utf-8")


def _dockerfile() -> list[tuple[str, str]]:
    """Return the Dockerfile as (instruction, rest), with continued lines joined."""
    text = (PROJECT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def _example(*, commented: bool) -> dict[str, str]:
    """Return the variables of .env.example that are set there, or those that are only offered."""
    pattern = r"^#([A-Z][A-Z0-9_]*)=(.*)$" if commented else r"^([A-Z][A-Z0-9_]*)=(.*)$"
    return dict(re.findall(pattern, EXAMPLE, flags=re.MULTILINE))


def _shared() -> dict[str, str]:
    lines = (PROJECT / "airflow.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def _interpolated() -> Iterator[tuple[str, str]]:
    """Yield (variable, what follows its name) for each ${…} of the compose file, nested ones too."""
    for match in re.finditer(r"(?<!\$)\$\{(\w+)([^{}]*)", COMPOSE_TEXT):
        yield match[1], match[2]


def _passed_on() -> set[str]:
    """Return the variables without a value: Compose takes them from .env as they are."""
    return {name for service in SERVICES.values() for name, value in service["environment"].items() if value is None}


def _airflow_commands() -> Iterator[tuple[str, str]]:
    """Yield (where it stands, command) for each `airflow …` of the compose file and of the guide."""
    for name, service in AIRFLOW_SERVICES.items():
        commands = service["command"][-1].splitlines() if name == "init" else [shlex.join(service["command"])]
        if "healthcheck" in service:
            commands.append(shlex.join(service["healthcheck"]["test"][1:]))
        yield from ((name, command) for command in commands if command.startswith("airflow "))
    for command in re.findall(r"docker compose exec (?:-T )?[a-z-]+ (airflow [^`\n]+)", SERVER_GUIDE):
        yield "server.md", command.replace("$(date -d '30 days ago' +%F)", "2026-01-31")


@pytest.mark.parametrize(("place", "command"), list(_airflow_commands()))
def test_every_airflow_command_exists_in_this_airflow(place: str, command: str) -> None:
    from airflow.cli.cli_parser import get_parser

    assert callable(get_parser().parse_args(shlex.split(command)[1:]).func)


def test_each_service_runs_the_airflow_process_it_is_named_after() -> None:
    assert {name: service["command"][:2] for name, service in AIRFLOW_SERVICES.items() if name != "init"} == {
        name: ["airflow", name] for name in ("api-server", "scheduler", "dag-processor", "triggerer")
    }


def test_the_command_that_migrates_the_database_of_raumpost_exists(capsys: pytest.CaptureFixture[str]) -> None:
    (command,) = re.findall(r"^python -m raumpost (.+)$", SERVICES["init"]["command"][-1], flags=re.MULTILINE)
    with pytest.raises(SystemExit) as ended:
        raumpost_command.main([*shlex.split(command), "--help"])
    assert ended.value.code == 0
    assert f"raumpost {command}" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\bAIRFLOW__\w+", COMPOSE_TEXT + EXAMPLE) + list(_shared()))))
def test_every_airflow_setting_exists_in_this_airflow(name: str) -> None:
    from airflow.configuration import conf

    section, option = name.removeprefix("AIRFLOW__").lower().split("__", 1)
    assert option in conf.configuration_description[section]["options"]


def test_the_shared_settings_are_plain_lines_that_any_reader_understands() -> None:
    assert "env_file" not in SERVICES["postgres"]
    assert {service["env_file"] for service in AIRFLOW_SERVICES.values()} == {"airflow.env"}
    assert _shared()
    for name, value in _shared().items():
        assert name.startswith("AIRFLOW__")
        assert re.fullmatch(r"[A-Za-z0-9.]+", value), f"{name} must hold everywhere: no path, no host, no quotes"


def test_the_example_lists_exactly_the_variables_that_compose_reads() -> None:
    read = {name for name, _ in _interpolated()} | _passed_on()
    assert {**_example(commented=True), **_example(commented=False)}.keys() == read


def test_a_required_variable_has_no_value_in_the_example_and_an_optional_one_is_commented_out() -> None:
    required = {name for name, rest in _interpolated() if rest.startswith(":?")}
    assert _example(commented=False) == dict.fromkeys(required, "")
    assert not required & _example(commented=True).keys()


def test_no_secret_has_a_default_and_the_message_says_what_it_is_for() -> None:
    secret = {(name, rest) for name, rest in _interpolated() if re.search("PASSWORD|SECRET|KEY", name)}
    assert {name for name, _ in secret} == _example(commented=False).keys()
    for name, rest in secret:
        assert re.fullmatch(r":\?.{20,}", rest), name


def test_no_file_for_containers_contains_a_secret() -> None:
    texts = [(PROJECT / name).read_text(encoding="utf-8") for name in ("Dockerfile", "airflow.env")]
    assert not any(re.search(r"PASSWORD|SECRET|_KEY|AIRFLOW_CONN", text) for text in texts)
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            if re.search(r"PASSWORDS?$|SECRET|KEY|_CONN", name):
                assert value is None or "${" in value, name


def test_only_the_process_that_writes_the_logins_and_the_one_that_reads_them_have_them() -> None:
    with_logins = {name for name, service in SERVICES.items() if "logins:/opt/airflow/logins" in service["volumes"]}
    assert with_logins == {"init", "api-server"}
    path = SERVICES["api-server"]["environment"]["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]
    assert path == "/opt/airflow/logins/passwords.json"
    assert SERVICES["init"]["command"][-1].splitlines()[-1].endswith("> logins/passwords.json")


def test_scheduler_and_api_server_sign_with_the_same_secret_and_nobody_else_has_it() -> None:
    name = "AIRFLOW__API_AUTH__JWT_SECRET"
    secrets = {service: found["environment"].get(name) for service, found in SERVICES.items()}
    assert secrets.pop("scheduler") == secrets.pop("api-server") is not None
    assert set(secrets.values()) == {None}


def test_tasks_reach_the_api_server_under_its_name() -> None:
    url = SERVICES["scheduler"]["environment"]["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
    assert url == "http://api-server:8080/execution/"


def test_all_airflow_services_share_one_image_that_finds_include_and_is_not_root() -> None:
    assert {service["image"] for service in AIRFLOW_SERVICES.values()} == {"raumpost"}
    instructions = _dockerfile()
    environment = dict(word.split("=", 1) for kind, rest in instructions if kind == "ENV" for word in rest.split())
    assert environment["PYTHONPATH"] == f"{environment['AIRFLOW_HOME']}/include"
    assert ("WORKDIR", environment["AIRFLOW_HOME"]) in instructions
    assert ("COPY", "include include") in instructions
    assert instructions[-1] == ("USER", "50000")
    assert any(kind == "RUN" and "useradd --uid 50000 " in rest for kind, rest in instructions)
    for service in AIRFLOW_SERVICES.values():
        assert not {"user", "entrypoint", "working_dir"} & service.keys()
        assert not environment.keys() & service["environment"].keys()
    assert SERVICES["postgres"]["user"] == "postgres"


@pytest.mark.parametrize("name", list(SERVICES))
def test_no_service_can_gain_rights_or_write_outside_its_volumes(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert "/tmp" in service["tmpfs"]


def test_every_volume_is_mounted_on_a_folder_that_the_user_of_the_image_owns() -> None:
    run = " && ".join(rest for kind, rest in _dockerfile() if kind == "RUN")
    made = re.search(r"install --directory --owner=airflow --group=airflow --mode=0700 ([\w ]+)", run)
    assert made
    owned = {f"/opt/airflow/{folder}" for folder in made[1].split()}
    mounts = {volume.split(":")[1] for service in AIRFLOW_SERVICES.values() for volume in service["volumes"]}
    assert mounts == owned


def test_everything_but_init_has_a_health_check_and_comes_back_after_a_crash() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == {"init"}
    assert {name for name, service in SERVICES.items() if service["restart"] != "unless-stopped"} == {"init"}
    assert SERVICES["init"]["restart"] == "no"


def test_nothing_starts_before_both_databases_are_migrated() -> None:
    assert SERVICES["init"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name, service in AIRFLOW_SERVICES.items():
        if name != "init":
            assert service["depends_on"] == {"init": {"condition": "service_completed_successfully"}}, name


def test_only_the_api_server_is_reachable_and_only_from_this_machine() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "api-server": ["127.0.0.1:${AIRFLOW_PORT:-8080}:8080"]
    }
    assert not any({"network_mode", "expose"} & service.keys() for service in SERVICES.values())


@pytest.mark.parametrize("name", ["scheduler", "triggerer"])
def test_nothing_listens_that_the_guide_does_not_list(name: str) -> None:
    assert SERVICES[name]["command"][-1] == "--skip-serve-logs"
    assert not any("HEALTH_CHECK" in variable for variable in [*SERVICES[name]["environment"], *_shared()])
    listening = re.findall(r"^\| ([a-z-]+) \| \d+ \|", SERVER_GUIDE, flags=re.MULTILINE)
    assert listening == ["api-server", "postgres"]


def test_postgres_gets_a_password_for_each_owner_of_a_database() -> None:
    statements = (PROJECT / "docker/databases.sql").read_text(encoding="utf-8")
    assert SERVICES["postgres"]["volumes"][1].startswith("./docker/databases.sql:/docker-entrypoint-initdb.d/")
    for variable in re.findall(r"^\\getenv \w+ (\w+)$", statements, flags=re.MULTILINE):
        assert f"${{{variable}:?" in SERVICES["postgres"]["environment"][variable]
    assert not re.findall(r"PASSWORD (?!:')\S+;", statements)


def test_the_image_holds_the_tested_packages_and_none_for_development() -> None:
    (install,) = [rest for kind, rest in _dockerfile() if kind == "RUN" and "pip install" in rest]
    assert "--require-hashes --requirement requirements.lock " in " ".join(install.split())
    assert "--only-binary=:all:" in install
    assert "requirements-dev" not in (PROJECT / "Dockerfile").read_text(encoding="utf-8")


def test_nothing_gets_into_the_image_that_the_dockerfile_does_not_copy() -> None:
    ignore = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line.rstrip("/") for line in ignore if line and not line.startswith("#")]
    assert rules[0] == "*"
    copied = {source for kind, rest in _dockerfile() if kind == "COPY" for source in rest.split()[:-1]}
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == copied
    for source in copied:
        assert (PROJECT / source).exists()


class _Asked(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return default


def test_every_setting_of_raumpost_is_offered_with_its_default_passed_on_and_explained() -> None:
    asked = _Asked()
    read_settings(asked)
    offered = {name: value for name, value in _example(commented=True).items() if name.startswith("RAUMPOST_")}
    assert offered.keys() == asked.names
    assert read_settings(offered) == read_settings({})
    explained = dict(re.findall(r"^\| `(RAUMPOST_\w+)` \| `([^`]+)` \|", SETTINGS_GUIDE, flags=re.MULTILINE))
    assert explained == offered
    for name, service in AIRFLOW_SERVICES.items():
        assert {found for found in service["environment"] if found.startswith("RAUMPOST_")} == asked.names, name


def test_what_the_guide_derives_from_the_settings_is_true() -> None:
    found = read_settings({})
    assert f"| {found.max_retry_delay // timedelta(minutes=1)} minutes | ten times" in SETTINGS_GUIDE
    assert f"| {found.lease // timedelta(minutes=1)} minutes | the longest wait" in SETTINGS_GUIDE
    assert f"may overlap | {found.max_active_runs} |" in SETTINGS_GUIDE


@pytest.mark.parametrize("kind", ["smtp", "imap", "postgres"])
def test_the_example_connections_are_of_a_known_type_and_verify_certificates(kind: str) -> None:
    examples = [json.loads(value.strip("'")) for name, value in _example(commented=True).items() if "_CONN_" in name]
    (connection,) = [found for found in examples if found["conn_type"] == kind]
    extra = connection["extra"]
    assert "ssl_context" not in extra
    if kind == "smtp":
        assert (connection["port"], extra["disable_ssl"], extra.get("disable_tls", False)) == (587, True, False)
    elif kind == "imap":
        assert (connection["port"], extra["use_ssl"]) == (993, True)
    else:
        assert extra["sslmode"] == "verify-full"
