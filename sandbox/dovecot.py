"""A private Dovecot: IMAP, IMAPS, STARTTLS and LMTP in one directory, as root or as an ordinary user.

Users log in with PASSWORD, or by XOAUTH2 with what `access_token` issues.
"""

import base64
import grp
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Self

import jwt

from sandbox.ports import (
    NotStarted,
    free_port,
    quote,
    require_reachable,
    run_server,
    stop_process,
    wait_for_port,
)

PASSWORD = "secret"

_TOKEN_KEY = b"the key with which tokens are signed in the sandbox"

_PROGRAM_PLACES = ("/usr/lib/dovecot", "/usr/libexec/dovecot")
_LONGEST_PATH = 70  # Unix sockets below it must stay under 104 characters

_CONFIGURATION = """
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = {internal_user}
default_internal_group = {internal_group}
default_login_user = {login_user}
first_valid_uid = 0
first_valid_gid = 0
mail_uid = {mail_uid}
mail_gid = {mail_gid}
mail_home = {directory}/mail/%u
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 200
auth_mechanisms = plain login xoauth2
# a wrong password costs no seconds, neither its own attempt nor the next ones from this address
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{directory}/cert.pem
ssl_key = <{directory}/key.pem
namespace inbox {{
  inbox = yes
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {directory}/oauth2.conf
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={mail_uid} gid={mail_gid} home={directory}/mail/%u allow_all_users=yes
}}
service imap-login {{
  service_count = 0
  process_min_avail = 1
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp_port}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@localhost
}}
"""

_OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={directory}/keys/
username_attribute = email
"""

# Only root may chroot.
_UNPRIVILEGED_SERVICES = ("imap-login", "imap-urlauth-login", "anvil", "stats", "auth-worker")


def find_program(name: str) -> str | None:
    """Find a program, also where the PATH of ordinary users does not look."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")


def obstacle() -> str | None:
    """Return why Dovecot cannot be used here, or None if it can."""
    dovecot = find_program("dovecot")
    if dovecot is None or not any(Path(place, "lmtp").exists() for place in _PROGRAM_PLACES):
        return "Dovecot with IMAP and LMTP is not installed: apt-get install dovecot-imapd dovecot-lmtpd"
    if find_program("openssl") is None:
        return "openssl is not installed: apt-get install openssl"
    answer = subprocess.run([dovecot, "--version"], capture_output=True, text=True, check=False).stdout
    if not answer.startswith("2.3."):
        return (
            f"{dovecot} is version {answer.strip() or 'unknown'}; the sandbox writes the configuration of "
            "2.3 (Debian 12), and Dovecot 2.4 (Debian 13, Ubuntu 24.10 and later) reads another syntax"
        )
    return None


def available() -> bool:
    """Return whether Dovecot can be used here."""
    return obstacle() is None


def self_signed_certificate(directory: Path) -> Path:
    """Write `cert.pem` and `key.pem` for localhost and 127.0.0.1, good for two days; return the certificate."""
    certificate, key = directory / "cert.pem", directory / "key.pem"
    openssl = find_program("openssl")
    if openssl is None:
        raise NotStarted("openssl is not installed: apt-get install openssl")
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command += ["-addext", "keyUsage=critical,keyCertSign,digitalSignature"]  # Python 3.13 insists
    command += ["-keyout", str(key), "-out", str(certificate)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotStarted(f"openssl made no certificate in {directory}: {done.stderr.strip()}")
    return certificate


def access_token(user: str, *, lifetime: float = 3600) -> str:
    """Issue an access token with which a user may log in, for so many seconds."""
    now = time.time()
    # issued a little ago: nobody takes what was issued in the future, and clocks differ
    claims = {"email": user, "sub": user, "iat": int(now) - 60, "exp": int(now + lifetime)}
    return jwt.encode(claims, _TOKEN_KEY, algorithm="HS256")


class Dovecot:
    """A Dovecot of our own in `directory`: every user exists, with the password "secret"."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.imap_port, self.imaps_port, self.lmtp_port = free_port(), free_port(), free_port()
        self.certificate = self.directory / "cert.pem"
        self.log = self.directory / "dovecot.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write configuration and certificate, start, return when IMAP and LMTP greet.

        Raises NotStarted with the reason and the end of the log.
        """
        if self._process is not None:
            raise NotStarted(f"Dovecot in {self.directory} runs already")
        if reason := obstacle():
            raise NotStarted(reason)
        configuration = self._prepare()
        dovecot = find_program("dovecot")
        assert dovecot is not None  # obstacle() has looked
        output = self.directory / "output"
        self._process = run_server([dovecot, "-F", "-c", str(configuration)], output)
        try:
            for port, banner in (
                (self.imap_port, b"* OK"),
                (self.imaps_port, b""),
                (self.lmtp_port, b"220"),
            ):
                wait_for_port(port, banner, self._process, log=self.log)
        except NotStarted as error:
            self.stop()
            raise NotStarted(f"{error}{quote(output)}") from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End Dovecot and all its processes; harmless when it does not run."""
        # At SIGTERM its master waits a second for its children, and whoever was started in the background hands
        # down to it that SIGINT and SIGQUIT are ignored. What LMTP has taken is on the disk anyway.
        stop_process(self._process, signal.SIGKILL)
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _prepare(self) -> Path:
        if len(str(self.directory)) > _LONGEST_PATH:
            raise NotStarted(
                f"{self.directory} is too long for the Unix sockets of Dovecot: {_LONGEST_PATH} characters at most"
            )
        for name in ("run", "state", "mail"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            owner = pwd.getpwnam("nobody")
            for user in ("dovecot", "dovenull", owner.pw_name):
                require_reachable(self.directory / "mail", user)
            os.chown(self.directory / "mail", owner.pw_uid, owner.pw_gid)
            internal_user, internal_group, login_user = "dovecot", "dovecot", "dovenull"
            services = ""
        else:
            owner = pwd.getpwuid(os.geteuid())
            internal_user = login_user = owner.pw_name
            internal_group = grp.getgrgid(owner.pw_gid).gr_name
            services = "".join(f"service {name} {{\n  chroot =\n}}\n" for name in _UNPRIVILEGED_SERVICES)
        if not self.certificate.exists():
            self_signed_certificate(self.directory)
        (self.directory / "oauth2.conf").write_text(_OAUTH2.format(directory=self.directory))
        key = self.directory / "keys" / "default" / "HS256" / "default"
        key.parent.mkdir(parents=True, exist_ok=True)
        key.write_bytes(base64.b64encode(_TOKEN_KEY))
        configuration = self.directory / "dovecot.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                directory=self.directory,
                internal_user=internal_user,
                internal_group=internal_group,
                login_user=login_user,
                mail_uid=owner.pw_uid,
                mail_gid=owner.pw_gid,
                password=PASSWORD,
                imap_port=self.imap_port,
                imaps_port=self.imaps_port,
                lmtp_port=self.lmtp_port,
            )
            + services
        )
        return configuration
