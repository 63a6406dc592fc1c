# rsmi-compat-system: unchanged programs get ours, with the structs of their release of Debian.
. /lab/install/common.sh
. /lab/install/printed.sh
conf=/etc/rsmi-compat.conf
codename() { sed -i "s/^VERSION_CODENAME=.*/VERSION_CODENAME=$1/" /usr/lib/os-release; }
control() { # NAME [FIELD...]
    name=$1
    shift
    mkdir -p "$name/DEBIAN"
    { printf 'Package: %s\nVersion: 6.4.1-1.1\nArchitecture: amd64\n' "$name"
      printf 'Maintainer: x <x@localhost>\nDescription: x\n'
      [ $# = 0 ] || printf '%s\n' "$@"
    } > "$name/DEBIAN/control"
    dpkg-deb --build "$name" "$name.deb" > log
}

listing > before
cc /lab/install/client.c -I/lab/rsmi/6.1.2/include -L/lab/rsmi/6.1.2 -lrocm_smi64 -o client
refuses "librocm_smi64.so.1" ./client

# Over the original, with what depends on exactly that.
control librocm-smi64-1
control rocm-smi 'Depends: librocm-smi64-1 (= 6.4.1-1.1)'
dpkg --install librocm-smi64-1.deb rocm-smi.deb > log 2>&1 || fail "$(cat log)"
codename bookworm
dpkg --install /lab/packages/rsmi-compat_*.deb > log 2>&1 || fail "$(cat log)"
# It takes their place, about which apt-get asks.
apt_get=$(sed -n 's/^sudo apt-get install \(.*rsmi-compat-system_\)/apt-get install --yes \1/p' /lab/docs/distributors.md)
eval "$apt_get" > log 2>&1 || fail "$apt_get: $(cat log)"
is "" dpkg --audit
executable $(dpkg -L rsmi-compat-system | grep '\.so')
is "" sh -c "dpkg-query -W -f '\${db:Status-Status}' librocm-smi64-1 | grep -x installed || true"
is "installed" dpkg-query -W -f '${db:Status-Status}' rocm-smi
refuses 'conflicts with' dpkg --install librocm-smi64-1.deb

is "abi-of-usr = 5" tail -n 1 $conf
# It speaks for the distribution's programs, which lie below /usr.
is "7.8.0 2 AMD Instinct MI300X OAM" ./client
cp client /usr/bin/lab-client
is "5.0.0 2 AMD Instinct MI300X OAM" /usr/bin/lab-client
# The next release of Debian comes with other programs.
for pair in trixie/6.0/7.2.0 forky/6.4/7.6.0 noble/5/5.0.0 questing/6.0/7.2.0 resolute/7.0/7.8.0; do
    IFS=/ read -r name abi version << END
$pair
END
    codename "$name"
    dpkg-trigger --no-await /usr/lib/os-release
    dpkg --triggers-only --pending > log 2>&1 || fail "$(cat log)"
    is "abi-of-usr = $abi" tail -n 1 $conf
    is "$version 2 AMD Instinct MI300X OAM" /usr/bin/lab-client
done
rm /usr/bin/lab-client
# What an administrator wrote stays.
echo 'abi = 6.2' > $conf
dpkg --install /lab/packages/rsmi-compat-system_*.deb > log 2>&1 || fail "$(cat log)"
is "abi = 6.2" cat $conf
rm $conf
codename oracular
dpkg --install /lab/packages/rsmi-compat-system_*.deb > log 2>&1 || fail "$(cat log)"
grep -q "'oracular' is no release of Debian or Ubuntu that is known here" log || fail "$(cat log)"
test ! -e $conf || fail "a generation was made up: $(cat $conf)"
codename forky
dpkg --install /lab/packages/rsmi-compat-system_*.deb > log 2>&1 || fail "$(cat log)"

dpkg --purge rocm-smi rsmi-compat-system rsmi-compat > log 2>&1 || fail "$(cat log)"
listing > after
diff before after > log || fail "left behind: $(cat log)"
