# cmdaid for fish 3.6 and newer; read by cmdaid.fish.
#
# A line cannot be stopped once fish has accepted it, so every key that executes is bound to a function that asks first.
# Events tell when a line begins and ends, and catch what was executed in another way: it is reported as unasked. fish
# cannot wait with a bound, so it asks through a relay, one small process for each session (relay/main.c), which answers
# within 50 ms whatever the daemon does. No process is started for a line, and nothing writes where it could block.

set -g __cmdaid_pid $fish_pid
set -g __cmdaid_dir (status dirname)
set -g __cmdaid_major (builtin string split . -- $version)[1]
set -g __cmdaid_ends # what the relay made: where to write, where to read an answer, where to read what there is to say
set -g __cmdaid_starts # one element for each relay so far
set -g __cmdaid_wait 50 # milliseconds to wait for an answer: HOOK_WAIT_MS of src/core/limits.ts
set -g __cmdaid_turn 0 a 1 A # an answer tells by its case to which of two asks it belongs; the letter is "run it"
set -g __cmdaid_answer # run, refuse or confirm; empty when there is no verdict
set -g __cmdaid_busy # a line runs
set -g __cmdaid_after # input functions that follow `execute` in a binding
set -g __cmdaid_bound # bindings that are ours: mode, key and what was there before
set -g __cmdaid_rebind 1 # bindings may have changed
set -g __cmdaid_bindings # the value of fish_key_bindings when ours were made
set -g __cmdaid_aliased 1 # aliases may have changed
set -g __cmdaid_aliases # those that were told last: names and what they stand for
set -g __cmdaid_unproved 1 # no canary was sent yet
# Set when there is something to say before a line begins: __cmdaid_saying; and not to be taken for one: __cmdaid_refused.

# --- the relay --------------------------------------------------------------------------------------------------------

# Starts one. A session whose relays keep dying gets no further one: a process for each line is what must not be.
function __cmdaid_start
    set -g __cmdaid_ends
    if not set -q __cmdaid_starts[5]
        set -ga __cmdaid_starts 1
        set -l login 0
        builtin status is-login; and set login 1
        set -l state ~/.local/state
        builtin test -n "$XDG_STATE_HOME"; and set state $XDG_STATE_HOME
        for program in $__cmdaid_dir/relay/cmdaid-relay $state/cmdaid/cmdaid-relay
            builtin test -x $program; or continue
            set -g __cmdaid_ends (command $program serve 1 $fish_pid $version $login $__cmdaid_wait </dev/null 2>/dev/null)
            builtin test -p "$__cmdaid_ends[1]"; or continue
            set -g __cmdaid_unproved 1
            __cmdaid_tell_aliases
            return 0
        end
        set -g __cmdaid_ends
    end
    if not set -q __cmdaid_said
        set -g __cmdaid_said 1
        builtin printf 'cmdaid: the relay for fish is not there: commands run unchecked\n' >&2
    end
    return 1
end

# __cmdaid_tell KIND TEXT: a request that nobody answers.
function __cmdaid_tell
    builtin test -p "$__cmdaid_ends[1]"; and builtin printf '%s\0%s\0%s\0' $argv[1] $PWD "$argv[2]" >$__cmdaid_ends[1]
end

# __cmdaid_ask KIND TEXT: sets __cmdaid_answer, and __cmdaid_saying.
function __cmdaid_ask
    set -g __cmdaid_answer
    builtin test -p "$__cmdaid_ends[1]"; or __cmdaid_start; or return
    set -g __cmdaid_turn $__cmdaid_turn[3 4 1 2]
    builtin printf '%s\0%s\0%s\0' $argv[1]$__cmdaid_turn[1] $PWD "$argv[2]" >$__cmdaid_ends[1]
    set -l byte
    while builtin read --nchars 1 byte <$__cmdaid_ends[2]
        __cmdaid_hear $byte; and break
    end
end

# Understands an answer; fails when it is the one to an ask that was interrupted.
function __cmdaid_hear
    switch $__cmdaid_turn[1]$argv[1]
        case 0a 1A
            set -g __cmdaid_answer run
        case 0b 1B
            set -g __cmdaid_answer run
            set -g __cmdaid_saying 1
        case 0c 1C
            set -g __cmdaid_answer refuse
            set -g __cmdaid_saying 1
        case 0d 1D
            set -g __cmdaid_answer confirm
            set -g __cmdaid_saying 1
        case 0e 1E
            set -g __cmdaid_answer
        case 0f 1F
            set -g __cmdaid_answer
            set -g __cmdaid_saying 1
        case 0g 1G
            set -g __cmdaid_answer look
        case 0h 1H
            set -g __cmdaid_answer look
            set -g __cmdaid_rebind 1
        case '*'
            return 1
    end
end

function __cmdaid_explain
    set -e __cmdaid_saying
    set -l say
    builtin read --null say <$__cmdaid_ends[3]
    builtin printf '%s' $say >&2
end

# Shows that lines are stopped, by one that every policy refuses. Prints nothing.
function __cmdaid_canary
    __cmdaid_ask C cmdaid-canary
    set -e __cmdaid_saying
    switch "$__cmdaid_answer"
        case refuse
            __cmdaid_tell K enforced
        case ''
            __cmdaid_tell K failed
            return 1
        case '*'
            __cmdaid_tell K observing
    end
end

# --- a key that executes ----------------------------------------------------------------------------------------------

# What keys are bound to. They also end what `read` reads: while a line runs, and in a function that another key is bound
# to, which is known by its arguments (__cmdaid_within). That is nobody's business.
set -g __cmdaid_key 'if set -lq argv; __cmdaid_within; else; __cmdaid_enter; end'

function __cmdaid_within
    if builtin status is-breakpoint
        __cmdaid_enter
    else
        builtin commandline --function execute
    end
end

# Does what Enter does, after asking. Here are the few steps of a line that is complete and may run: what is not usual goes to
# functions of its own. The command line goes to the relay without a substitution, which would cost more than all the rest.
function __cmdaid_enter
    if not builtin set -q __cmdaid_busy[1]; and builtin test -p "$__cmdaid_ends[1]"
        and not builtin commandline --paging-mode; and builtin commandline --is-valid
        set -g __cmdaid_turn $__cmdaid_turn[3 4 1 2]
        begin
            builtin abbr --list
            builtin printf 'L%s\0%s\0' $__cmdaid_turn[1] $PWD
            builtin commandline
            builtin printf '\0'
        end >$__cmdaid_ends[1]
        set -l byte
        builtin read --nchars 1 byte <$__cmdaid_ends[2]
        if builtin test "$byte" = $__cmdaid_turn[2]
            builtin commandline --function execute $__cmdaid_after
            return
        end
        while not __cmdaid_hear $byte; and builtin read --nchars 1 byte <$__cmdaid_ends[2]
        end
        if builtin test "$__cmdaid_answer" != look
            __cmdaid_obey "$(builtin commandline)"
            return
        end
    else if builtin set -q __cmdaid_busy[1]; and not builtin status is-breakpoint
        __cmdaid_execute
        return
    else if builtin commandline --paging-mode
        __cmdaid_page; or return
    end
    builtin test -n "$(builtin abbr --list)"; and __cmdaid_expand
    __cmdaid_accept "$(builtin commandline)"
end

# __cmdaid_accept LINE: fish executes it, continues it on a new line, or says what is wrong with it; asks in the first case.
function __cmdaid_accept
    builtin commandline --is-valid
    switch $status
        case 0
            if builtin string match -q '*\\*' -- "$argv[1]"; and __cmdaid_continues "$argv[1]"
                builtin commandline --insert \n
                return
            end
        case 2
            if builtin string match -qr '\S' -- "$argv[1]"
                builtin commandline --insert \n
                return
            end
            __cmdaid_execute
            return
        case '*'
            # fish 4 executes at once, and would say that what is wrong is in this function; after a repaint it does not.
            builtin test $__cmdaid_major = 3; or builtin commandline --function repaint
            __cmdaid_execute
            return
    end
    __cmdaid_ask Q "$argv[1]"
    __cmdaid_obey "$argv[1]"
end

# Does what the answer says.
function __cmdaid_obey
    switch "$__cmdaid_answer"
        case refuse
            __cmdaid_cancel "$argv[1]"
        case confirm
            if __cmdaid_confirm
                builtin commandline --function repaint
                __cmdaid_execute
            else
                __cmdaid_cancel "$argv[1]"
            end
        case '*'
            __cmdaid_execute
    end
end

function __cmdaid_execute
    builtin commandline --function execute $__cmdaid_after
    set -g __cmdaid_after
end

# Whether a backslash before the cursor, or at the end, joins the next line.
function __cmdaid_continues
    set -l odd '(^|[^\\\\])(\\\\\\\\)*\\\\$'
    set -l before "$(builtin commandline --cut-at-cursor)"
    if builtin string match -qr $odd -- "$argv[1]"
        # fish goes to the end of the line first, unless a blank follows the cursor and the backslash stands before it.
        builtin string match -qr $odd -- "$before"; or builtin commandline --cursor (builtin string length -- "$argv[1]")
        return 0
    end
    builtin string match -qr $odd -- "$before"
    or return
    set -l after (builtin math (builtin string length -- "$before") + 1)
    builtin string match -qr '^\s' -- "$(builtin string sub --start $after -- "$argv[1]")"
end

# The list of completions is open. With one of them chosen, fish closes it and keeps the line; otherwise it executes.
# Which of the two it is can be seen by what cancelling takes back. fish 3 does that too late to be seen, so there the list is
# closed, and a second Enter executes. Fails when there is nothing more to do.
function __cmdaid_page
    set -l line "$(builtin commandline)"
    if builtin test $__cmdaid_major = 3
        # Only a change closes it.
        if builtin string match -q '* ' -- "$line"
            builtin commandline --replace -- (builtin string sub --end=-1 -- "$line" | builtin string collect)
        else
            builtin commandline --insert ' '
        end
        return 1
    end
    set -l cursor (builtin commandline --cursor)
    set -l search (builtin commandline --search-field)
    set -l searching $status
    builtin commandline --function cancel
    builtin test $searching != 0; and builtin contains -- "$line" "$(builtin commandline)"; and return 0
    builtin commandline --replace -- $line
    builtin commandline --cursor $cursor
    return 1
end

# Executes the line as a comment: nothing of it runs, it stands above what is said about it, and the history has it.
function __cmdaid_cancel
    set -l blank
    builtin string match -q ' *' -- "$argv[1]"; and set blank ' '
    builtin commandline --replace -- "$(builtin string split \n -- "$argv[1]" | builtin string replace -r '^' "$blank# ")"
    set -g __cmdaid_refused 1
    __cmdaid_execute
end

# Asks the person for a reason. None, Ctrl-C or no terminal: the line does not run.
function __cmdaid_confirm
    set -l reason
    builtin echo >&2
    __cmdaid_explain
    builtin read --prompt-str 'cmdaid: reason (empty to cancel): ' reason </dev/tty
    or set reason
    builtin string match -qr '\S' -- "$reason"; or set reason
    __cmdaid_tell R "$reason"
    builtin test -n "$reason"
end

# --- abbreviations ----------------------------------------------------------------------------------------------------
# fish expands one at the cursor when it executes, which is after we have asked. So it is expanded before, and a blank keeps
# the cursor off what it became: an expansion is never expanded again.

function __cmdaid_expand
    if builtin test $__cmdaid_major = 3
        __cmdaid_expand_by_hand
        return
    end
    set -l line "$(builtin commandline)"
    set -l cursor (builtin commandline --cursor)
    # `expand-abbr` looks one character before the cursor, `execute` at it.
    if builtin test $cursor -lt (builtin string length -- "$line")
        builtin commandline --cursor (builtin math $cursor + 1)
        builtin commandline --function expand-abbr
        if builtin contains -- "$line" "$(builtin commandline)"
            builtin commandline --cursor $cursor
            return
        end
    else
        builtin commandline --insert ' '
        builtin commandline --function expand-abbr
        if builtin contains -- "$line " "$(builtin commandline)"
            builtin commandline --replace -- $line
            return
        end
    end
    __cmdaid_keep_off "$(builtin commandline)"
end

# fish 3 expands no earlier than it executes, whatever a function asks for.
function __cmdaid_expand_by_hand
    set -l token "$(builtin commandline --current-token)"
    builtin test -n "$token"; or return
    set -l first
    builtin commandline --current-process --cut-at-cursor --tokenize |
        builtin string match -qvr '^(|and|or|not|!|if|while|else|begin|time|\w+=.*)$'; or set first 1
    for line in (builtin abbr --show)[-1..1]
        set -l new "$(__cmdaid_expansion $line $token $first)"; or continue
        builtin commandline --current-token --replace -- $new
        __cmdaid_keep_off "$(builtin commandline)"
        return
    end
end

# __cmdaid_expansion ABBREVIATION TOKEN [first]: what it makes of the token, if it is for such a one.
function __cmdaid_expansion
    builtin printf '%s\n' $argv[1] | builtin read --tokenize --list words
    set -l token $argv[2]
    set -l first $argv[3]
    builtin argparse a position= regex= function= 'set-cursor=?' -- $words[2..] 2>/dev/null; or return
    builtin test "$_flag_position" = anywhere -o -n "$first"; or return
    if builtin set -q _flag_regex
        builtin string match -qr -- "^(?:$_flag_regex)\$" $token; or return
    else
        builtin contains -- $token $argv[1]; or return
    end
    set -l new "$argv[2..]"
    if builtin set -q _flag_function
        set new "$($_flag_function $token)"; or return
    end
    if builtin set -q _flag_set_cursor
        builtin test -n "$_flag_set_cursor"; or set _flag_set_cursor %
        set new "$(builtin string replace -- $_flag_set_cursor '' $new)"
    end
    builtin printf '%s\n' $new
end

function __cmdaid_keep_off
    set -l line (builtin string trim --right --chars ' ' -- "$argv[1]" | builtin string collect)' '
    builtin commandline --replace -- $line
    builtin commandline --cursor (builtin string length -- $line)
end

# --- around each line -------------------------------------------------------------------------------------------------

# A line begins. The relay knows whether it was asked about; what goes round us is reported as unasked.
function __cmdaid_preexec --on-event fish_preexec
    set -g __cmdaid_busy 1
    builtin set -q __cmdaid_saying; and __cmdaid_explain
    if builtin set -q __cmdaid_refused
        set -e __cmdaid_refused
    else if builtin test -p "$__cmdaid_ends[1]"
        builtin printf 'P\0%s\0%s\0' $PWD "$argv[1]" >$__cmdaid_ends[1]
    end
end

function __cmdaid_postexec --on-event fish_postexec
    set -l ended "$status $pipestatus"
    set -g __cmdaid_busy
    builtin test -p "$__cmdaid_ends[1]"; and builtin printf 'E\0%s\0%s\0' $PWD $ended >$__cmdaid_ends[1]
end

function __cmdaid_prompt --on-event fish_prompt
    # fish changes its bindings without an event.
    builtin test "$__cmdaid_rebind$__cmdaid_aliased$__cmdaid_unproved$fish_key_bindings" = "$__cmdaid_bindings"; and return
    builtin test -z "$__cmdaid_rebind" -a "$fish_key_bindings" = "$__cmdaid_bindings"; or __cmdaid_bind
    if builtin test -n "$__cmdaid_unproved"; and __cmdaid_canary
        set -g __cmdaid_unproved
    end
    builtin test -z "$__cmdaid_aliased"; or __cmdaid_find_aliases
end

function __cmdaid_exit --on-event fish_exit
    __cmdaid_tell X
end

# --- bindings ---------------------------------------------------------------------------------------------------------

# Every binding with `execute` in it gets our function in its place: those of the person themselves, and above each of fish's
# own, of whichever mode, one that is otherwise the same.
function __cmdaid_bind
    set -g __cmdaid_rebind
    set -g __cmdaid_bindings $fish_key_bindings
    __cmdaid_unbind
    for line in (
        builtin bind --user | builtin string match '* execute*'
        builtin bind --preset | builtin string match '* execute*'
    )
        __cmdaid_bind_instead $line
    end
end

function __cmdaid_bind_instead
    set -l line $argv[1]
    builtin printf '%s\n' $line | builtin read --tokenize --list words
    builtin argparse --stop-nonopt M/mode= m/sets-mode= k/key s/silent preset user -- $words[2..] 2>/dev/null; or return
    builtin contains -- execute $argv[2..]; or return
    set -l key --mode (builtin string replace -r '^$' default -- "$_flag_mode") $_flag_key -- $argv[1]
    if builtin set -q _flag_preset
        builtin bind --user $key >/dev/null 2>&1; and return
        set line
    end
    set -l ours $__cmdaid_key
    if builtin set -q argv[3]
        if builtin test $__cmdaid_major = 3
            set ours (builtin string replace __cmdaid_enter "__cmdaid_keys $argv[2..]" -- $__cmdaid_key)
        else
            set ours (builtin string replace -r '^execute$' $__cmdaid_key -- $argv[2..])
        end
    end
    builtin set -q _flag_sets_mode; and set _flag_sets_mode --sets-mode $_flag_sets_mode
    builtin bind --user $_flag_sets_mode $key $ours
    set -ga __cmdaid_bound "$line" (builtin count $key) $key
end

function __cmdaid_unbind
    while builtin set -q __cmdaid_bound[1]
        set -l end (builtin math 2 + $__cmdaid_bound[2])
        builtin bind --erase --user $__cmdaid_bound[3..$end]
        if builtin test -n "$__cmdaid_bound[1]"
            builtin printf '%s\n' $__cmdaid_bound[1] | builtin read --tokenize --list words
            builtin $words
        end
        set -e __cmdaid_bound[1..$end]
    end
end

# __cmdaid_keys FUNCTION…: input functions, `execute` among them, as a binding or another program wants them.
function __cmdaid_keys
    set -l at (builtin contains --index execute $argv)
    set -l before $argv[1..$at]
    set -e before[-1]
    if builtin set -q before[1]
        builtin commandline --function $before
        # In fish 3 what they make of the line is seen too late. The key does no more then; Enter executes.
        set -l harmless '^(force-)?repaint(-mode)?$|^suppress-autosuggestion$'
        builtin test $__cmdaid_major = 3; and builtin string match -qvr $harmless -- $before; and return
    end
    set -g __cmdaid_after $argv[$at..]
    set -e __cmdaid_after[1]
    __cmdaid_enter
end

# Programs of others execute a line by `commandline -f execute`: that is a key like any other.
if not builtin functions -q commandline
    function commandline --description 'cmdaid asks before a line is executed'
        if builtin contains -- execute $argv; and builtin string match -qr '^(-[a-zA-Z]*f|--f[a-z]*)$' -- $argv
            __cmdaid_keys (builtin string match -v -- '-*' $argv)
        else
            builtin commandline $argv
        end
    end
end

# --- aliases ----------------------------------------------------------------------------------------------------------

# What `alias` makes is a function whose description says so. Whoever makes one tells that there is one more.
function __cmdaid_find_aliases
    set -g __cmdaid_aliased
    set -l names (builtin functions --names)
    # Those that come with fish are none, and would be loaded to be looked at.
    set -l others $__fish_data_dir/functions/*.fish
    builtin set -q others[1]; or set others (builtin status list-files functions 2>/dev/null)
    builtin set -q others[1]; and set others (builtin string match --groups-only --regex '([^/]+)\.fish$' -- $others)
    if builtin set -q others[1]
        set others (builtin string escape --style=regex -- $others | builtin string join '|')
        set names (builtin string match -vr -- "^($others)\$" $names)
    end
    set -l pairs (
        for name in $names
            builtin functions --details --verbose -- $name
        end | builtin string match --groups-only -r '^alias ([^ =]+)[ =](.+)$'
    )
    builtin contains -- "$pairs" "$__cmdaid_aliases"; and return
    set -g __cmdaid_aliases $pairs
    __cmdaid_tell_aliases
end

function __cmdaid_tell_aliases
    builtin test -p "$__cmdaid_ends[1]"; or return
    begin
        builtin printf 'A\0%s\0' $PWD
        builtin set -q __cmdaid_aliases[1]; and builtin printf 'a\0%s\0%s\0' $__cmdaid_aliases
        builtin printf '\0'
    end >$__cmdaid_ends[1]
end

builtin functions --copy alias __cmdaid_alias
function alias --description 'Manage aliases, and tell cmdaid'
    set -g __cmdaid_aliased 1
    __cmdaid_alias $argv
end

# --- the end ----------------------------------------------------------------------------------------------------------

# Leaves this shell as it was before: `__cmdaid_unload`.
function __cmdaid_unload
    __cmdaid_exit
    __cmdaid_unbind
    if builtin functions commandline | builtin string match -q '*__cmdaid_*'
        builtin functions --erase commandline
    end
    builtin functions --erase alias
    builtin functions --copy __cmdaid_alias alias
    set --erase --global (builtin set --names | builtin string match '__cmdaid_*')
    builtin functions --erase (builtin functions --all --names | builtin string split , | builtin string match '__cmdaid_*')
end
