import { readFileSync } from "node:fs";
import { join } from "node:path";
import { configured } from "../helpers/config";
import {
    eventually,
    healthy,
    lab,
    meshAddresses,
    nodes,
    on,
    onAll,
    tryLab,
    type Node,
} from "../helpers/lab";
import { airflowApi, outputs, runToEnd } from "../helpers/outputs";
import { root } from "../helpers/root";
import { sshKeyPair } from "../helpers/sshKey";

jest.setTimeout(20 * 60_000);

const up = ["pulumi", "up", "--yes", "--skip-preview"];
const [first, second, third] = nodes;
/** The volume: a folder of the first node's, which each node, that one too, mounts by SFTP. */
const home = "/srv/volume";
const mounted = "/mnt/volume";
const path = `${mounted}/dags`;
const key = "/root/volume.key";
const file = `${path}/lab_shared.py`;
/** Also a mount whose first node has gone away. */
const noVolume = `! grep --quiet ' ${mounted} ' /proc/mounts || umount --lazy ${mounted}
! id volume >/dev/null 2>&1 || userdel --force --remove volume
rm -f ${key}
[ ! -d ${mounted} ] || rmdir ${mounted}`;

beforeAll(async () => {
    const { publicKey, privateKey } = sshKeyPair();
    await removeVolume();
    await on(
        first,
        `useradd --system --create-home --home-dir ${home} volume
        usermod --password '*' volume
        install -d -m 0700 -o volume ${home}/.ssh
        install -m 0600 -o volume /dev/stdin ${home}/.ssh/authorized_keys <<'KEY'
restrict,command="internal-sftp" ${publicKey}
KEY
        install -d -o volume ${home}/files ${home}/files/dags`,
    );
    const scripts = readFileSync(join(root, "scripts", "lib.sh"), "utf8");
    // The kernel has FUSE; the lab's machines, unlike others, come without its device.
    await onAll(`${scripts}
apt_install sshfs
[[ -e /dev/fuse ]] || mknod /dev/fuse c 10 229
install -m 0600 /dev/stdin ${key} <<'KEY'\n${privateKey}KEY
mkdir -p ${mounted}`);
    await mount(first);
    await mount(second);
    await on(third, `mount -t tmpfs tmpfs ${mounted} && mkdir ${path}`);
});

afterAll(async () => {
    // The lab is csync2's again, whatever has failed.
    await lab(up);
    await removeVolume();
    await onAll("apt-get -qq purge --yes --autoremove sshfs >/dev/null");
    await healthy();
});

async function removeVolume(): Promise<void> {
    // The first node has the files.
    for (const node of [third, second, first]) {
        await on(node, noVolume);
    }
}

/** With what NFS' actimeo=1 does: a change is seen after a second. */
async function mount(node: Node): Promise<void> {
    const options = [
        "allow_other,reconnect,dir_cache=no,attr_timeout=1,entry_timeout=1",
        `IdentityFile=${key},StrictHostKeyChecking=no,UserKnownHostsFile=/dev/null`,
    ].join(",");
    await on(node, `sshfs volume@${meshAddresses[first]}:files ${mounted} -o ${options}`);
}

function upShared(at: string) {
    return tryLab([...up, "--color=never", ...configured({ dags: { kind: "shared", path: at } })]);
}

test("another volume on one machine is refused with the machine and the path", async () => {
    const { code, stdout, stderr } = await upShared(path);
    expect(code).not.toBe(0);
    const refusals = (stdout + stderr).match(/error: path: .*/g);
    expect(new Set(refusals)).toEqual(
        new Set([
            `error: path: ${path} on ${third} is not the volume that ${first} has there: .airflow-ha-dags, which ${first} has written, is not the same`,
        ]),
    );
});

test("on one volume, a DAG that is saved on one node runs on all", async () => {
    await on(third, `umount ${mounted}`);
    await mount(third);
    const { code, stdout, stderr } = await upShared(path);
    expect([code, code === 0 ? "" : stdout + stderr]).toEqual([0, ""]);

    const dag = readFileSync(join(root, "lab", "dags", "lab_spread.py"), "utf8");
    const text = dag.replaceAll("lab_spread", "lab_shared");
    await on(second, `cat >${file} <<'DAG'\n${text}\nDAG`);
    await eventually("it is on all", async () => {
        const read = await onAll(`cat ${file}`);
        return Object.values(read).every((each) => each.trim() === text.trim()) ? true : undefined;
    });
    const api = airflowApi(await outputs(), third);
    const { run, state } = await runToEnd(api, "lab_shared");
    expect(state).toBe("success");
    const tasks = await api.tasks("lab_shared", run);
    expect([...new Set(tasks.map(({ hostname }) => hostname))].sort()).toEqual([...nodes].sort());
    await healthy();
});
