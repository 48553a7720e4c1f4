import { dagsSetting } from "../../lab/dagsBench/dagsSetting";
import { csync2Config, csync2Receiver, lasting, placesOf, timed } from "../../lab/dagsBench/render";
import { lsyncdConfig } from "../../lab/dagsBench/renderLsyncd";
import { deviceIdIn, syncthingConfig } from "../../lab/dagsBench/renderSyncthing";

const nodes = [
    { name: "a", meshAddress: "10.90.0.1" },
    { name: "b", meshAddress: "10.90.0.2" },
];
const places = placesOf("cron");

test("csync2 has a group, a key and a folder of its own", () => {
    const config = csync2Config(nodes, places);
    expect(config).toContain("group bench {\n    host a b;\n    key /etc/bench-dags/cron/key;");
    expect(config).toContain("include /srv/bench-dags/cron;");
});

test("csync2 listens on the mesh only, and its CPU time counts with the way's", () => {
    const units = csync2Receiver(places, "10.90.0.1", 30866);
    const socket = units["bench-dags-cron.socket"];
    expect(socket.match(/ListenStream=.*/g)).toEqual(["ListenStream=10.90.0.1:30866"]);
    expect(Object.keys(units)).toContain("bench-dags-cron@.service");
    for (const unit of Object.values(units)) {
        expect(unit).toContain("Slice=benchdags-cron.slice");
    }
});

test("what a timer or systemd runs is in the slice, and a timer is exact", () => {
    const run = timed(places, "csync2 -x", "A=b", "OnCalendar=minutely");
    expect(run["bench-dags-cron-run.service"]).toContain(
        "Slice=benchdags-cron.slice\nEnvironment=A=b\nExecStart=csync2 -x\n",
    );
    expect(run["bench-dags-cron-run.timer"]).toContain(
        "OnCalendar=minutely\n# Not within a minute of it, which is systemd's default.\nAccuracySec=100ms",
    );
    const unit = lasting(places, "lsyncd", "A=b")["bench-dags-cron.service"];
    expect(unit).toContain("Slice=benchdags-cron.slice");
    expect(unit).toContain("Restart=always\nRestartSec=1\n");
});

test("lsyncd calls csync2 with the way's database and port, and has no rule for its exit codes", () => {
    const config = lsyncdConfig(placesOf("lsyncd"), 30867);
    expect(config).toContain(
        'spawn(target, "/usr/sbin/csync2", "-D", "/var/lib/bench-dags/lsyncd", "-p", "30867", "-x")',
    );
    expect(config).toContain('sync { csync2, source = "/srv/bench-dags/lsyncd" }');
    expect(config).not.toContain("exitcodes");
});

test("syncthing knows the others by their mesh addresses and asks nobody", () => {
    const devices = nodes.map((node) => ({ ...node, id: `ID-${node.name}` }));
    const config = syncthingConfig(nodes[0], devices, placesOf("syncthing"), 22001);
    expect(config.match(/<listenAddress>.*</g)).toEqual(["<listenAddress>tcp://10.90.0.1:22001<"]);
    expect(config).toContain('fsWatcherDelayS="0.01"');
    expect(config).toMatch(/"ID-a" name="a">\s*<address>dynamic</);
    expect(config).toMatch(/"ID-b" name="b">\s*<address>tcp:\/\/10.90.0.2:22001</);
    for (const option of ["globalAnnounce", "localAnnounce", "relays", "nat"]) {
        expect(config).toContain(`<${option}Enabled>false<`);
    }
});

test("a device's id is read from what syncthing has generated", () => {
    const id = Array.from({ length: 8 }, () => "ABCDEF2").join("-");
    const generated = `<configuration version="36">
    <device id="${id}" name="a" compression="metadata"><address>dynamic</address></device>
    <defaults><device id="" compression="metadata"></device></defaults>`;
    expect(deviceIdIn(generated)).toBe(id);
    expect(() => deviceIdIn("<configuration/>")).toThrow("names no device");
});

test("the stack's own setting is that of its configuration, or none", () => {
    expect(dagsSetting("config:\n  airflow-ha:serverType: cx33\n")).toBeUndefined();
    expect(dagsSetting("encryptionsalt: x\n")).toBeUndefined();
    expect(dagsSetting("config:\n  airflow-ha:dags:\n    kind: git\n    branch: trunk\n")).toEqual({
        kind: "git",
        branch: "trunk",
    });
});
