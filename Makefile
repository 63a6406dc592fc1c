# Builds and installs rsmi-compat; everything else is in CONTRIBUTING.md.
#
#   make
#   sudo make install PREFIX=/usr/local
#   make install PREFIX=/usr LIBDIR=lib/x86_64-linux-gnu DESTDIR=/tmp/package
#   sudo make uninstall PREFIX=/usr/local

PREFIX = /usr/local
LIBDIR = lib
DESTDIR =
CARGO = cargo

# Where root has no cargo, what `make` built is installed as it is.
ifneq ($(shell command -v $(CARGO)),)
XTASK = $(CARGO) xtask
else
XTASK = $(or $(CARGO_TARGET_DIR),target)/debug/xtask
BUILT = --no-build
endif

TO = --prefix '$(PREFIX)' --destdir '$(DESTDIR)'

all:
	$(CARGO) xtask stage --release

install:
	$(XTASK) install $(TO) --libdir '$(LIBDIR)' $(BUILT)

uninstall:
	$(XTASK) uninstall $(TO)

.PHONY: all install uninstall
