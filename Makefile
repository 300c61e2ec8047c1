# `make` alone says what there is to make. Every target sets the machine up first.

PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
BINDIR     ?= $(PREFIX)/bin
DATADIR    ?= $(PREFIX)/share
UNITDIR    ?= $(PREFIX)/lib/systemd/system
SYSUSERDIR ?= $(PREFIX)/lib/sysusers.d
DESTDIR    ?=

# The Swift runtime goes into the released binary. That recompiles everything, so it has a build
# folder of its own, and debug builds stay warm.
RELEASE := .build-release
BINARY  := $(RELEASE)/release/almanac
STATIC  := $(if $(filter Linux,$(shell uname)),--static-swift-stdlib)
DEMO    := .build/demo
PEERS   := .build/bench
TOOLS   := .build/tools
# Superset needs older libraries than the other tools do.
SUPERSET := .build/superset
DECADE  := .build/decade.db
DEBIAN  := .build/debian
SWIFT_SOURCES := Package.swift $(wildcard Sources Tests benchmarks)

# Two builds at a time would wait for each other's lock, or for memory.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help build demo test year soak sanitize check check-tools format lint imports man bench decade setup install uninstall deb

help: ## Say what there is to make (the default)
	@echo 'make TARGET, where TARGET is one of'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' Makefile
	@echo 'install and uninstall honour DESTDIR and PREFIX (now $(PREFIX)).'

build: $(BINARY) ## Build the released binary, with the Swift runtime in it
	@echo 'built: $(CURDIR)/$(BINARY)'

demo: setup ## Collect from a simulated server into an archive to query: no key, no network
	@echo 'demo: building (the first build compiles the dependencies too, some minutes)'
	swift build --product almanac
	@rm -rf $(DEMO) && mkdir -p $(DEMO)
	"$$(swift build --show-bin-path)/almanac" demo --database $(DEMO)/almanac.db
	@command -v sqlite3 >/dev/null || echo 'demo: no sqlite3 shell here; its package is sqlite3 (Debian) or sqlite'

# As many at one time as two cores carry: with all of them at once, some wait for their server longer
# than they wait for an answer.
WIDTH := --experimental-maximum-parallelization-width
TEST  := swift test --parallel \
  $$(swift test --help-hidden 2>&1 | grep -qe '$(WIDTH)' && echo $(WIDTH) 6)
test: setup ## Run the tests
	$(TEST)

# A year limits the size of files for its whole process, so it runs alone.
YEAR := swift test --filter 'A year of days'
year: export ALMANAC_YEARS ?= 1
year: setup ## Run a year of the daemon, day by day, with all that can go wrong
	$(YEAR)

# The variables say how often the tests strike at random. Each can be given another value, as in
# `make soak ALMANAC_STORIES=100`. CONTRIBUTING.md tells what they mean.
SOAK := $(addprefix ALMANAC_,STORIES FAULTS DAMAGE QUESTIONS FUZZ YEARS)
soak: export ALMANAC_STORIES   ?= 12
soak: export ALMANAC_FAULTS    ?= all
soak: export ALMANAC_DAMAGE    ?= 100
soak: export ALMANAC_QUESTIONS ?= 15000
soak: export ALMANAC_FUZZ      ?= 1000000
soak: export ALMANAC_YEARS     ?= 12
soak: setup ## Run the tests with long random stories (hours); say on which commit
	@commit=$$(git describe --always --dirty --exclude '*') || exit 1; \
	say() { echo "soak: $$1 at $$(date -u +%Y-%m-%dT%H:%MZ) on commit $$commit," \
	  '$(foreach name,$(SOAK),$(name)=$($(name)))'; }; \
	say begun; \
	if (unset ALMANAC_YEARS; $(TEST)) && $(YEAR); then say passed; else say failed; exit 1; fi

# Each sanitizer recompiles everything, so each has a build folder of its own. Tests that cannot run
# under one, or not in hours, know so by the variable.
# The leaks that are shown are the runtime's and Foundation's, which keep what they made once.
sanitize: setup ## Run the tests under the thread and the address sanitizer
	ALMANAC_SANITIZER=thread \
	  swift test --no-parallel --sanitize=thread --scratch-path .build-thread
	ALMANAC_SANITIZER=address ASAN_OPTIONS=detect_leaks=0 \
	  swift test --no-parallel --sanitize=address --scratch-path .build-address

# One seed more of each long story than `make test` has.
check: export ALMANAC_STORIES ?= 2
check: lint imports test year man ## All that a change must pass: format, imports, build, tests, manual
	@echo 'check: passed'

# What is read with the tools: a new archive, an old one that was migrated, and a snapshot of that.
BI_FILES := $(addprefix $(TOOLS)/demo/,almanac.db older.db snapshot.db)

# The tools are Python packages, and so are ClickHouse and what DuckDB needs to read SQLite. What is
# tried in a Debian without Swift is the debug build, linked with the runtime in it.
# ALMANAC_STORIES says how many stories of exports are told.
check-tools: $(TOOLS) $(SUPERSET) ## Read an archive with the tools that people load it into, and check units, package, examples and metrics
	@scripts/set-up systemd
	@scripts/set-up debian
	swift build --product almanac
	@scripts/check-units "$$(swift build --show-bin-path)/almanac"
	@scripts/check-install "$$(swift build --show-bin-path)/almanac"
	@$(TOOLS)/bin/python scripts/check-kubernetes "$$(swift build --show-bin-path)/almanac" packaging/kubernetes/cronjob.yaml
	@scripts/link-static "$$(swift build --show-bin-path)" $(DEBIAN)/almanac
	@scripts/check-container $(TOOLS)/bin/hadolint $(DEBIAN)/almanac
	@rm -f $(DEBIAN)/*.deb
	@ALMANAC_DEB_COMPRESSION=0 scripts/make-deb $(DEBIAN)/almanac $(DEBIAN)
	@scripts/check-package $(DEBIAN)/*.deb
	@scripts/set-up monitoring
	@rm -rf $(TOOLS)/demo && mkdir -p $(TOOLS)/demo
	@"$$(swift build --show-bin-path)/almanac" demo --database $(TOOLS)/demo/almanac.db >/dev/null
	@scripts/check-monitoring "$$(swift build --show-bin-path)/almanac" $(TOOLS)/demo/almanac.db
	@gzip -dc Tests/Fixtures/almanac-0.1.0.db.gz >$(TOOLS)/demo/older.db
	@"$$(swift build --show-bin-path)/almanac" migrate --database $(TOOLS)/demo/older.db
	@"$$(swift build --show-bin-path)/almanac" export snapshot $(TOOLS)/demo/snapshot.db --database $(TOOLS)/demo/older.db
	@scripts/set-up odbc
	scripts/as-reader $(TOOLS)/bin/python scripts/check-views -- $(BI_FILES)
	scripts/as-reader $(TOOLS)/bin/python scripts/check-bi "$$(swift build --show-bin-path)/almanac" -- $(BI_FILES)
	scripts/as-reader $(SUPERSET)/bin/python scripts/check-superset -- $(BI_FILES)
	@scripts/set-up postgresql
	swift build --product simulate
	$(TOOLS)/bin/python scripts/check-export --seeds "$${ALMANAC_STORIES:-1}" \
	  "$$(swift build --show-bin-path)/almanac" "$$(swift build --show-bin-path)/simulate"
	$(TOOLS)/bin/python scripts/check-loading "$$(swift build --show-bin-path)/almanac"
	$(TOOLS)/bin/python scripts/check-outgrowing "$$(swift build --show-bin-path)/almanac"
	@echo 'check-tools: passed'

$(TOOLS) $(SUPERSET): .build/%: scripts/%.txt
	@scripts/set-up python
	python3 -m venv $@
	$@/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

format: setup ## Format the Swift sources in place
	swift format --in-place --parallel --recursive $(SWIFT_SOURCES)

lint: setup ## Check the format of the Swift sources
	swift format lint --strict --parallel --recursive $(SWIFT_SOURCES)

# SwiftPM lets pass what a declared dependency brings along, so two walls are looked after here.
imports: setup ## Refuse imports that Package.swift does not declare
	swift build --build-tests --explicit-target-dependency-import-check error
	@! grep -rnE '^[^/]*import .*(GRDB|CSQLite)' Sources --include='*.swift' --exclude-dir=AlmanacStore || \
	  { echo 'imports: error: SQL stays in AlmanacStore' >&2; exit 1; }
	@! grep -rnE '^[^/]*import .*AlmanacStore' Sources/AlmanacReport || \
	  { echo 'imports: error: AlmanacReport gets its answers from AlmanacTrends' >&2; exit 1; }

man: setup ## Check the man page against the program
	swift build --product almanac
	@scripts/check-manual "$$(swift build --show-bin-path)/almanac" man/almanac.1

bench: build $(PEERS) ## Measure speed and memory against two Python programs, and exports against bulk loads
	@scripts/set-up postgresql
	swift build --configuration release $(STATIC) -Xlinker -s --scratch-path $(RELEASE) --product simulate
	$(PEERS)/bin/python benchmarks/run $(BINARY) $(RELEASE)/release/simulate

decade: build ## Measure questions to 1,000 apps of ten years (half an hour, 8 GB of disk)
	swift build --configuration release $(STATIC) -Xlinker -s --scratch-path $(RELEASE) --product decade
	@rm -f $(DECADE) $(DECADE)-wal $(DECADE)-shm $(DECADE).lock
	$(RELEASE)/release/decade $(DECADE)
	python3 benchmarks/questions.py $(BINARY) $(DECADE)

$(PEERS): benchmarks/requirements.txt
	@scripts/set-up python
	python3 -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --requirement benchmarks/requirements.txt
	@touch $(PEERS)

setup: ## Install what a build needs and this machine lacks; silent if nothing
	@scripts/set-up

# Rebuilt only if a source is newer, so that `make build && sudo make install` compiles nothing as
# root. Folders are among the sources, since a file that went away shows only there.
$(BINARY): Package.swift $(shell find Sources migrations)
	@scripts/set-up
	swift build --configuration release $(STATIC) -Xlinker -s --scratch-path $(RELEASE) --product almanac
	@mkdir -p $(RELEASE)/completions
	@for shell in bash zsh fish; do \
	  $@ --generate-completion-script $$shell >$(RELEASE)/completions/almanac.$$shell || exit 1; \
	done
	@touch $@

install: $(BINARY) ## Install binary, units, man page, completions and an example configuration
	install -D -m 0755 $(BINARY) $(DESTDIR)$(BINDIR)/almanac
	install -D -m 0644 man/almanac.1 $(DESTDIR)$(DATADIR)/man/man1/almanac.1
	install -D -m 0644 $(RELEASE)/completions/almanac.bash $(DESTDIR)$(DATADIR)/bash-completion/completions/almanac
	install -D -m 0644 $(RELEASE)/completions/almanac.zsh $(DESTDIR)$(DATADIR)/zsh/site-functions/_almanac
	install -D -m 0644 $(RELEASE)/completions/almanac.fish $(DESTDIR)$(DATADIR)/fish/vendor_completions.d/almanac.fish
	install -D -m 0644 almanac.example.yaml $(DESTDIR)$(DATADIR)/doc/almanac/almanac.example.yaml
	install -D -m 0644 LICENSE $(DESTDIR)$(DATADIR)/doc/almanac/LICENSE
	install -m 0644 README.md $(DESTDIR)$(DATADIR)/doc/almanac
	install -D -m 0644 -t $(DESTDIR)$(DATADIR)/doc/almanac/docs docs/*.md
	install -D -m 0644 systemd/almanac.sysusers $(DESTDIR)$(SYSUSERDIR)/almanac.conf
	install -D -m 0644 systemd/almanac.timer $(DESTDIR)$(UNITDIR)/almanac.timer
	install -D -m 0644 systemd/almanac.service $(DESTDIR)$(UNITDIR)/almanac.service
	sed -i 's|/usr/local/bin|$(BINDIR)|' $(DESTDIR)$(UNITDIR)/almanac.service
	for example in systemd/examples/*; do \
	  install -D -m 0644 "$$example" "$(DESTDIR)$(DATADIR)/doc/almanac/$$example" || exit 1; done
	for file in $$(find bi -type f); do \
	  install -D -m 0644 "$$file" "$(DESTDIR)$(DATADIR)/doc/almanac/$$file" || exit 1; done
	install -D -m 0644 monitoring/almanac.rules.yml $(DESTDIR)$(DATADIR)/doc/almanac/monitoring/almanac.rules.yml
	@conf=$(DESTDIR)$(SYSCONFDIR)/almanac/almanac.yaml; \
	if [ -e "$$conf" ]; then echo "install: $$conf is yours and stays as it is"; \
	else echo "install: $$conf"; install -D -m 0644 almanac.example.yaml "$$conf"; fi
ifeq ($(DESTDIR),)
	@echo 'install: done. To collect every day:'
	@echo '  1. systemd-sysusers && systemctl daemon-reload'
	@echo '  2. edit $(SYSCONFDIR)/almanac/almanac.yaml: your server, your apps'
	@echo '  3. install -m 0600 /dev/stdin $(SYSCONFDIR)/almanac/fastgpt-api-key   (paste the key, Enter, Ctrl-D)'
	@echo '  4. systemctl start almanac.service   (the first run; journalctl -u almanac tells)'
	@echo '  5. systemctl enable --now almanac.timer'
endif

# A timer without its unit would fail every day.
uninstall: ## Remove what install put there, but neither configuration nor archive
ifeq ($(DESTDIR),)
	-@[ ! -d /run/systemd/system ] || [ ! -e $(UNITDIR)/almanac.timer ] || systemctl disable --now almanac.timer
endif
	rm -f $(DESTDIR)$(BINDIR)/almanac $(DESTDIR)$(DATADIR)/man/man1/almanac.1 \
	  $(DESTDIR)$(DATADIR)/bash-completion/completions/almanac \
	  $(DESTDIR)$(DATADIR)/zsh/site-functions/_almanac \
	  $(DESTDIR)$(DATADIR)/fish/vendor_completions.d/almanac.fish \
	  $(DESTDIR)$(SYSUSERDIR)/almanac.conf \
	  $(DESTDIR)$(UNITDIR)/almanac.timer $(DESTDIR)$(UNITDIR)/almanac.service
	rm -rf $(DESTDIR)$(DATADIR)/doc/almanac
	@conf=$(DESTDIR)$(SYSCONFDIR)/almanac; \
	if [ -d "$$conf" ] && ! rmdir "$$conf" 2>/dev/null; then echo "uninstall: $$conf is yours and stays as it is"; fi
ifeq ($(DESTDIR),)
	-@[ ! -d /run/systemd/system ] || systemctl daemon-reload
endif

# Where no package can be made, nobody should wait for the build to learn it.
deb: ## Make a Debian package of the released binary
	@scripts/set-up deb
	@$(MAKE) --no-print-directory $(BINARY)
	@scripts/make-deb $(BINARY) $(RELEASE)
