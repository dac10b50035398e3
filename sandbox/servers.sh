#!/bin/sh
# Install the mail servers that the tests use, where that is allowed: Debian or Ubuntu, as root or with sudo.
# Nothing is started: each test starts its own.
set -eu

PATH=$PATH:/usr/sbin:/sbin
missing=
command -v dovecot >/dev/null 2>&1 && [ -x /usr/lib/dovecot/lmtp ] || missing="dovecot-imapd dovecot-lmtpd"
command -v postfix >/dev/null 2>&1 || missing="$missing postfix"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo="sudo -n"
if ! command -v apt-get >/dev/null 2>&1 || ! $sudo true 2>/dev/null; then
    echo "not installed, so their tests are left out:$(printf ' %s' $missing) (they need apt-get as root or with sudo)"
    exit 0
fi

echo "installing$(printf ' %s' $missing)"
# The packages start their services after installing, unless this file says no (Debian policy, invoke-rc.d).
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
    $sudo chmod 755 $policy
    trap '$sudo rm -f $policy' EXIT
    trap 'exit 130' INT TERM HUP # dash runs the line above only when the shell ends by itself
fi
log=$(mktemp)
if ! { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends --no-remove $missing; } >"$log" 2>&1; then
    tail -n 20 "$log"
    echo "could not install:$(printf ' %s' $missing); their tests are left out, or fail with CI=true"
fi
rm -f "$log"
