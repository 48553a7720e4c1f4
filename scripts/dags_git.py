"""The DAGs' git repository on one node. `dags_git.py CONFIG VERB`; components/dagsync/git.ts renders CONFIG, a JSON file.
  prepare           makes the repository
  check             tells what is wrong with the settings for the upstream, and with the way to the other nodes
  follow            the service: follows etcd and polls the upstream
  status            which node is at which commit
  serve user|peer   what sshd runs for a login
  receive           git's hook for pushes"""

import json
import os
import shlex
import sys

from dags_branch import HIDDEN, Branch
from dags_follow import TROUBLE, follow, say
from dags_receive import receive
from dags_repository import GitError
from dags_status import check, status
from dags_upstream import Upstream


def serve(config_path, config, branch, role):
    """Becomes the git that was asked for."""
    asked, own = shlex.split(os.environ.get("SSH_ORIGINAL_COMMAND", "")), config["repository"]
    if role == "peer" and asked == ["tip"]:
        print(branch.repository.commit(HIDDEN))
        return 0
    if len(asked) != 2 or asked[0] not in ("git-upload-pack", "git-receive-pack") or asked[1] != own:
        say(f"this login is for git and for {own} only")
        return 1
    hooks = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hooks")
    settings = {
        # A peer may ask for any commit, and what it brings moves nothing.
        "peer": ["uploadpack.allowAnySHA1InWant=true", "core.hooksPath=/dev/null"],
        "user": [
            f"core.hooksPath={hooks}",
            "receive.procReceiveRefs=refs",
            "receive.advertiseAtomic=false",
            "transfer.hideRefs=refs/heads/airflow-ha",
            "transfer.hideRefs=refs/airflow-ha",
        ],
    }[role]
    if role == "user":
        try:
            branch.catch_up()
        except TROUBLE as error:
            say(f"{branch.own} does not know whether it has the newest: {error}")
    options = [word for setting in settings for word in ("-c", setting)]
    environment = os.environ | {"DAG_GIT_CONFIG": os.path.abspath(config_path)}
    os.execvpe("git", ["git", *options, asked[0].removeprefix("git-"), own], environment)


def main(config_path, verb, *arguments):
    os.umask(0o027)
    with open(config_path) as file:
        config = json.load(file)
    branch = Branch(config)
    upstream = Upstream(config["upstream"], branch) if config.get("upstream") else None
    if verb == "serve":
        return serve(config_path, config, branch, *arguments)
    if verb == "receive":
        return receive(branch, sys.stdin.buffer, sys.stdout.buffer, say)
    verbs = {
        "prepare": lambda: branch.repository.prepare(branch.name, HIDDEN),
        "check": lambda: check(branch, upstream),
        "follow": lambda: follow(branch, upstream),
        "status": lambda: status(branch),
    }
    return verbs[verb]()


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except GitError as problem:
        sys.exit(str(problem))
