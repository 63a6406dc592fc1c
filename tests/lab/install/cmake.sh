# An installation that was moved, with Debian's directories: both CMake packages find it.
. /lab/install/common.sh
mkdir -p /srv/moved
cp -a /lab/destdir/opt/multiarch/. /srv/moved/
build() { cmake -S /lab/install/"$1" -B "$1" -DCMAKE_PREFIX_PATH=/srv/moved "$2" "$3"; }
for version in 0.9 0.8 '0.9...<2'; do
    build modern "-DVERSION=$version" -DNONE= > log 2>&1 || fail "$version: $(cat log)"
done
for version in 0.10 1.0; do
    refuses 'compatible with requested version' build modern "-DVERSION=$version" -DNONE=
done
rm -r modern
build modern -DVERSION=0.9 -DNONE= > log 2>&1 && cmake --build modern >> log 2>&1 || fail "$(cat log)"
is "$CLIENT" modern/client
build legacy -DVERSION=5 -DNONE= > log 2>&1 && cmake --build legacy >> log 2>&1 || fail "$(cat log)"
for program in target variable found; do
    is "$CLIENT" "legacy/$program"
done
# As with the original, a bare flag leaves it to others where the library is when it is run.
refuses 'librsmi_compat.so.1: cannot open' legacy/flag
LD_LIBRARY_PATH=$(echo /srv/moved/lib/*/rsmi-compat) is "$CLIENT" legacy/flag
for version in 6.0 7.8 '7...<8'; do
    build legacy "-DVERSION=$version" -DNONE= > log 2>&1 || fail "$version: $(cat log)"
done
for version in 7.9 8 '5...<7'; do
    refuses 'compatible with requested version' build legacy "-DVERSION=$version" -DNONE=
done
rm -r legacy
# A project that is compiled with AMD's own header of ROCm 6.4, and says so.
rm -r modern
of_release() {
    cmake -S /lab/install/"$1" -B "$1" -DCMAKE_PREFIX_PATH=/srv/moved -D rsmi_compat_ABI="$2" \
        -DCMAKE_C_FLAGS=-DRSMI_COMPAT_UNMARKED
}
for project in modern legacy; do
    refuses 'rsmi_compat_ABI is 6.1: it is one of 5, 6.0,' of_release $project 6.1
    rm -r $project
    of_release $project 6.4 > log 2>&1 && cmake --build $project >> log 2>&1 || fail "$(cat log)"
done
for program in modern/client legacy/target legacy/variable legacy/found; do
    is "$CLIENT_OF_6_4" $program
done
LD_LIBRARY_PATH=$(echo /srv/moved/lib/*/rsmi-compat) is "$CLIENT_OF_6_4" legacy/flag
rm -r modern legacy
refuses 'liboam is no part of rsmi-compat' build legacy -DALSO=oam -DNONE=
refuses 'liboam is no part of rsmi-compat' build legacy '-DCOMPONENTS=COMPONENTS;oam' -DNONE=
# Half an installation is none.
rm /srv/moved/lib/*/librsmi_compat.so.1.*
refuses 'install rsmi-compat and its development files together' build modern -DVERSION=0.9 -DNONE=
refuses 'install rsmi-compat and its development files together' build legacy -DNONE= -DNONE=
