"""Three nodes with real git repositories in one folder, an etcd that is a small HTTP server, and an ssh that runs here
what sshd would run on the node."""

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer

SCRIPTS = Path(__file__).parents[3] / "scripts"
sys.path.insert(0, str(SCRIPTS))
from dags_branch import Branch
from dags_receive import Pushes

NODES = ["node1", "node2", "node3"]
KEY = "/airflow-ha/dags/dags/srv/airflow/dags.git/main"


class LostAnswer(Exception):
    """The member did it and died."""


class Etcd(ThreadingHTTPServer):
    """`kv/range` of one key and `kv/txn` that compares a revision, as the JSON gateway has them."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.values, self.revision, self.majority, self.turn = {}, 1, True, threading.Lock()
        self.before_swap = self.after_swap = None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_bind(self):
        TCPServer.server_bind(self)  # without asking for the own address's name

    def range(self, body):
        pair = self.values.get(body["key"])
        return {"kvs": [{"value": pair[0], "mod_revision": str(pair[1])}]} if pair else {}

    def txn(self, body):
        if self.before_swap:
            self.before_swap()
        with self.turn:
            [compare], [success] = body["compare"], body["success"]
            if int(compare["mod_revision"]) != self.values.get(compare["key"], (None, 0))[1]:
                return {}
            self.revision += 1
            put = success["request_put"]
            self.values[put["key"]] = (put["value"], self.revision)
        if self.after_swap:
            self.after_swap()
        return {"succeeded": True}

    def set(self, key, value):
        self.revision += 1
        self.values[base64.b64encode(key.encode()).decode()] = (base64.b64encode(value.encode()).decode(), self.revision)


class Answers(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        etcd = self.server
        method = {"/v3/kv/range": etcd.range, "/v3/kv/txn": etcd.txn}[self.path]
        try:
            answer = method(body) if etcd.majority else {"error": "no leader"}
        except LostAnswer:
            return
        self.send_response(200 if etcd.majority else 503)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        pass


class Machine:
    """A node's folder, and a port that takes connections while the node is on."""

    def __init__(self, cluster, name):
        self.cluster, self.name, self.folder = cluster, name, cluster.folder / name
        self.folder.mkdir()
        self.repository, self.config = self.folder / "dags.git", self.folder / "config.json"
        self.port, self.open, self.pushes = 0, [], None
        self.power(True)

    def power(self, on):
        self.close()
        server = socket.create_server(("127.0.0.1", self.port), backlog=1000 if on else 0)
        self.port = server.getsockname()[1]
        # One that nobody takes from the queue, and the next one gets no answer.
        waiting = [] if on else [socket.create_connection(("127.0.0.1", self.port))]
        self.open = [*waiting, server]
        (self.folder / "on").touch() if on else (self.folder / "on").unlink(missing_ok=True)

    def close(self):
        for each in self.open:
            each.close()

    def run(self, *arguments, **options):
        return run(sys.executable, "-B", self.cluster.program / "dags_git.py", self.config, *arguments, **options)

    def login(self, role, command):
        """What sshd would do."""
        serve = [self.cluster.program / "serve.sh", role, self.repository, self.config, self.folder / "pushes"]
        return run("sh", *serve, env=os.environ | {"SSH_ORIGINAL_COMMAND": command})

    def tip(self, ref="airflow-ha/dags"):
        return git("--git-dir", self.repository, "rev-parse", "--verify", "--quiet", f"refs/heads/{ref}").stdout.strip()

    def answer_pushes(self):
        """As a part of the service."""
        config = json.loads(self.config.read_text())
        self.pushes = Pushes(Branch(config), config["socket"])
        self.pushes.start()

    def follow(self):
        """One look of the service."""
        return Branch(json.loads(self.config.read_text())).catch_up()


class Cluster:
    def __init__(self, upstream=None):
        self.folder = Path(tempfile.mkdtemp(prefix="airflow-ha-git-"))
        self.program = self.folder / "program"
        (self.program / "hooks").mkdir(parents=True)
        for script in [*SCRIPTS.glob("dags_*.py"), SCRIPTS / "etcd_json.py", SCRIPTS / "systemd_notify.py"]:
            shutil.copy(script, self.program)
        shutil.copy(SCRIPTS / "dags-serve.sh", self.program / "serve.sh")
        hook = shutil.copy(SCRIPTS / "dags_hook.py", self.program / "hooks" / "proc-receive")
        os.chmod(hook, 0o755)
        self.etcd = Etcd()
        self.nodes = {name: Machine(self, name) for name in NODES}
        self.peer_ssh, self.user_ssh = self.ssh("peer"), self.ssh("user")
        for node in self.nodes.values():
            node.config.write_text(json.dumps(self.config(node, upstream)))
            check(node.run("prepare"))
            node.answer_pushes()

    def config(self, node, upstream):
        return {
            "name": node.name,
            "repository": str(node.repository),
            "socket": str(node.folder / "pushes"),
            "branch": "main",
            "key": KEY,
            "etcd": [f"http://127.0.0.1:{self.etcd.server_address[1]}"] * 2,
            "peers": {peer.name: ["127.0.0.1", peer.port] for peer in self.nodes.values() if peer is not node},
            "ssh": str(self.peer_ssh),
            "upstream": upstream and {"branch": "main", "interval": 1, "ssh": "ssh"} | upstream,
        }

    def ssh(self, role):
        """On the other side the repository has the same path as here: the node's name is put into it."""
        path = self.folder / f"ssh-{role}"
        path.write_text(f"""#!/bin/sh
[ -e {self.folder}/$1/on ] || {{ echo "ssh: connect to host $1: timed out" >&2; exit 255; }}
node=$1; shift
command=$(echo "$*" | sed "s|{self.folder}/[a-z0-9]*/|{self.folder}/$node/|")
there={self.folder}/$node
export SSH_ORIGINAL_COMMAND="$command"
exec sh {self.program}/serve.sh {role} "$there/dags.git" "$there/config.json" "$there/pushes"
""")
        path.chmod(0o755)
        return path

    def user(self, name="user"):
        return Work(self, self.folder / name)

    def remove(self):
        for node in self.nodes.values():
            node.close()
        self.etcd.shutdown()
        self.etcd.server_close()
        shutil.rmtree(self.folder)


class Work:
    """Somebody's own repository, with the nodes as remotes."""

    def __init__(self, cluster, folder):
        self.cluster, self.folder = cluster, folder
        self.environment = {"GIT_SSH_COMMAND": str(cluster.user_ssh), "GIT_SSH_VARIANT": "simple"}
        check(git("init", "--quiet", "--initial-branch=main", folder))
        for name, node in cluster.nodes.items():
            check(self.git("remote", "add", name, f"{name}:{node.repository}"))

    def git(self, *arguments):
        return git("-C", self.folder, *arguments, **self.environment)

    def commit(self, text):
        (self.folder / "dag.py").write_text(text)
        check(self.git("add", "."))
        check(self.git("commit", "--quiet", "-m", text))
        return self.git("rev-parse", "HEAD").stdout.strip()

    def push(self, node, *arguments):
        return self.git("push", *arguments, node, "main")


def git(*arguments, **environment):
    who = {f"GIT_{role}_{part}": "user" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    return run("git", *arguments, env=os.environ | who | environment)


def run(*command, **options):
    return subprocess.run([str(each) for each in command], capture_output=True, text=True, timeout=60, **options)


def check(done):
    if done.returncode != 0:
        raise AssertionError(f"{done.args}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done
