# shellcheck shell=bash
export PATH="${HOME}/.heroku/python/bin:${PATH}"
export VIRTUAL_ENV="${HOME}/.heroku/python"
export PYTHONUNBUFFERED=true
export PYTHONPATH="${PYTHONPATH:-${HOME}}"
export LANG="${LANG:-C.UTF-8}"
# The router in front is the only way in, and it sets X-Forwarded-For and -Proto itself.
export FORWARDED_ALLOW_IPS="${FORWARDED_ALLOW_IPS:-*}"
export GUNICORN_CMD_ARGS="${GUNICORN_CMD_ARGS:---access-logfile -}"
