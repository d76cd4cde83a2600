# shellcheck shell=bash
export PATH="${HOME}/.heroku/node/bin:${HOME}/bin:${HOME}/node_modules/.bin:${PATH}"
export NODE_HOME="${HOME}/.heroku/node"
export NODE_ENV="${NODE_ENV:-production}"
