"""A private Cyrus IMAP as a real groupware: rooms with a CalDAV calendar, as root or as an ordinary user.

Mail comes in by LMTP, where Sieve puts an invitation into the room's calendar; who changes the event there by CalDAV
makes Cyrus send the answer, by SMTP. Cyrus writes its log to syslog.
"""

import os
import pwd
import shutil
import smtplib
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from sandbox.cyrus_room import PASSWORD, CyrusRoom
from sandbox.dovecot import find_program
from sandbox.ports import (
    HOST,
    NotStarted,
    free_port,
    is_free,
    require_reachable,
    run_server,
    stop_process,
    wait_for_port,
)

_DAEMONS = Path("/usr/lib/cyrus/bin")
_LONGEST_PATH = 70  # Unix sockets below it must stay under 104 characters
_DIRECTORIES = ("db", "msg", "proc", "socket", "sieve", "spool")

_IMAPD_CONF = """
configdirectory: {home}
proc_path: {home}/proc
mboxname_lockpath: {home}/lock
defaultpartition: default
partition-default: {home}/spool
sievedir: {home}/sieve
lmtpsocket: {home}/socket/lmtp
idlesocket: {home}/socket/idle
notifysocket: {home}/socket/notify
cyrus_user: {user}
admins: cyrus
altnamespace: yes
unixhierarchysep: yes
virtdomains: userid
defaultdomain: {domain}
servername: {realm}
# only these addresses are its own: the organizer's must stay out, or his invitations are taken for local ones
calendar_user_address_set: {domain}
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {home}/sasldb2
sasl_mech_list: PLAIN
tls_server_cert: disabled
lmtp_downcase_rcpt: yes
httpmodules: caldav
# answers are sent about past events too
caldav_historical_age: -1d
# any other address is unknown
autocreate_users: {users}
autocreate_post: yes
autocreate_quota: 0
autocreate_sieve_script: {directory}/invitations.sieve
smtp_backend: host
smtp_host: {host}:{smtp_port}/noauth
"""

_CYRUS_CONF = """
START {{
  recover cmd="{ctl_cyrusdb} -C {imapd_conf} -r"
}}
SERVICES {{
  http cmd="{daemons}/httpd -C {imapd_conf}" listen="{host}:{http_port}" prefork=1
  lmtp cmd="{daemons}/lmtpd -C {imapd_conf} -a" listen="{host}:{lmtp_port}" prefork=1
}}
EVENTS {{
}}
"""

_SIEVE = """require ["vnd.cyrus.imip"];
processimip;
keep;
"""


def obstacle() -> str | None:
    """Return why Cyrus cannot be used here, or None if it can."""
    packages = "apt-get install cyrus-common cyrus-caldav sasl2-bin"
    if find_program("cyrmaster") is None or not all((_DAEMONS / name).exists() for name in ("httpd", "lmtpd")):
        return f"Cyrus IMAP with CalDAV is not installed: {packages}"
    if find_program("saslpasswd2") is None:
        return f"saslpasswd2 is not installed: {packages}"
    return None


def available() -> bool:
    """Return whether Cyrus can be used here."""
    return obstacle() is None


class Cyrus:
    """A Cyrus of our own in `directory`: knows the addresses `rooms` of one domain, and submits to `smtp_port`."""

    def __init__(self, directory: Path, rooms: Sequence[str], *, smtp_port: int) -> None:
        domains = {address.partition("@")[2] for address in rooms}
        if len(domains) != 1:
            raise ValueError(f"the rooms of one Cyrus have one domain, not {sorted(domains)}")
        self.directory = directory.resolve()
        self.http_port, self.lmtp_port = free_port(), free_port()
        self._rooms = list(rooms)
        self._smtp_port = smtp_port
        [self._domain] = domains
        self._user = "cyrus" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write the configuration, start, return when CalDAV and LMTP greet.

        Raises NotStarted with the reason and what Cyrus printed.
        """
        if self._process is not None:
            raise NotStarted(f"Cyrus in {self.directory} runs already")
        if reason := obstacle():
            raise NotStarted(reason)
        for port in (self.http_port, self.lmtp_port):  # its master would go on without the service
            if not is_free(port):
                raise NotStarted(f"port {port} for Cyrus: address already in use")
        cyrmaster = find_program("cyrmaster")
        assert cyrmaster is not None  # obstacle() has looked
        imapd_conf, cyrus_conf = self._prepare()
        output = self.directory / "output"
        command = [cyrmaster, "-D", "-C", str(imapd_conf), "-M", str(cyrus_conf)]
        command += ["-p", str(self.directory / "home/master.pid")]
        self._process = run_server(command, output, env={**os.environ, "CYRUS_USER": self._user})
        try:
            wait_for_port(self.lmtp_port, b"220", self._process, log=output)
            wait_for_port(self.http_port, b"", self._process, log=output)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End Cyrus and all its processes; harmless when it does not run. Calendars are kept."""
        stop_process(self._process)
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def room(self, address: str) -> CyrusRoom:
        """Return a room with an empty calendar; it can be invited from now on."""
        if address not in self._rooms:
            raise ValueError(f"{address} is none of the rooms that Cyrus was started with")
        self._set_password(address)
        with smtplib.LMTP(HOST, self.lmtp_port, timeout=10) as client:
            client.sendmail("", [address], b"Subject: the first mail makes the mailbox\r\n\r\n")
        room = CyrusRoom(address, self.http_port)
        room.prepare()
        return room

    def _prepare(self) -> tuple[Path, Path]:
        if len(str(self.directory)) > _LONGEST_PATH:
            raise NotStarted(
                f"{self.directory} is too long for the Unix sockets of Cyrus: {_LONGEST_PATH} characters at most"
            )
        home = self.directory / "home"
        for place in (home, *(home / name for name in (*_DIRECTORIES, "lock"))):
            place.mkdir(parents=True, exist_ok=True)
            self._give_away(place)
        if os.geteuid() == 0:
            require_reachable(home / "db", self._user)
        imapd_conf, cyrus_conf = self.directory / "imapd.conf", self.directory / "cyrus.conf"
        (self.directory / "invitations.sieve").write_text(_SIEVE)
        imapd_conf.write_text(
            _IMAPD_CONF.format(
                home=home,
                directory=self.directory,
                user=self._user,
                domain=self._domain,
                realm=self._realm,
                users=" ".join(address.partition("@")[0] for address in self._rooms),
                host=HOST,
                smtp_port=self._smtp_port,
            )
        )
        cyrus_conf.write_text(
            _CYRUS_CONF.format(
                ctl_cyrusdb=_DAEMONS / "ctl_cyrusdb",
                daemons=_DAEMONS,
                imapd_conf=imapd_conf,
                host=HOST,
                http_port=self.http_port,
                lmtp_port=self.lmtp_port,
            )
        )
        return imapd_conf, cyrus_conf

    @property
    def _realm(self) -> str:
        return f"calendar.{self._domain}"

    def _set_password(self, address: str) -> None:
        saslpasswd2 = find_program("saslpasswd2")
        assert saslpasswd2 is not None  # obstacle() has looked
        store = self.directory / "home/sasldb2"
        command = [saslpasswd2, "-p", "-c", "-f", str(store), "-u", self._realm, address.partition("@")[0]]
        done = subprocess.run(command, input=PASSWORD, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise NotStarted(f"saslpasswd2 wrote no password into {store}: {done.stderr.strip()}")
        self._give_away(store)

    def _give_away(self, path: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(path, self._user, "mail")
