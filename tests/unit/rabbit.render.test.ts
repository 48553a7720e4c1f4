import {
    brokerConfig,
    brokerEnvironment,
    definitions,
    epmdSocket,
    passwordHash,
} from "../../components/rabbit/render";
import { expectGolden } from "../helpers/golden";
import { meshNodes } from "../helpers/mocks";

const nodes = meshNodes();

test("rabbitmq.conf listens in the mesh only and names all nodes", () => {
    const text = brokerConfig(nodes[1], nodes, 168);
    expectGolden("rabbit/rabbitmq.conf", text);
    const listened = [...text.matchAll(/^(?:listeners\.tcp\.\w+|management\.tcp\.ip) = (.*)$/gm)];
    expect(listened.map(([, address]) => address)).toEqual(["10.90.0.2:5672", "10.90.0.2"]);
});

test("a quorum queue has at most five members", () => {
    const seven = meshNodes(7);
    expect(brokerConfig(seven[0], seven, 1)).toContain("target_group_size = 5\n");
});

test("the distribution and rabbitmqctl are bound to the mesh", () => {
    expectGolden("rabbit/rabbitmq-env.conf", brokerEnvironment(nodes[0]));
});

test("epmd listens on loopback and in the mesh", () => {
    expectGolden("rabbit/epmd.socket.conf", epmdSocket(nodes[0]));
});

test("the definitions make quorum queues the default and hold no password", () => {
    const text = definitions(
        ["airflow", "other"],
        [
            { name: "admin", password: "one", tags: ["administrator"], vhosts: ["airflow"] },
            { name: "airflow", password: "two", tags: [], vhosts: ["airflow"] },
        ],
    );
    expectGolden("rabbit/definitions.json", text);
    expect(text).not.toMatch(/"(one|two)"/);
});

test("the hash is RabbitMQ's: base64 of 4 bytes of salt and SHA-256 of salt and password", () => {
    // `rabbitmqctl authenticate_user airflow airflowpw` succeeded with it on RabbitMQ 4.0.5.
    expect(passwordHash("airflow", "airflowpw")).toBe(
        "miZk3HJU1xyrn5ntGZmJHVVHgXx1otAWD7qStm/WBo17shym",
    );
});

test("equal passwords of two users have different hashes", () => {
    expect(passwordHash("a", "x")).not.toBe(passwordHash("b", "x"));
});
