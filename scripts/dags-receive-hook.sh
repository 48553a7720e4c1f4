#!/bin/sh
# git's hook proc-receive, beside the programs' folder: it stands in a folder of hooks there.
exec /usr/bin/env python3 -B "${0%/*}/../dags_git.py" "$DAG_GIT_CONFIG" receive
