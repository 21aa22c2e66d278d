# cmdaid for interactive fish: each command line is judged by the daemon before any part of it runs.
#
# What a hook may and may not do is in docs/format/hook.md, with the protocol. fish 3.6 or newer is needed; the hook itself
# stands in a file of its own, which older ones cannot read.

if status is-interactive
    if not string match -qr '^(3\.([6-9]|[1-9][0-9])|[4-9]|[1-9][0-9])' -- $version
        printf 'cmdaid: fish %s is too old (3.6 or newer is needed): commands run unchecked\n' $version >&2
    else if not functions -q __cmdaid_unload; or test "$__cmdaid_pid" != $fish_pid
        # The process id tells a second sourcing in this shell from variables that came in through the environment.
        source (status dirname)/cmdaid-3.6.fish
    end
end
