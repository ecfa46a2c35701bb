# What the scripts share. Sourced with the top of the checkout as the current directory.
# Plain bash 3.2, as macOS has it.

VENV=${VENV:-.venv}
PYTHON=$VENV/bin/python
VAR=${TELEHEALTH_VAR:-var}
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

say() { printf '%s\n' "$@"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
is_debian_root() { [ "$(id -u)" = 0 ] && has apt-get; }

apt_install() {
    say "Installing $* (apt-get)..."
    apt-get update -qq >/dev/null &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# The oldest Python that will do is 3.11; the plain name goes first.
find_python() {
    local name
    for name in python3 python3.11 python3.12 python3.13 python3.14; do
        if has "$name" && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            command -v "$name"
            return
        fi
    done
    return 1
}

make_venv() {
    local python
    if ! python=$(find_python); then
        is_debian_root && apt_install python3 python3-venv || true
        python=$(find_python) ||
            fail "This needs Python 3.11 or newer (python.org, or your system's packages)."
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        is_debian_root && apt_install python3-venv "$(basename "$(readlink -f "$python")")-venv"
        "$python" -c 'import ensurepip, venv' 2>/dev/null ||
            fail "Python's venv is missing. Run this once, then try again:
    sudo apt install python3-venv"
    fi
    say "Making $VENV with $("$python" --version)"
    "$python" -m venv "$VENV"
}

sum() { "$PYTHON" -c 'import hashlib, sys
print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"; }

# setup FILE: the venv with what FILE pins; installs only when FILE has changed since.
# What was last installed is noted beside it, so that the smaller list does not undo the larger.
setup() {
    local list=$1 stamp=$VENV/installed-$1 want
    [ -x "$PYTHON" ] && "$PYTHON" -c '' 2>/dev/null || make_venv
    want=$(sum "$list")
    [ "$(cat "$stamp" 2>/dev/null)" = "$want" ] && return
    say "Installing $list: a minute or two, the first time only"
    "$PYTHON" -m pip install --quiet --require-hashes -r "$list" ||
        fail "The installation did not work; the lines above say why."
    printf '%s\n' "$want" >"$stamp"
}

# with_lock FILE COMMAND...: run the command while nobody else holds the lock; waits up to 60 s.
with_lock() {
    local lock=$1 waited=0 status=0
    shift
    mkdir -p "$(dirname "$lock")"
    if has flock; then
        (flock -w 60 9 || fail "Another command holds $lock."; "$@") 9>"$lock"
        return
    fi
    until mkdir "$lock.d" 2>/dev/null; do
        [ "$waited" -lt 60 ] || fail "Another command holds $lock.d; remove it if nothing runs."
        sleep 1
        waited=$((waited + 1))
    done
    "$@" || status=$?
    rmdir "$lock.d"
    return "$status"
}
