import {
    authorizedKeys,
    followerUnit,
    gitCommand,
    gitConfig,
    sshConfig,
} from "../../components/dagsync/renderGit";
import { expectGolden } from "../helpers/golden";
import { meshNodes } from "../helpers/mocks";
import { hostKey, userKey } from "../helpers/sshKey";

const [first, second, third] = meshNodes();
const nodes = [first, second, { ...third, sshPort: 2222 }];
const plan = {
    name: "dags",
    node: second,
    nodes,
    path: "/srv/airflow/dags.git",
    branch: "main",
    etcd: nodes.map(({ meshAddress }) => `http://${meshAddress}:2379`),
};

test("the programs' configuration", () => {
    const upstream = { url: "git@example.com:us/dags.git", branch: "prod", interval: 10 };
    expectGolden("dagsync/dag-git.json", gitConfig({ ...plan, upstream }));
});

test("the own member of etcd is asked first, and there may be no upstream", () => {
    const config = JSON.parse(gitConfig(plan)) as { etcd: string[]; upstream?: object };
    expect(config.etcd[0]).toBe("http://10.90.0.2:2379");
    expect(config.upstream).toBeUndefined();
});

test("the other nodes are reached in the mesh only, each with its own pinned key", () => {
    const text = sshConfig([nodes[0], nodes[2]]);
    expectGolden("dagsync/ssh_config", text);
    expect(text.match(/HostName .*/g)).toEqual(["HostName 10.90.0.1", "HostName 10.90.0.3"]);
});

test("each key runs one program, the nodes' only from the mesh", () => {
    const text = authorizedKeys(plan.path, nodes, `${hostKey}\n`, [userKey]);
    expectGolden("dagsync/authorized_keys", text);
    for (const line of text.split("\n").filter((each) => each.includes("ssh-ed25519"))) {
        expect(line).toMatch(
            /^restrict,command="[^"]+\/serve\.sh (peer [^"]+",from="10\.[0-9.,]+"|user [^"]+") ssh-/,
        );
    }
});

test("the service and the command", () => {
    expectGolden("dagsync/dag-git.service", followerUnit(plan.path));
    expectGolden("dagsync/dag-git", gitCommand());
});
