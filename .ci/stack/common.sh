# Shared by the scripts next to it: where things are kept, and how they speak.
# Everything that takes long to make lives outside the repository, so that a fresh clone
# finds it again.  STACK_CACHE moves it.

# shellcheck shell=bash
STACK_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PROJECT_DIR=$(cd "$STACK_DIR/../.." && pwd)
STACK_CACHE=${STACK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cat-clinic}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
    say "$@"
    exit 2
}

# The Go modules that stand behind the images of .env.
COLLECTOR_VERSION=v0.159.0
PROMETHEUS_VERSION=v0.313.5 # is Prometheus 3.13.5
JAEGER_MODULE=github.com/jaegertracing/jaeger
JAEGER_VERSION=v1.76.1-0.20260720033334-798e4b0fcf22 # the commit tagged v2.20.0
JAEGER_FALLBACK=v1.76.0                              # is Jaeger 2.13.0

# The mirror that this machine's apt uses for Debian itself.
debian_mirror() {
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
        awk -F '|' '$1 == "Debian" && $2 == "Debian" { print $3; exit }'
}
