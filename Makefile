# Builds and installs rsmi-compat; everything else is in CONTRIBUTING.md.
#
#   make
#   sudo make install PREFIX=/usr/local
#   make install PREFIX=/usr LIBDIR=lib/x86_64-linux-gnu DESTDIR=/tmp/package
#   sudo make uninstall PREFIX=/usr/local
#
# With DEBUG=1 the debug information is installed too.

PREFIX = /usr/local
LIBDIR = lib
DESTDIR =
DEBUG =
CARGO = cargo

# What `make` built is installed as it is where somebody else built it, as with sudo, and where there
# is no cargo, or none that reads these sources.
TARGET = $(or $(CARGO_TARGET_DIR),target)
OURS = [ -O $(TARGET)/xtask-release.json ] || ! [ -e $(TARGET)/xtask-release.json ]
WORKS = $(CARGO) metadata --no-deps --offline --format-version 1 >/dev/null 2>&1
ifeq ($(shell $(OURS) && $(WORKS) && echo yes),yes)
XTASK = $(CARGO) xtask
else
XTASK = $(TARGET)/debug/xtask
BUILT = --no-build
endif

TO = --prefix '$(PREFIX)' --destdir '$(DESTDIR)'

all:
	$(CARGO) xtask stage --release

install: built
	$(XTASK) install $(TO) --libdir '$(LIBDIR)' $(BUILT) $(if $(DEBUG),--debug)

uninstall: built
	$(XTASK) uninstall $(TO)

built:
	@[ -z '$(BUILT)' ] || command -v '$(XTASK)' >/dev/null || { echo "nothing is built in \
	$(TARGET), and '$(CARGO)' of this user builds nothing: run 'make' first, as a user who has \
	cargo 1.85 or later" >&2; exit 1; }

.PHONY: all built install uninstall
