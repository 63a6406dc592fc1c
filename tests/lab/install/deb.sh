# The Debian packages of the library: a client, and nothing left after a purge.
. /lab/install/common.sh
listing > before
dpkg --install /lab/packages/rsmi-compat_*.deb > log 2>&1 || fail "$(cat log)"
dpkg --install /lab/packages/rsmi-compat-dev_*.deb > log 2>&1 || fail "$(cat log)"
cc /lab/install/client.c $(pkg-config --cflags --libs rsmi_compat) -o client
is "$CLIENT" ./client
cc /lab/install/client.c -lrocm_smi64 -o linked
is "$CLIENT" ./linked
cmake -S /lab/install/legacy -B legacy > log 2>&1 && cmake --build legacy >> log 2>&1 || fail "$(cat log)"
is "$CLIENT" legacy/target
cc /lab/install/client.c -L/lab/rsmi/6.4.1 -lrocm_smi64 -o legacy.client
is "$CLIENT" rsmi-compat run ./legacy.client
is /usr/share/zsh/vendor-completions/_rsmi-compat sh -c 'dpkg --listfiles rsmi-compat | grep zsh/.*/_'
executable $(dpkg -L rsmi-compat | grep '\.so')
is "" dpkg --verify rsmi-compat rsmi-compat-dev
is "" sh -c 'dpkg --audit'
# Files of the same names: librocm-smi-dev and ours exclude each other.
mkdir -p theirs/DEBIAN
printf 'Package: librocm-smi-dev\nVersion: 6.4.1-1.1\nArchitecture: amd64\nMaintainer: x <x@localhost>\nDescription: x\n' > theirs/DEBIAN/control
dpkg-deb --build theirs theirs.deb > log
refuses 'conflicts with' dpkg --install theirs.deb
dpkg --purge rsmi-compat-dev rsmi-compat > log 2>&1 || fail "$(cat log)"
listing > after
diff before after > log || fail "left behind: $(cat log)"
