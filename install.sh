#!/bin/sh
# shellcheck disable=SC2006,SC2016,SC2317 # Backticks are meant, see the head; what traps call is reached.
{ # Closed by the last line: a copy that was cut short anywhere is a syntax error, and does nothing.

# Installs the `wazero` command from a signed release:
#
#     curl -fsSL <base>/latest/download/install.sh | sh -s -- -b ~/.local/bin
#
# What is trusted: this script, and the public key in it. Everything else that is downloaded is checked before it is
# believed: the signature of SHA256SUMS by that key, then the archive by SHA256SUMS, then the version by running the
# program once. Only then does it replace an older one, in one step. The script asks for no rights, writes to the
# directory it was told and to a private temporary one, and leaves nothing else behind.
#
# It is plain POSIX sh, for dash, busybox, bash (3.2 too) and zsh. Functions return through the variables that their
# comment names: a failure inside a command substitution would end only the subshell. Those are written with backticks,
# because bash 5.2 parses `$(...)` anew each time, and a trap that comes meanwhile as a part of it, which fails.
# docs/install.md is its manual, and installers/tests/install tries to fool it.

# Where releases are, unless WAZERO_BASE_URL says otherwise. The only place that has this address.
default_base() {
    printf '%s\n' 'https://github.com/wazero-rs/wazero/releases'
}

# The key that releases are signed with. `installers/signing/put-key` fills the two functions in, in the copy that a
# release carries: the key, and the release's own version, older than which nothing is accepted as the latest one.
# --- public key: begin ---
public_key() {
    printf '%s\n' ''
}
least_version() {
    printf '%s\n' ''
}
# --- public key: end ---

# Most bytes of a download: the list of checksums, its signature (DER, P-256), an archive; and of the unpacked archive.
most_sums=1048576
most_signature=72
most_archive=134217728
most_unpacked=536870912

# Longest time in seconds that a program may take to tell its version.
most_seconds=20

usage() {
    printf '%s\n' \
        'usage: install.sh [-b bindir] [-d] [-x] [version]' \
        '       install.sh -u [-b bindir]' \
        '' \
        'Installs the wazero command: the given version, such as v1.2.3, or else the latest one.' \
        '' \
        '  -b bindir  the directory to install to; the variable BINDIR says it too; ./bin unless told' \
        '  -d         says what it does' \
        '  -u         removes what was installed' \
        '  -x         traces every command' \
        '  -h         this text' \
        '' \
        'WAZERO_BASE_URL is where releases are: https://..., file:///..., or http:// on this machine.'
}

# A text as it may be shown: control characters of a path or a server's answer do not reach the terminal.
show() {
    if have tr; then
        printf '%s' "$1" | tr '\000-\037\177' '?'
    else
        printf '%s' "$1"
    fi
}

say() {
    printf 'wazero: %s\n' "`show "$1"`" >&2
}

debug() {
    [ "$verbose" = no ] || printf 'debug: %s\n' "`show "$1"`" >&2
}

# Ends with a message and, where there is one, a hint.
fail() {
    printf 'error: %s\n' "`show "$1"`" >&2
    [ $# -lt 2 ] || printf '\nhint: %s\n' "`show "$2"`" >&2
    exit 1
}

fail_usage() {
    printf 'error: %s\n\n' "`show "$1"`" >&2
    usage >&2
    exit 2
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# ---- the shell and its surroundings ----

# Makes the shell the one that this script was written for, whatever it was started with.
settle() {
    if [ -n "${ZSH_VERSION:-}" ]; then emulate sh; fi
    set -eu
    set +C
    set +f
    IFS=`printf ' \t\nx'`
    IFS=${IFS%x}
    user_umask=`umask`
    umask 077
    LC_ALL=C
    export LC_ALL
    unset CDPATH GREP_OPTIONS GZIP TAR_OPTIONS
    verbose=no
    code=1
    child=
    starting=no
    work=
    stage=
    missing_top=
}

# Removes whatever this run has made; every exit comes by here, and no signal ends it halfway.
clean_up() {
    trap '' HUP INT TERM
    if [ "$starting" = yes ]; then child=${!:-}; fi
    if [ -n "$child" ]; then
        kill "$child" 2>/dev/null || :
        wait "$child" 2>/dev/null || :
    fi
    if [ -n "$stage" ]; then rm -rf "$stage" || :; fi
    if [ -n "$work" ]; then rm -rf "$work" || :; fi
    if [ -n "$missing_top" ]; then remove_made_folders; fi
}

# Cleans up, then ends by the very signal, so that a loop or a script around this one ends too.
end_by_signal() {
    clean_up
    trap - EXIT "$1"
    kill -s "$1" "$$"
    exit 1
}

catch_signals() {
    trap clean_up EXIT
    trap 'end_by_signal HUP' HUP
    trap 'end_by_signal INT' INT
    trap 'end_by_signal TERM' TERM
}

# Until `catch_signals_again`, signals are only remembered: between making a directory and knowing that it is ours.
hold_signals() {
    held=
    trap 'held=HUP' HUP
    trap 'held=INT' INT
    trap 'held=TERM' TERM
}

catch_signals_again() {
    catch_signals
    if [ -n "$held" ]; then end_by_signal "$held"; fi
}

# Makes the private temporary directory `work`. `mkdir` fails where anything exists, so nobody can have laid it out.
make_work() {
    temporary=${TMPDIR:-/tmp}
    case $temporary in /*) ;; *) temporary=./$temporary ;; esac
    if [ ! -d "$temporary" ]; then
        fail "the temporary directory \`$temporary\` does not exist" 'set TMPDIR to one that does'
    fi
    try=0
    hold_signals
    until mkdir -m 700 "$temporary/wazero-install.$$.$try" 2>/dev/null; do
        try=$((try + 1))
        if [ "$try" -eq 20 ]; then
            fail "no directory can be made in \`$temporary\`" 'set TMPDIR to a directory that you can write to'
        fi
    done
    work=$temporary/wazero-install.$$.$try
    catch_signals_again
}

# Runs a command whose files may not grow beyond that many bytes, in the background, so that a signal ends both at
# once. Its messages go to `messages` in `work`, for which there is always room. Sizes are in blocks of 512 bytes, or of
# 1024 in bash, so whoever needs an exact bound compares afterwards.
run_limited() {
    limit=$1
    shift
    if [ "$limit" -lt 65536 ]; then limit=65536; fi
    starting=yes
    (
        # shellcheck disable=SC3045 # Where it does not exist, nothing is lost.
        ulimit -c 0 2>/dev/null || :
        ulimit -f $((limit / 512)) 2>/dev/null || :
        exec "$@"
    ) </dev/null 2>"$work/messages" &
    child=$!
    starting=no
    code=0
    wait "$child" 2>/dev/null || code=$?
    child=
    return "$code"
}

# The last line of `messages`, as `message`.
last_message() {
    message=
    while IFS= read -r line || [ -n "$line" ]; do
        if [ -n "$line" ]; then message=$line; fi
    done <"$work/messages"
}

# ---- what was asked for ----

parse_arguments() {
    if [ "${1:-}" = --help ]; then set -- -h; fi
    bindir=${BINDIR:-./bin}
    uninstall=no
    OPTIND=1
    while getopts ':b:dhux' option; do
        case $option in
            b) bindir=$OPTARG ;;
            d) verbose=yes ;;
            h)
                usage
                exit 0
                ;;
            u) uninstall=yes ;;
            x) set -x ;;
            :) fail_usage "\`-$OPTARG\` needs a value" ;;
            *) fail_usage "there is no option \`-$OPTARG\`" ;;
        esac
    done
    shift $((OPTIND - 1))
    if [ $# -gt 1 ]; then fail_usage "\`$2\` is one argument too many"; fi
    wanted=
    if [ $# -eq 1 ]; then
        wanted=${1#v}
        if ! is_version "$wanted"; then fail_usage "\`$1\` is not a version such as \`v1.2.3\`"; fi
        if [ "$uninstall" = yes ]; then fail_usage "\`-u\` takes no version"; fi
    fi
    settle_bindir
}

# Brings `bindir` into a form in which no program takes it for an option.
settle_bindir() {
    if [ -z "$bindir" ]; then fail_usage 'the directory to install to is empty'; fi
    case $bindir in /*) ;; *) bindir=./$bindir ;; esac
    while :; do
        case $bindir in
            ?*/) bindir=${bindir%/} ;;
            *) break ;;
        esac
    done
    target=$bindir/wazero
}

# Whether a text is a version: three numbers, and perhaps a pre-release suffix.
is_version() {
    case $1 in '' | *[!0-9A-Za-z.-]* | ?????????????????????????????????????????????????????????????????*) return 1 ;; esac
    core=${1%%-*}
    minor_patch=${core#*.}
    for number in "${core%%.*}" "${minor_patch%%.*}" "${minor_patch#*.}"; do
        case $number in '' | *[!0-9]* | 0?* | ??????????*) return 1 ;; esac
    done
    if [ "$core" = "$minor_patch" ] || [ "${minor_patch#*.}" = "$minor_patch" ]; then return 1; fi
    if [ "$core" = "$1" ]; then return 0; fi
    case ${1#*-} in '' | .* | *. | *..*) return 1 ;; esac
}

# Whether the first version precedes the second, by the rules of semver.org.
is_older() {
    left=${1%%-*}
    right=${2%%-*}
    for _ in major minor patch; do
        if [ "${left%%.*}" -ne "${right%%.*}" ]; then
            [ "${left%%.*}" -lt "${right%%.*}" ]
            return
        fi
        left=${left#*.}
        right=${right#*.}
    done
    case $1 in *-*) left=${1#*-} ;; *) return 1 ;; esac
    case $2 in *-*) right=${2#*-} ;; *) return 0 ;; esac
    is_older_suffix
}

# The same for the suffixes `left` and `right`, piece by piece: numbers precede words, and less precedes more.
is_older_suffix() {
    while [ -n "$left" ] && [ -n "$right" ]; do
        x=${left%%.*}
        y=${right%%.*}
        case $left in *.*) left=${left#*.} ;; *) left= ;; esac
        case $right in *.*) right=${right#*.} ;; *) right= ;; esac
        if [ "$x" = "$y" ]; then continue; fi
        x_word=no
        y_word=no
        case $x in *[!0-9]* | ??????????*) x_word=yes ;; esac
        case $y in *[!0-9]* | ??????????*) y_word=yes ;; esac
        case $x_word$y_word in
            nono) [ "$x" -lt "$y" ] ;;
            noyes) return 0 ;;
            yesno) return 1 ;;
            *) expr "x$x" \< "x$y" >/dev/null ;;
        esac
        return
    done
    [ -z "$left" ] && [ -n "$right" ]
}

# The release's names for this system and processor, as `os` and `arch`.
find_platform() {
    kernel=`uname -s`
    machine=`uname -m`
    case $kernel in
        Linux) os=linux ;;
        Darwin) os=darwin ;;
        FreeBSD) os=freebsd ;;
        MINGW* | MSYS* | CYGWIN* | Windows*)
            fail "this script does not install on Windows (\`$kernel\`)" \
                "take wazero_<version>_windows_<arch>.msi from $base"
            ;;
        *) fail "there is no release for the system \`$kernel\`" 'build it from source, see docs/install.md' ;;
    esac
    case $machine in
        x86_64 | amd64) arch=amd64 ;;
        aarch64 | arm64) arch=arm64 ;;
        riscv64) arch=riscv64 ;;
        s390x) arch=s390x ;;
        *) fail "there is no release for the processor \`$machine\`" 'build it from source, see docs/install.md' ;;
    esac
    # A shell under Rosetta believes that it runs on an Intel processor.
    if [ "$os-$arch" = darwin-amd64 ] && [ "`sysctl -n sysctl.proc_translated 2>/dev/null || :`" = 1 ]; then
        arch=arm64
    fi
    debug "platform $os/$arch"
}

# The address of the releases, as `base`. Plain http is for a server on this machine; the user part of an address could
# make another host look like it, so the whole authority is compared.
find_base() {
    base=${WAZERO_BASE_URL:-`default_base`}
    base=${base%/}
    case $base in
        file:///*) return ;;
        *[!]A-Za-z0-9:/._~%+=,@[-]*) fail "\`$base\` is not an address" ;;
        https://?*) return ;;
        http://?*) ;;
        *) fail "\`$base\` is not an address that starts with https:// or file:///" ;;
    esac
    authority=${base#http://}
    authority=${authority%%/*}
    case $authority in
        127.0.0.1 | localhost | '[::1]') return ;;
        '[::1]':*) port=${authority#'[::1]':} ;;
        127.0.0.1:* | localhost:*) port=${authority#*:} ;;
        *) port= ;;
    esac
    case $port in '' | *[!0-9]*) ;; *) return ;; esac
    fail "\`$base\` would be loaded without encryption" 'use https://; plain http is for this machine only'
}

check_tools() {
    for tool in chmod expr gzip mkdir mv openssl rm rmdir tar tr uname wc; do
        have "$tool" || fail "the program \`$tool\` is missing" "install \`$tool\`, and run this again"
    done
    if [ -z "`public_key`" ]; then
        fail 'this copy of the script has no public key, so it could check nothing' \
            'use the install.sh of a release, or put a key in with installers/signing/put-key'
    fi
    case $base in
        file:*) downloader=copy ;;
        *) find_downloader ;;
    esac
    debug "downloads by $downloader from $base"
}

find_downloader() {
    if have curl; then
        downloader=curl
    elif have wget; then
        downloader=wget
        case `wget --version 2>/dev/null || :` in *GNU*) ;; *) downloader=busybox ;; esac
    elif have fetch; then
        downloader=fetch
    else
        fail 'neither `curl` nor `wget` is there to download with' 'install one of the two, and run this again'
    fi
}

# ---- downloading ----

# Downloads a file of the releases to a name in `work`, at most that many bytes of it.
download() {
    url=$base/$1
    file=$work/$2
    most=$3
    refused=
    debug "downloading $url"
    : >"$work/messages"
    if ! load; then
        if [ -n "$refused" ]; then
            fail "$base/$1 leads to \`$refused\`, which is not https" 'releases are loaded over https only'
        fi
        last_message
        if [ "$code" -eq 153 ]; then message='it is too large, or larger than `ulimit -f` allows'; fi
        fail "$url could not be downloaded: ${message:-the download ended with code $code}" \
            'is the version right, is there a connection, is the disk full?'
    fi
    if [ ! -f "$file" ]; then fail "$url could not be downloaded"; fi
    size=`wc -c <"$file"`
    if [ $((size)) -gt "$most" ]; then fail "$url has more than $most bytes"; fi
}

load() {
    case $downloader in
        curl) load_by_curl ;;
        wget) load_by_wget ;;
        busybox) load_by_busybox ;;
        fetch) run_limited "$most" fetch -q -T 60 -o "$file" "$url" ;; # FreeBSD's own.
        *) run_limited "$most" cat "${url#file://}" >"$file" ;;
    esac
}

# --proto-redir is what keeps a server from leading elsewhere than to https.
load_by_curl() {
    first=https
    case $url in http:*) first=http ;; esac
    run_limited "$most" curl -fsSLg --proto "=$first" --proto-redir '=https' --tlsv1.2 --max-redirs 5 \
        --connect-timeout 30 --speed-limit 1024 --speed-time 60 --retry 2 --max-filesize "$most" \
        -o "$file" "$url" && return
    if [ "$code" -eq 1 ]; then refused='another protocol'; fi
    return "$code"
}

# wget would follow a redirect to http too, so it follows none, and this function does.
load_by_wget() {
    hops=0
    while [ "$hops" -le 5 ]; do
        hops=$((hops + 1))
        if run_limited "$most" wget -nv -S --max-redirect=0 -T 60 -t 3 -O "$file" "$url"; then return; fi
        find_location
        case $location in
            '') return "$code" ;;
            https://*) url=$location ;;
            /*)
                host=${url#*://}
                url=${url%%://*}://${host%%/*}$location
                case $url in https://*) ;; *) refused=$url ;; esac
                ;;
            *) refused=$location ;;
        esac
        if [ -n "$refused" ]; then return "$code"; fi
        debug "redirected to $url"
    done
    return "$code"
}

# The wget of busybox cannot be told to stay: the file is thrown away where it was led off https. Some builds of it
# crash on -T, so it keeps its own patience.
load_by_busybox() {
    run_limited "$most" wget -S -O "$file" "$url" || return
    find_location
    case $location in '' | https:*) ;; *) refused=$location ;; esac
    [ -z "$refused" ]
}

# Where the last answer led, as `location`: from the headers that wget shows among its messages.
find_location() {
    location=
    while read -r name value _; do
        case $name in
            [Ll]ocation:) location=${value%"`printf '\r'`"} ;;
        esac
    done <"$work/messages"
}

# ---- checking ----

# Downloads SHA256SUMS of the version asked for, or of the latest, and believes it only when the key has signed it.
get_sums() {
    folder=latest/download
    if [ -n "$wanted" ]; then folder=download/v$wanted; fi
    download "$folder/SHA256SUMS" sums "$most_sums"
    download "$folder/SHA256SUMS.sig" signature "$most_signature"
    public_key >"$work/key" || fail "\`$work\` cannot be written to" 'is the disk full?'
    if ! openssl dgst -sha256 -verify "$work/key" -signature "$work/signature" "$work/sums" \
        </dev/null >"$work/verdict" 2>&1; then
        first_line=
        read -r first_line <"$work/sums" || :
        case $first_line in
            *'<'*) fail 'the server sent a web page in place of SHA256SUMS' 'does a proxy want a login first?' ;;
        esac
        fail 'the signature of SHA256SUMS is wrong: nothing was installed' \
            'somebody may have altered the release; please report it'
    fi
    debug 'the signature of SHA256SUMS is right'
}

# The archive for this platform, as `archive`, `version` and `sum`. The version comes from the signed names alone.
find_archive() {
    archive=
    while read -r hex name _; do
        case $name in
            wazero_*_"${os}_$arch".tar.gz) ;;
            *) continue ;;
        esac
        candidate=${name#wazero_}
        candidate=${candidate%_"${os}_$arch".tar.gz}
        if ! is_version "$candidate" || { [ -n "$wanted" ] && [ "$candidate" != "$wanted" ]; }; then
            fail "SHA256SUMS is not that of the version asked for: it has \`$name\`" \
                'an old release may have been served for a new one; please report it'
        fi
        if [ -n "$archive" ]; then fail "SHA256SUMS names two archives for $os/$arch"; fi
        archive=$name
        version=$candidate
        sum=$hex
    done <"$work/sums"
    if [ -z "$archive" ]; then
        fail "the release${wanted:+ $wanted} has no archive for $os/$arch" 'build it from source, see docs/install.md'
    fi
    case $sum in *[!0-9a-f]*) fail "SHA256SUMS has no checksum for \`$archive\`" ;; esac
    if [ "${#sum}" -ne 64 ]; then fail "SHA256SUMS has no checksum for \`$archive\`"; fi
}

# An attacker can keep old releases with good signatures, and serve one as the latest: unless the version was asked for,
# it must not be older than what is installed, or than the release that this script is from.
refuse_older() {
    if [ -n "$wanted" ]; then return; fi
    oldest=`least_version`
    if [ -n "$oldest" ] && is_older "$version" "$oldest"; then
        fail "the server calls $version the latest version, but $oldest is older than this script" \
            "to install it nevertheless, ask for it: v$version"
    fi
    if [ ! -f "$target" ] || [ ! -x "$target" ]; then return; fi
    ask_version "$target"
    if is_version "$answer" && is_older "$version" "$answer"; then
        fail "\`$target\` has version $answer, and the latest release would be the older $version" \
            "to install it nevertheless, ask for it: v$version"
    fi
}

get_archive() {
    say "downloading $archive"
    download "download/v$version/$archive" archive "$most_archive"
    actual=`openssl dgst -sha256 <"$work/archive"` || fail '`openssl` cannot compute a checksum'
    actual=${actual##* }
    if [ "$actual" != "$sum" ]; then
        debug "expected $sum, got $actual"
        fail "the checksum of $archive is wrong: nothing was installed" \
            'the download may have been cut short or altered; try again'
    fi
    debug "the checksum of $archive is right"
}

# Unpacks the member `wazero` and nothing else: its bytes go through a pipe, so that no path and no link of the archive
# means anything.
unpack() {
    run_limited "$most_unpacked" gzip -dc "$work/archive" >"$work/tar" || fail_unpack
    run_limited "$most_unpacked" tar -tvf "$work/tar" >"$work/list" || fail_unpack
    members=0
    while read -r mode rest; do
        case $mode in -*) ;; *) continue ;; esac
        case $rest in *' link to '* | *' -> '*) continue ;; esac
        if [ "${rest##* }" = wazero ]; then members=$((members + 1)); fi
    done <"$work/list"
    if [ "$members" -ne 1 ]; then fail "$archive does not have one file \`wazero\`: nothing was installed"; fi
    run_limited "$most_unpacked" tar -xOf "$work/tar" wazero >"$stage/wazero" || fail_unpack
    if [ ! -s "$stage/wazero" ]; then fail "$archive has an empty \`wazero\`: nothing was installed"; fi
    chmod 755 "$stage/wazero" || fail_unpack
}

fail_unpack() {
    last_message
    if [ "$code" -eq 153 ]; then message='it is too large, or larger than `ulimit -f` allows'; fi
    fail "$archive cannot be unpacked: ${message:-code $code}" 'is the disk full?'
}

# The first line that a program prints when asked for its version, as `answer`. A program that does not answer in time
# is killed by a second process, which is killed itself when there was an answer: anything softer than SIGKILL could
# reach it while it still has the traps of this shell.
ask_version() {
    starting=yes
    (
        ulimit -f 128 2>/dev/null || :
        exec "$1" version
    ) </dev/null >"$work/answer" 2>"$work/messages" &
    child=$!
    starting=no
    (
        naps=0
        while [ "$naps" -lt "$most_seconds" ] && sleep 1; do naps=$((naps + 1)); done
        if [ "$naps" -eq "$most_seconds" ]; then kill -9 "$child"; fi
    ) </dev/null >/dev/null 2>&1 &
    watch=$!
    code=0
    wait "$child" 2>/dev/null || code=$?
    child=
    kill -9 "$watch" 2>/dev/null || :
    wait "$watch" 2>/dev/null || :
    answer=
    read -r answer <"$work/answer" || :
    debug "\`$1\` says \`$answer\`, with code $code"
}

# ---- installing ----

# Refuses early, before anything is downloaded, what could not work, and finds the topmost folder that is missing.
check_target() {
    if [ -L "$target" ]; then
        fail "\`$target\` is a symbolic link, which somebody else has made" \
            'remove it first, or choose another directory with -b'
    fi
    if [ -d "$target" ]; then fail "\`$target\` is a directory" 'choose another directory with -b'; fi
    if [ -e "$target" ] && [ ! -f "$target" ]; then fail "\`$target\` is not a file"; fi
    missing=
    probe=$bindir
    while [ ! -d "$probe" ]; do
        if [ -e "$probe" ] || [ -L "$probe" ]; then fail "\`$probe\` is not a directory"; fi
        missing=$probe
        probe=${probe%/*}
        if [ -z "$probe" ]; then probe=/; fi
    done
    if [ ! -w "$probe" ] || [ ! -x "$probe" ]; then
        fail "\`$probe\` cannot be written to" 'choose another directory with -b, such as ~/.local/bin'
    fi
}

remove_made_folders() {
    probe=$bindir
    while rmdir "$probe" 2>/dev/null && [ "$probe" != "$missing_top" ]; do
        probe=${probe%/*}
    done
}

# Makes the directory `stage` beside the target, where a rename is one step, and removes what killed runs have left.
make_stage() {
    if [ -n "$missing" ]; then
        missing_top=$missing
        (umask "$user_umask" && mkdir -p "$bindir") || fail "\`$bindir\` cannot be made"
    fi
    for old in "$bindir"/.wazero-install.*; do
        if [ -d "$old" ] && [ ! -L "$old" ] && ! kill -0 "${old##*.}" 2>/dev/null; then rm -rf "$old" || :; fi
    done
    hold_signals
    mkdir -m 700 "$bindir/.wazero-install.$$" || fail "\`$bindir\` cannot be written to"
    stage=$bindir/.wazero-install.$$
    catch_signals_again
}

# Runs the new program where it will stand, for a temporary directory may not allow that.
try_program() {
    ask_version "$stage/wazero"
    if [ "$answer" = "$version" ] && [ "$code" -eq 0 ]; then return; fi
    last_message
    if [ -n "$answer" ] && [ "$code" -eq 0 ]; then
        fail "the program in $archive says that it is \`$answer\`: nothing was installed" 'please report it'
    fi
    fail "the program in $archive does not run here: ${message:-code $code}" \
        'is the directory one that programs may run from? -b chooses another'
}

replace() {
    # Given a name, GNU's and busybox' `sync` write that file only; others everything, which is right too.
    if have sync; then sync "$stage/wazero" 2>/dev/null || :; fi
    check_target
    mv -f "$stage/wazero" "$target" || fail "\`$target\` cannot be replaced"
    missing_top=
}

# Tells how the shell finds the command, where it would not.
hint_path() {
    folder=`cd "$bindir" && pwd && printf x` || return 0
    folder=${folder%?x}
    case :$PATH: in
        *:"$folder":*)
            found=`command -v wazero || :`
            if [ "$found" != "$folder/wazero" ]; then
                printf '\nhint: the shell finds another one first: `%s`\n' "`show "$found"`" >&2
            fi
            return
            ;;
    esac
    quoted=
    rest=$folder
    while :; do
        case $rest in
            *\'*) quoted=$quoted${rest%%\'*}"'\\''" ;;
            *) break ;;
        esac
        rest=${rest#*\'}
    done
    quoted="'$quoted$rest'"
    case ${SHELL:-} in
        */fish) line="fish_add_path $quoted" ;;
        */csh | */tcsh) line="setenv PATH $quoted:\"\$PATH\"" ;;
        *) line="export PATH=$quoted:\"\$PATH\"" ;;
    esac
    printf '\nhint: `%s` is not in PATH; to add it:\n\n    %s\n' "`show "$folder"`" "`show "$line"`" >&2
}

install() {
    find_base
    find_platform
    check_tools
    check_target
    make_work
    get_sums
    find_archive
    refuse_older
    get_archive
    make_stage
    unpack
    try_program
    replace
    say "installed wazero $version as $target"
    hint_path
}

# ---- removing ----

# Removes the program, and only what answers as it.
remove() {
    if [ -L "$target" ] || { [ -e "$target" ] && [ ! -f "$target" ]; }; then
        fail "\`$target\` is not what this script has installed" 'remove it by hand if it is not needed'
    fi
    if [ ! -e "$target" ]; then fail "\`$target\` does not exist" '-b tells the directory'; fi
    make_work
    ask_version "$target"
    if ! is_version "$answer"; then
        fail "\`$target\` does not answer as wazero does, so it stays" 'remove it by hand if it is not needed'
    fi
    rm -f "$target" || fail "\`$target\` cannot be removed"
    say "removed wazero $answer, which was $target"
}

main() {
    settle
    catch_signals
    parse_arguments "$@"
    case $uninstall in
        yes) remove ;;
        *) install ;;
    esac
}

main "$@"; exit; }
