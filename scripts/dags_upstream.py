"""A repository elsewhere whose branch is taken over."""

from dags_repository import TRANSFER, GitError

TAKEN = "refs/airflow-ha/upstream"


class Upstream:
    """`config` has url, branch and ssh, which is the command with the key for it."""

    def __init__(self, config, branch):
        self.config, self.branch = config, branch
        self.url, self.ref = config["url"], f"refs/heads/{config['branch']}"

    def problem(self):
        """Looks once, takes what is new, and gives what is wrong, or None. All nodes do so: etcd lets one of them win."""
        repository = self.branch.repository
        try:
            self.git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", self.url, f"+{self.ref}:{TAKEN}")
        except GitError as error:
            return self.explained(error)
        tip = repository.commit(TAKEN)
        if tip is None:
            return f"{self.url} is not followed: git does not say which commit was fetched"
        current, _ = self.branch.read()
        if current and current != tip:
            self.branch.obtain(current)
            if repository.leads_to(tip, current):
                return f"{self.url} lacks what was pushed here: it is at {tip[:12]}, {self.branch.name} at {current[:12]}"
            if not repository.leads_to(current, tip):
                return (
                    f"{self.url} is at {tip[:12]}, which does not build on {current[:12]}, which {self.branch.name} is at:"
                    " nothing is taken from there until it does"
                )
        if current != tip:
            self.branch.publish(tip)
        return None

    def unusable(self):
        """What is wrong with the settings; without a change of anything."""
        try:
            found = self.git("ls-remote", self.url, self.ref)
        except GitError as error:
            return self.explained(error)
        return None if found else self.without_branch()

    def explained(self, error):
        said = str(error)
        if "couldn't find remote ref" in said:
            return self.without_branch()
        if "Permission denied" in said or "Host key verification failed" in said:
            key = "knownHosts" if "Host key" in said else "privateKey"
            return f"upstream.{key}: {self.url} does not go with it: {said}"
        return f"upstream.url: {self.url} cannot be read: {said}"

    def without_branch(self):
        return f"upstream.branch: {self.url} has no branch {self.config['branch']}"

    def git(self, *arguments):
        ssh = self.config["ssh"]
        return self.branch.repository.git(*arguments, timeout=TRANSFER, GIT_SSH_COMMAND=ssh)
