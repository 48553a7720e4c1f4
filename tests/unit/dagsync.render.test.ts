import {
    csync2Config,
    csync2Socket,
    receiverUnit,
    senderUnit,
} from "../../components/dagsync/render";
import { expectGolden } from "../helpers/golden";
import { meshNodes } from "../helpers/mocks";

const nodes = meshNodes();
const path = "/srv/airflow/dags";

test("csync2's configuration names one pair of nodes", () => {
    expectGolden("dagsync/csync2.cfg", csync2Config(nodes.slice(0, 2), path));
});

test("csync2 listens in the mesh only", () => {
    const text = csync2Socket(nodes[0]);
    expectGolden("dagsync/csync2.socket.conf", text);
    expect(text.match(/^ListenStream=.*$/gm)).toEqual([
        "ListenStream=",
        "ListenStream=10.90.0.1:30865",
    ]);
});

test("the receiving side has a configuration and a database for each address", () => {
    expectGolden("dagsync/csync2@.service.conf", receiverUnit(path, "airflow"));
});

test("the sending side knows all other nodes", () => {
    const text = senderUnit(nodes[1], nodes, path, "airflow");
    expectGolden("dagsync/dag-sync.service", text);
    expect(text).toContain('"PEERS=node1=10.90.0.1 node3=10.90.0.3"');
});

test("neither side runs as root or may write outside of the folder and csync2's own", () => {
    for (const text of [
        receiverUnit(path, "airflow"),
        senderUnit(nodes[0], nodes, path, "airflow"),
    ]) {
        expect(text).toContain("\nUser=airflow\n");
        expect(text).toContain("\nProtectSystem=strict\n");
        expect(text).toContain(`\nReadWritePaths=${path} /var/lib/csync2\n`);
    }
});
