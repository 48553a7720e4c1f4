# shellcheck shell=bash
# What the recovery commands share. Each of them stands on a node as lib.sh, this file and its own, beneath
#   NODE     this node's name
#   ADDRESS  its mesh address
#   OTHERS   the other nodes: name=address …
# Exit codes: 0 it is done, 1 it failed on the way, 2 wrong usage, 3 refused (nothing was changed).
given=' ' argument=''

# read_options OPTIONS ARGUMENT...: those of OPTIONS that were given are in `given`, the rest is in `argument`.
read_options() {
    local allowed=" $1 "
    shift
    while (($# > 0)); do
        case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        -*)
            [[ $allowed == *" $1 "* ]] || wrong_usage "unknown option $1"
            given+="$1 "
            ;;
        *)
            [[ $allowed == *" FILE "* && -z $argument ]] || wrong_usage "unexpected argument $1"
            argument=$1
            ;;
        esac
        shift
    done
    (($(id -u) == 0)) || wrong_usage "this is for root"
}

is_given() { [[ $given == *" $1 "* ]]; }

wrong_usage() {
    say "$*"
    usage >&2
    exit 2
}

refuse() {
    say "refused, nothing was changed: $*"
    exit 3
}

# From here, a node that is dead and one that cannot be reached look the same: the operator has to know.
require_others_gone() {
    local other
    for other in $OTHERS; do
        ! ping -c 3 -i 0.3 -W 1 "${other#*=}" >/dev/null 2>&1 ||
            refuse "${other%%=*} (${other#*=}) answers. This is for when all other nodes are gone for good;" \
                "if ${other%%=*} is to be given up too, power it off first."
    done
    is_given --others-are-gone ||
        refuse "no other node answers, which may also mean that $NODE is cut off and they go on without it. Then this" \
            "would make two clusters that know nothing of each other. See to it that the others are off and stay off," \
            "then add --others-are-gone."
}
