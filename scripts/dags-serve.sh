#!/bin/sh
# dags-serve.sh user|peer REPOSITORY CONFIG SOCKET
# What sshd runs for whoever logs in as the DAGs' user: git for this repository, and nothing else. A push waits for it on
# every node, and Python takes longer to start than git to do its work.
umask 0027
repository=$2 config=$3
export DAG_GIT_SOCKET="$4"
programs=${0%/*}

# A peer may ask for any commit, and what it brings moves nothing.
git_for_peer() {
    exec git -c uploadpack.allowAnySHA1InWant=true -c core.hooksPath=/dev/null "$1" "$repository"
}

git_for_user() {
    exec git -c core.hooksPath="$programs/hooks" -c receive.procReceiveRefs=refs -c receive.advertiseAtomic=false \
        -c transfer.hideRefs=refs/heads/airflow-ha -c transfer.hideRefs=refs/airflow-ha "$1" "$repository"
}

case "$1 $SSH_ORIGINAL_COMMAND" in
"peer tip")
    exec git --git-dir="$repository" rev-parse --verify 'refs/heads/airflow-ha/dags^{commit}'
    ;;
"peer git-upload-pack '$repository'") git_for_peer upload-pack ;;
"peer git-receive-pack '$repository'") git_for_peer receive-pack ;;
"user git-upload-pack '$repository'")
    # Whoever fetches gets what any node has taken. A push is compared with the newest all the same.
    python3 -B "$programs/dags_git.py" "$config" catch-up </dev/null >&2
    git_for_user upload-pack
    ;;
"user git-receive-pack '$repository'") git_for_user receive-pack ;;
*)
    echo "this login is for git and for $repository only" >&2
    exit 1
    ;;
esac
