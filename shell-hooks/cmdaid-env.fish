# cmdaid for a fish that runs a string (`fish -c`): asks once for the whole of it, when the policy wants that.
#
# Read from conf.d by every fish. It leaves at once unless the daemon has written what is to happen, and says nothing and
# leaves nothing behind unless the string must not run: then this shell ends with 126 before any of it does. What it
# waits for is bounded by the relay; a process is started only for a string that is asked about.

if string match -qr '^(3\.([6-9]|[1-9][0-9])|[4-9]|[1-9][0-9])' -- $version; and test -r /proc/self/cmdline
    and string split0 </proc/self/cmdline | string match -qr '^(-[a-zA-Z]*c|--c)'
    set -l cmdaid /tmp/cmdaid-(string match --regex --groups-only '^Uid:\s+\d+\s+(\d+)' </proc/self/status)
    test -n "$XDG_RUNTIME_DIR"; and set cmdaid $XDG_RUNTIME_DIR/cmdaid
    if test -f $cmdaid/noninteractive
        set -l state ~/.local/state
        test -n "$XDG_STATE_HOME"; and set state $XDG_STATE_HOME
        for relay in (status dirname)/relay/cmdaid-relay $state/cmdaid/cmdaid-relay
            test -x $relay; or continue
            set -l login 0
            status is-login; and set login 1
            command $relay once 1 $fish_pid $version $login 50
            test $status = 126; and exec $relay refuse
            break
        end
    end
end
