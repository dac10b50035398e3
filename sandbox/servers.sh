#!/bin/sh
# Install the servers and the browser that the tests use, where that is allowed: Debian or Ubuntu, as root or with sudo.
# Nothing is started: each test starts its own.
set -eu

PATH=$PATH:/usr/sbin:/sbin
has() {
    command -v "$1" >/dev/null 2>&1
}

# One group a line: without one of them, the tests of the others still run.
groups=$(
    has dovecot && [ -x /usr/lib/dovecot/lmtp ] && has openssl || echo dovecot-imapd dovecot-lmtpd openssl
    has postfix && has openssl || echo postfix openssl
    # not cyrus-imapd, which would have to take the place of dovecot-imapd
    has cyrmaster && [ -x /usr/lib/cyrus/bin/httpd ] && has saslpasswd2 || echo cyrus-common cyrus-caldav sasl2-bin
    has chromium || echo chromium
)
[ -n "$groups" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo="sudo -n"
if ! has apt-get || ! $sudo true 2>/dev/null; then
    echo "not installed, so their tests are left out:" $groups "(they need apt-get as root or with sudo)"
    exit 0
fi

# The packages start their services after installing, unless this file says no (Debian policy, invoke-rc.d).
policy=/usr/sbin/policy-rc.d
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM HUP # dash runs the line above only when the shell ends by itself
if [ ! -e $policy ]; then
    trap 'rm -f "$log"; $sudo rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
    $sudo chmod 755 $policy
fi
$sudo apt-get update -qq >"$log" 2>&1 || tail -n 20 "$log"
echo "$groups" | while read -r packages; do
    echo "installing $packages"
    if ! $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-remove \
        $packages >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log"
        echo "could not install $packages; their tests are left out, or fail with CI=true"
    fi
done
