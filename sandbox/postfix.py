"""A private Postfix in one directory, between the technical user and the rooms. Postfix insists on root."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from sandbox.dovecot import find_program, self_signed_certificate
from sandbox.ports import (
    NotStarted,
    free_port,
    is_free,
    quote,
    require_reachable,
    run_server,
    stop_process,
    wait_for_port,
)

_MAIN_CF = """
compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.sandbox.example
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
# every address of these domains is taken; the LMTP server behind decides, and a refusal becomes a bounce
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = static:any
transport_maps = inline:{{ {transports} }}
default_transport = error:5.1.2 no mail leaves the sandbox
relay_transport = error:5.1.2 no mail leaves the sandbox
relayhost =
maillog_file = {directory}/maillog
maillog_file_prefixes = {directory}
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
in_flow_delay = 0
smtpd_tls_security_level = may
smtpd_tls_cert_file = {directory}/cert.pem
smtpd_tls_key_file = {directory}/key.pem
biff = no
"""

_MASTER_CF = """
127.0.0.1:{smtp_port} inet n - n - - smtpd
pickup     unix       n - n 60    1 pickup
cleanup    unix       n - n -     0 cleanup
qmgr       unix       n - n 300   1 qmgr
rewrite    unix       - - n -     - trivial-rewrite
bounce     unix       - - n -     0 bounce
defer      unix       - - n -     0 bounce
trace      unix       - - n -     0 bounce
verify     unix       - - n -     1 verify
flush      unix       n - n 1000? 0 flush
proxymap   unix       - - n -     - proxymap
proxywrite unix       - - n -     1 proxymap
tlsmgr     unix       - - n 1000? 1 tlsmgr
error      unix       - - n -     - error
retry      unix       - - n -     - error
discard    unix       - - n -     - discard
lmtp       unix       - - n -     - lmtp
anvil      unix       - - n -     1 anvil
scache     unix       - - n -     1 scache
postlog    unix-dgram n - n -     1 postlogd
"""

_QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace")


def obstacle() -> str | None:
    """Return why Postfix cannot be used here, or None if it can."""
    if find_program("postconf") is None:
        return "Postfix is not installed: apt-get install postfix"
    if find_program("openssl") is None:
        return "openssl is not installed: apt-get install openssl"
    if os.geteuid() != 0:
        return "Postfix can be started by root only"
    return None


def available() -> bool:
    """Return whether Postfix can be used here."""
    return obstacle() is None


class Postfix:
    """A Postfix of our own in `directory` that hands each domain of `transports` to an LMTP port.

    Mail to any other domain bounces. The port is known before `start`, so that a server behind it can
    be configured with the port to submit to.
    """

    def __init__(self, directory: Path, transports: Mapping[str, int], *, smtp_port: int | None = None) -> None:
        self.directory = directory.resolve()
        self.smtp_port = free_port() if smtp_port is None else smtp_port
        self.log = self.directory / "maillog"
        self._transports = dict(transports)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write the configuration and start the master; return when SMTP greets.

        Raises NotStarted with the reason and the end of the log.
        """
        if self._process is not None:
            raise NotStarted(f"Postfix in {self.directory} runs already")
        if reason := obstacle():
            raise NotStarted(reason)
        if not is_free(self.smtp_port):  # its master would end without a word: who writes the log is not up yet
            raise NotStarted(f"port {self.smtp_port} for Postfix: address already in use")
        etc, queue, output = self.directory / "etc", self.directory / "queue", self.directory / "output"
        daemons = _daemon_directory()
        self._make_directories(etc, queue)
        self._write_configuration(etc, daemons)
        # What `postfix start` does, without its script, which takes seconds to check permissions.
        environment = {**os.environ, "MAIL_CONFIG": str(etc)}
        command = [str(daemons / "master"), "-c", str(etc), "-s"]
        self._process = run_server(command, output, cwd=queue, env=environment)
        try:
            wait_for_port(self.smtp_port, b"220", self._process, log=self.log)
        except NotStarted as error:
            self.stop()
            raise NotStarted(f"{error}{quote(output)}") from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End Postfix and all its processes; harmless when it does not run. The queue is kept."""
        stop_process(self._process)
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _make_directories(self, etc: Path, queue: Path) -> None:
        for place in (etc, queue, self.directory / "data"):
            place.mkdir(parents=True, exist_ok=True)
        require_reachable(queue / "active", "postfix")
        shutil.chown(self.directory / "data", "postfix", "postfix")
        for name in _QUEUES:
            (queue / name).mkdir(mode=0o700, exist_ok=True)
            shutil.chown(queue / name, "postfix", "root")
        for name, mode in (("maildrop", 0o1730), ("public", 0o2710)):
            (queue / name).mkdir(exist_ok=True)
            shutil.chown(queue / name, "postfix", "postdrop")
            (queue / name).chmod(mode)  # after chown, which clears the bits above 0777
        (queue / "pid").mkdir(exist_ok=True)

    def _write_configuration(self, etc: Path, daemons: Path) -> None:
        if not (self.directory / "cert.pem").exists():
            self_signed_certificate(self.directory)
        transports = " ".join(f"{{{domain}=lmtp:inet:127.0.0.1:{port}}}" for domain, port in self._transports.items())
        main = _MAIN_CF.format(
            directory=self.directory,
            daemons=daemons,
            domains=", ".join(self._transports),
            transports=transports,
        )
        for name, text in (("main.cf", main), ("master.cf", _MASTER_CF.format(smtp_port=self.smtp_port))):
            (etc / name).write_text(text)
            # Postfix waits two seconds for a fresh configuration to cool down.
            os.utime(etc / name, (1e9, 1e9))


def _daemon_directory() -> Path:
    """Ask Postfix where this distribution keeps its daemons."""
    postconf = find_program("postconf")
    assert postconf is not None  # obstacle() has looked
    done = subprocess.run([postconf, "-d", "-h", "daemon_directory"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotStarted(f"postconf does not tell the daemon_directory: {done.stderr.strip()}")
    return Path(done.stdout.strip())
