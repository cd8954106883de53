# Sourced by the scripts beside it: runs a step, shows one line for it, and its output if it fails.
#
#   step NAME COMMAND...   "NAME ... ok, 12 s"; the output goes to $logs/NAME.log
#   finish                 prints the summary and exits, with 1 if a step failed

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$repository" || exit 1
logs=$repository/.build/logs
mkdir -p "$logs"
# A crash prints its sentence and ends; the backtracer can take minutes over a stripped program.
export SWIFT_BACKTRACE=${SWIFT_BACKTRACE:-enable=no}

failed=()
tests_passed=0
started=$SECONDS

step() {
    local name=$1
    shift
    local log=$logs/${name// /-}.log
    local before=$SECONDS
    printf '%-28s' "$name"
    if "$@" >"$log" 2>&1 </dev/null; then
        local tests
        tests=$(count_of_tests "$log")
        tests_passed=$((tests_passed + ${tests:-0}))
        printf 'ok, %d s%s\n' $((SECONDS - before)) "${tests:+, $tests tests}"
        return 0
    fi
    printf 'FAILED after %d s\n' $((SECONDS - before))
    failed+=("$name")
    show_failure "$log"
    return 1
}

# The number of tests when the log ends a run of some.
count_of_tests() {
    sed -n 's/.*Test run with \([0-9]*\) tests.*/\1/p' "$1" | tail -n 1
}

show_failure() {
    {
        failures_of "$1"
        echo '...'
        tail -n 25 "$1"
        echo "(all of it: $1)"
    } | sed 's/^/    /'
}

# What a log says went wrong, and what each failed expectation was beside it.
failures_of() {
    local sign='error:|warning:|Fatal error|Sanitizer: |recorded an issue|failed after'
    grep -A 4 -E "$sign" "$1" | grep -E "$sign|↳" | head -n 40 || true
}

finish() {
    local seconds=$((SECONDS - started))
    if [ ${#failed[@]} -gt 0 ]; then
        # Once more at the end, since who keeps only the end of a long output wants to know this.
        local name
        for name in "${failed[@]}"; do
            failures_of "$logs/${name// /-}.log" | head -n 16 | cut -c 1-300 | sed "s/^/    $name: /"
        done
        echo "FAILED in $seconds s: $(printf '%s; ' "${failed[@]}" | sed 's/; $//')"
        exit 1
    fi
    echo "all good in $seconds s"
    if [ $tests_passed -gt 0 ]; then echo "$tests_passed passed, 0 failed"; fi
}
