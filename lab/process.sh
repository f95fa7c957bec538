# shellcheck shell=bash
# Processes that outlive a command are known by pid and start time in a file, so that no stranger who got the same pid
# is ever signalled.

start_time() { awk '{ sub(/.*\) /, ""); print $20 }' "/proc/$1/stat" 2> /dev/null; }
record() { echo "$1 $(start_time "$1")" > "$2"; }          # record PID FILE
recorded() {                                               # recorded FILE: its pid, if that process still runs
  local pid start
  [ -s "$1" ] && read -r pid start < "$1" && [ -n "$start" ] || return 1
  [ "$(start_time "$pid")" = "$start" ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2> /dev/null && echo "$pid"
}
gone() { ! recorded "$1" > /dev/null; }
wait_for() {                                               # wait_for TENTHS COMMAND...: until it succeeds
  local left=$1
  shift
  until "$@" > /dev/null 2>&1; do
    left=$((left - 1))
    [ $left -gt 0 ] || return 1
    sleep 0.1
  done
}
