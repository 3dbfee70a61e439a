#!/bin/sh
# Prepare a Debian 12 machine and this checkout: packages, system users, virtual environment.
#
# Safe to run again at any time; when nothing changed it takes a fraction of a second.
# As root everything is done. Otherwise packages are installed through sudo, and the separate system users are left
# out: all processes then run as the one who started them.
set -eu
umask 022

checkout=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
python=/usr/bin/python3
log=$checkout/var/setup.log

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
is_root() { [ "$(id -u)" = 0 ]; }
as_root() { if is_root; then "$@"; else sudo -- "$@"; fi; }

# Run a long command quietly; show the end of its log when it fails.
quietly() {
  "$@" >>"$log" 2>&1 </dev/null && return
  tail -n 40 "$log" >&2
  die "failed: $1 (whole log: $log)"
}

# ---------------------------------------------------------------- Debian packages

missing_packages() {
  wanted=$(sed 's/#.*//' "$checkout/deploy/setup/debian-packages.txt")
  # shellcheck disable=SC2086 # one word a package
  present=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted 2>/dev/null | sed -n 's/ installed$//p' || true)
  for package in $wanted; do
    printf '%s\n' "$present" | grep -qxF "$package" || printf '%s ' "$package"
  done
}

# Debian starts the services of a new package at once. The product starts its own cupsd and the tests their own
# PostgreSQL, so the system's stay off; services that were on this machine before are not touched.
policy=/usr/sbin/policy-rc.d
policy_is_ours=no

keep_new_services_off() {
  [ ! -e "$policy" ] || return 0
  policy_is_ours=yes
  trap let_new_services_start_again EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 0755 "$policy"
}

let_new_services_start_again() {
  [ "$policy_is_ours" = no ] || as_root rm -f "$policy"
  policy_is_ours=no
}

install_packages() {
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  is_root || command -v sudo >/dev/null || die "not root and no sudo; first install as root: $missing"
  say "installing Debian packages: $missing"
  keep_new_services_off
  quietly as_root apt-get -q -o DPkg::Lock::Timeout=600 update
  # shellcheck disable=SC2086 # one word a package
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 \
    install --no-install-recommends $missing
  let_new_services_start_again
  if command -v systemctl >/dev/null; then # not at the next boot either
    case " $missing " in *' cups '*) quietly as_root systemctl disable cups.service cups.socket cups.path ;; esac
    case " $missing " in *' postgresql '*) quietly as_root systemctl disable postgresql.service ;; esac
  fi
}

# ---------------------------------------------------------------- system users

ensure_users() {
  is_root || return 0
  getent group printserver >/dev/null || groupadd --system printserver
  for process in web worker signer cups; do
    user=printserver-$process
    getent passwd "$user" >/dev/null ||
      useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$user"
  done
  for process in web worker signer; do
    id -nG "printserver-$process" | tr ' ' '\n' | grep -qx printserver ||
      usermod --append --groups printserver "printserver-$process"
  done
}

# ---------------------------------------------------------------- virtual environment

# As root it lies outside the checkout, which may be closed to the system users; .venv then points at it.
environment_place() {
  if is_root; then
    printf '/opt/printserver/venv-%s' "$(printf '%s' "$checkout" | sha256sum | cut -c1-12)"
  else
    printf '%s/.venv' "$checkout"
  fi
}

environment_stamp() {
  cat "$checkout/requirements.lock" "$checkout/pyproject.toml" "$checkout/deploy/setup/install.sh" |
    sha256sum | cut -d' ' -f1
  "$python" -c 'import sys; print(sys.version)'
}

# Packages of the lock whose line begins with one of the names given, with their hashes.
locked() {
  awk -v names="$*" '
    BEGIN { split(names, list, " "); for (i in list) wanted[list[i]] = 1 }
    /^[a-z0-9]/ { split($1, part, "=="); keep = part[1] in wanted }
    keep' "$checkout/requirements.lock"
}

# What an earlier lock installed and this one does not name.
leftovers() {
  "$1/bin/python" -m pip list --format=freeze 2>/dev/null | sed 's/==.*//' | tr 'A-Z_.' 'a-z--' | sort -u |
    while read -r name; do
      [ "$name" = pip ] || [ "$name" = printserver ] || grep -q "^$name==" "$checkout/requirements.lock" || echo "$name"
    done
}

# rapidocr names another build of OpenCV; the one that the lock has serves it as well, and there must be one only.
check_requirements() {
  complaints=$("$1/bin/python" -m pip check | grep -v -e '^No broken requirements found' \
    -e '^rapidocr .* requires opencv-python-headless, which is not installed\.$' || true)
  [ -z "$complaints" ] || { printf '%s\n' "$complaints"; return 1; }
}

ensure_environment() {
  venv=$(environment_place)
  if [ "$(cat "$venv/.installed" 2>/dev/null)" != "$(environment_stamp)" ]; then
    say "installing Python packages into $venv"
    [ -x "$venv/bin/python" ] || quietly "$python" -m venv "$venv"
    rm -f "$venv/.installed"
    # The build tools first, from the lock as well: nothing is fetched that the lock does not pin.
    locked setuptools setuptools-scm vcs-versioning hatchling editables packaging pathspec pluggy tomlkit \
      trove-classifiers >"$venv/build-tools.txt"
    quietly "$venv/bin/python" -m pip install --require-hashes --no-deps -r "$venv/build-tools.txt"
    quietly "$venv/bin/python" -m pip install --require-hashes --no-deps --no-build-isolation --use-pep517 \
      --only-binary :all: --no-binary pycups,bagit -r "$checkout/requirements.lock"
    # shellcheck disable=SC2046 # one word a package
    [ -z "$(leftovers "$venv")" ] || quietly "$venv/bin/python" -m pip uninstall --yes $(leftovers "$venv")
    quietly "$venv/bin/python" -m pip install --no-index --no-deps --no-build-isolation --editable "$checkout"
    check_requirements "$venv" >>"$log" 2>&1 || die "packages do not fit together (log: $log)"
    environment_stamp >"$venv/.installed"
  fi
  [ "$venv" = "$checkout/.venv" ] || [ "$(readlink "$checkout/.venv" || true)" = "$venv" ] || {
    [ ! -d "$checkout/.venv" ] || [ -L "$checkout/.venv" ] || rm -rf "$checkout/.venv"
    ln -sfn "$venv" "$checkout/.venv"
  }
}

# Each process imports the product, and the system users could not keep what they compile. Lint tells of what does not.
compile_product() {
  "$(environment_place)/bin/python" -m compileall -q "$checkout/printserver" >>"$log" 2>&1 || true
}

[ -r /etc/debian_version ] || die 'this set-up is for Debian 12'
mkdir -p "$checkout/var"
: >>"$log" 2>/dev/null || die "cannot write $log (was the set-up run as another user before?)"
if is_root; then mkdir -p /opt/printserver; lock=/opt/printserver/setup.lock; else lock=$checkout/var/setup.lock; fi

install_packages
[ "$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" = 3.11 ] || die "$python is not Python 3.11"
exec 9>"$lock"
flock 9
ensure_users
ensure_environment
compile_product
say 'ready'
