# One verb, one file in bin/. See README.md.
.DEFAULT_GOAL := help
.PHONY: help up down images check test bench fmt clean

help: ## List the verbs
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

up: ## Install what is missing, start everything, print the address and the first login
	@bin/up

down: ## Stop the platform's own containers; apps and data stay
	@bin/down

images: ## Make the images of both stacks
	@bin/images debian-12 debian-13

check: ## Format, lint, types, import contracts and fast tests; no Docker
	@bin/check

test: ## Everything: check, engine contracts on real Docker, browser tests
	@bin/test

bench: ## Measure the goals and print them
	@bin/daemon
	@bin/venv dev
	@bin/images debian-12
	@.venv/bin/python -m tests.bench

fmt: ## Put Python, bash and templates in form
	@bin/fmt

clean: ## Remove what can be made again: environment, caches, images; data in var/ stays
	@bin/clean
