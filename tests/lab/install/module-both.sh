# The module file, by the tool that $init begins: loaded, programs are built with ours, unchanged ones
# find it, and the manual has its pages beside the system's; unloaded, all is as before.
variables() { env | grep -E '^(CPATH|LIBRARY_PATH|LD_LIBRARY_PATH|MANPATH|PATH|PKG_CONFIG_PATH)=' | sort; }
cc /lab/install/client.c -I/lab/rsmi/6.1.2/include -L/lab/rsmi/6.1.2 -lrocm_smi64 -o client
PATH=/usr/bin:/bin:/sbin
set +eu
. $init
set -eu
# As printed, and for a prefix where no compiler looks by itself.
for prefix in /opt/rsmi-compat /usr/local; do for theirs in none /srv/their/man; do
    mkdir -p $prefix
    cp -a /lab/destdir$prefix/. $prefix/
    grep '^module ' /lab/docs/administrators.md > printed
    is 2 sh -c 'wc -l < printed'
    sed "s|/usr/local|$prefix|" printed > lines
    unset MANPATH
    [ $theirs = none ] || export MANPATH=$theirs
    variables > before
    [ $prefix = /usr/local ] || refuses 'rocm_smi.h' cc /lab/install/client.c -lrocm_smi64 -o own
    set +eu
    . ./lines
    set -eu
    is "$CLIENT" ./client
    is $prefix/bin/rsmi-compat command -v rsmi-compat
    cc /lab/install/client.c $(pkg-config --cflags --libs rsmi_compat) -o own
    is "$CLIENT" ./own
    # No option says where anything is.
    for library in rocm_smi64 rsmi_compat; do
        cc /lab/install/client.c -l$library -o own
        is "$CLIENT" ./own
    done
    is $prefix/share/man/man1/rsmi-compat.1 man -w rsmi-compat
    # Debian's own pages are not in its smallest roots, and their directory is what counts.
    for page in /usr/share/man ${theirs#none}; do
        case :$(manpath -q): in
        *:$page:*) ;;
        *) fail "MANPATH=$MANPATH hides $page" ;;
        esac
    done
    case :$CPATH:$LIBRARY_PATH:$LD_LIBRARY_PATH: in
    *::*) fail "the directory that is current is looked into" ;;
    esac
    set +eu
    module unload rsmi-compat
    module unuse $prefix/share/modulefiles
    set -eu
    variables > after
    diff before after > log || fail "other than before: $(cat log)"
    refuses "librocm_smi64.so.1" ./client
done; done
