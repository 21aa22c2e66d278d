# cmdaid for fish 3.6 and newer; read by cmdaid.fish.
#
# A line cannot be stopped once fish has accepted it, so every key that executes is bound to a function that asks first.
# Events tell when a line begins and ends, and catch what was executed in another way: it is reported as unasked. fish
# cannot wait with a bound, so it asks through a relay, one small process for each session (relay/main.c), which answers
# within 50 ms whatever the daemon does. No process is started for a line, and nothing writes where it could block.

set -g __cmdaid_pid $fish_pid
set -g __cmdaid_dir (status dirname)
set -g __cmdaid_ends # what the relay made: where to write, where to read an answer, where to read what there is to say
set -g __cmdaid_starts # one element for each relay so far
set -g __cmdaid_wait 50 # milliseconds to wait for an answer: HOOK_WAIT_MS of src/core/limits.ts
set -g __cmdaid_turn 0 1 # an answer tells by its case to which of two asks in turn it belongs
set -g __cmdaid_answer # run, refuse or confirm; empty when there is no verdict
set -g __cmdaid_saying # there is something to say about it
set -g __cmdaid_text # the line that fish is about to execute, and was asked about
set -g __cmdaid_asked # such a line has begun and not ended
set -g __cmdaid_after # input functions that follow `execute` in a binding
set -g __cmdaid_bound # bindings that are ours: mode, key and what was there before
set -g __cmdaid_rebind 1 # bindings may have changed
set -g __cmdaid_unproved 1 # no canary was sent yet

# --- the relay --------------------------------------------------------------------------------------------------------

# Starts one. A session whose relays keep dying gets no further one: a process for each line is what must not be.
function __cmdaid_start
    set -g __cmdaid_ends
    set -q __cmdaid_starts[5]; and return 1
    set -ga __cmdaid_starts 1
    set -l login 0
    status is-login; and set login 1
    set -l state ~/.local/state
    test -n "$XDG_STATE_HOME"; and set state $XDG_STATE_HOME
    for program in $__cmdaid_dir/relay/cmdaid-relay $state/cmdaid/cmdaid-relay
        test -x $program; or continue
        set -g __cmdaid_ends (command $program serve 1 $fish_pid $version $login $__cmdaid_wait </dev/null 2>/dev/null)
        test -p "$__cmdaid_ends[1]"; and return 0
    end
    set -g __cmdaid_ends
    if not set -q __cmdaid_starts[2]
        builtin printf 'cmdaid: the relay for fish is not there: commands run unchecked\n' >&2
    end
    return 1
end

# __cmdaid_tell KIND TEXT: a request that nobody answers.
function __cmdaid_tell
    test -p "$__cmdaid_ends[1]"; and builtin printf '%s\0%s\0%s\0' $argv[1] $PWD "$argv[2]" >$__cmdaid_ends[1]
end

# __cmdaid_ask KIND TEXT: sets __cmdaid_answer and __cmdaid_saying.
function __cmdaid_ask
    set -g __cmdaid_answer
    set -g __cmdaid_saying
    test -p "$__cmdaid_ends[1]"; or __cmdaid_start; or return
    set -g __cmdaid_turn $__cmdaid_turn[2] $__cmdaid_turn[1]
    builtin printf '%s\0%s\0%s\0' $argv[1]$__cmdaid_turn[1] $PWD "$argv[2]" >$__cmdaid_ends[1]
    set -l byte
    while builtin read --nchars 1 byte <$__cmdaid_ends[2]
        switch $__cmdaid_turn[1]$byte
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
            case 0f 1F
                set -g __cmdaid_saying 1
            case '*'
                continue # the answer to an ask that was interrupted
        end
        break
    end
end

function __cmdaid_explain
    set -g __cmdaid_saying
    set -l say
    builtin read --null say <$__cmdaid_ends[3]
    builtin printf '%s' $say >&2
end

# Shows that lines are stopped, by one that every policy refuses. Prints nothing.
function __cmdaid_canary
    __cmdaid_ask C cmdaid-canary
    set -g __cmdaid_saying
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

# Does what Enter does, after asking.
function __cmdaid_enter
    # One substitution is what costs most here, so it gets everything: abbreviations first, which have no blank names.
    set -l lines (builtin abbr --list; builtin echo; builtin commandline)
    if builtin test -z "$lines[1]"; and not set -q lines[3]; and not builtin commandline --paging-mode
        __cmdaid_accept "$lines[2]"
    else
        __cmdaid_accept "$(builtin commandline)"
    end
end

function __cmdaid_accept
    builtin commandline --is-valid
    switch $status
        case 1
            __cmdaid_execute # fish shows what is wrong with it
            return
        case 2
            if string match -qr '\S' -- "$argv[1]"
                builtin commandline --insert \n
            else
                __cmdaid_execute
            end
            return
    end
    __cmdaid_ask Q "$argv[1]"
    switch "$__cmdaid_answer"
        case refuse
            __cmdaid_cancel "$argv[1]"
        case confirm
            if __cmdaid_confirm
                set -g __cmdaid_text "$argv[1]"
                builtin commandline --function repaint
                __cmdaid_execute
            else
                __cmdaid_cancel "$argv[1]"
            end
        case '*'
            set -g __cmdaid_text "$argv[1]"
            __cmdaid_execute
    end
end

function __cmdaid_execute
    builtin commandline --function execute $__cmdaid_after
end

# Executes the line as a comment: nothing of it runs, it stands above what is said about it, and the history has it.
function __cmdaid_cancel
    set -l blank
    string match -q ' *' -- "$argv[1]"; and set blank ' '
    set -g __cmdaid_text "$(string split \n -- "$argv[1]" | string replace -r '^' "$blank# ")"
    builtin commandline --replace -- $__cmdaid_text
    __cmdaid_execute
end

# Asks the person for a reason. None, Ctrl-C or no terminal: the line does not run.
function __cmdaid_confirm
    set -l reason
    builtin echo >&2
    __cmdaid_explain
    builtin read --prompt-str 'cmdaid: reason (empty to cancel): ' reason </dev/tty
    or set reason
    string match -qr '\S' -- "$reason"; or set reason
    __cmdaid_tell R "$reason"
    test -n "$reason"
end

# --- around each line -------------------------------------------------------------------------------------------------

function __cmdaid_preexec --on-event fish_preexec
    if builtin contains -- "$argv[1]" "$__cmdaid_text"
        set -g __cmdaid_asked 1
        test -z "$__cmdaid_saying"; or __cmdaid_explain
    else if string match -qr '\S' -- "$argv[1]"
        # Executed in a way that goes round us.
        __cmdaid_tell U "$argv[1]"
        set -g __cmdaid_rebind 1
    end
    set -g __cmdaid_text
end

function __cmdaid_postexec --on-event fish_postexec
    set -l ended "$status $pipestatus"
    test -n "$__cmdaid_asked"; or return
    set -g __cmdaid_asked
    __cmdaid_tell E $ended
end

function __cmdaid_prompt --on-event fish_prompt
    test -z "$__cmdaid_rebind"; or __cmdaid_bind
    if test -n "$__cmdaid_unproved"; and __cmdaid_canary
        set -g __cmdaid_unproved
    end
end

function __cmdaid_exit --on-event fish_exit
    __cmdaid_tell X
end

# --- bindings ---------------------------------------------------------------------------------------------------------

function __cmdaid_keys_changed --on-variable fish_key_bindings
    set -g __cmdaid_rebind 1
end

function __cmdaid_bind
    set -g __cmdaid_rebind
    for mode in default insert visual
        for key in \r \n
            builtin bind -M $mode $key __cmdaid_enter
        end
    end
end
