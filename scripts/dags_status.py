"""What an operator is told: which node is at which commit, and what is wrong with the settings."""

from dags_branch import HIDDEN
from dags_follow import say
from dags_repository import GitError


def check(branch, upstream):
    problems = [upstream.unusable()] if upstream else []
    problems += branch.peers.each(lambda peer: unlike_a_tip(branch, peer)).values()
    for problem in filter(None, problems):
        say(problem)
    return 1 if any(problems) else 0


def unlike_a_tip(branch, peer):
    try:
        branch.peers.tip(peer)
    except GitError as error:
        return f"nodes: {peer} does not let {branch.own} in as the DAGs' user: {error}"
    return None


def status(branch):
    try:
        value, _ = branch.read()
    except OSError as error:
        say(f"etcd: {error}")
        return 1
    behind = value is not None and branch.repository.commit(branch.ref) != value
    print(f"{branch.name}: {value or 'nothing has been pushed yet'}")
    tips = {branch.own: branch.repository.commit(HIDDEN)}
    for peer, (tip, reason) in branch.peers.each(lambda peer: tip_of(branch, peer)).items():
        tips[peer] = tip
        if reason:
            print(f"{peer}: {reason}")
    for node, tip in tips.items():
        if tip is not None:
            print(f"{node}: {standing(branch.repository, tip, value)}")
            behind = behind or value not in (None, tip)
    return 1 if behind or None in tips.values() else 0


def tip_of(branch, peer):
    try:
        return branch.peers.tip(peer), None
    except GitError as error:
        return None, str(error)


def standing(repository, tip, value):
    if value in (None, tip):
        return "in sync"
    if repository.has(value) and repository.has(tip):
        return f"behind by {repository.git('rev-list', '--count', f'{tip}..{value}')} commits, at {tip[:12]}"
    return f"at {tip[:12]}"
