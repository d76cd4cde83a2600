# shellcheck shell=bash
# What every verb in bin/ begins with.

# Byte code is what a second start is quick by.
unset PYTHONDONTWRITEBYTECODE

source "${BASH_SOURCE[0]%/*}/settings.sh"
source "${BASH_SOURCE[0]%/*}/step.sh"
source "${BASH_SOURCE[0]%/*}/host.sh"
