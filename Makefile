# Everything starts here; `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# Tests see internals, so one build serves tool and tests.
FLAGS := -c release -Xswiftc -enable-testing
ACTIVATE = source .build/environment/activate
TORCH ?= 2.11.0

.PHONY: help setup build test example demo bench format lint clean kill-test share-test check-report gpu-bundle

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## fetch LibTorch and the chart library, check the system (seconds when done)
	@scripts/setup

build: setup ## build the release tool and leave it as bin/separatrix
	@$(ACTIVATE) && swift build $(FLAGS) --product separatrix
	@scripts/link-tool

test: setup ## run all tests; says how many were skipped and why
	@scripts/test

example: setup ## build and run the example of the measures as a library
	@$(ACTIVATE) && swift run $(FLAGS) MeasuresExample

demo: build ## the demo study: nine objectives on the built-in set, a table and a report
	@bin/separatrix study run studies/demo.yaml --out studies/out/demo

bench: build ## speed beside PyTorch on this machine (installs PyTorch outside the repository)
	@Benchmarks/run

gpu-bundle: ## the tool for CUDA as a folder to copy, linked against torch $(TORCH); runs where Python has that torch
	@scripts/gpu-bundle $(TORCH)

kill-test: build ## 20 SIGKILLs at random moments of one run: the same weights in the end
	@scripts/kill-test

share-test: build ## two schedulers share a study of 60 runs through 10 SIGKILLs: nothing twice, the same report
	@scripts/share-test

format: ## format the sources
	@swift format --in-place --recursive --parallel Sources Tests Examples Package.swift

lint: ## check the format
	@swift format lint --strict --recursive --parallel Sources Tests Examples Package.swift

clean: ## remove what was built here (downloads stay in the cache)
	@rm -rf .build .build-gpu bin
