/** One node as the ways' configuration needs it. */
export interface Peer {
    name: string;
    meshAddress: string;
}

/** Where a way that is not ours has what. */
export interface Places {
    /** Equal on all nodes. */
    folder: string;
    config: string;
    state: string;
    /** Begins the names of its units. */
    unit: string;
    /** All of its units are in it, so its CPU time is theirs. */
    slice: string;
}

/** `name` is one word in lower case: a hyphen would nest the slice. */
export function placesOf(name: string): Places {
    return {
        folder: `/srv/bench-dags/${name}`,
        config: `/etc/bench-dags/${name}`,
        state: `/var/lib/bench-dags/${name}`,
        unit: `bench-dags-${name}`,
        slice: `benchdags-${name}.slice`,
    };
}

/** csync2's configuration and units: group, key, database and port of its own, so that it never meets the stack's. */
export function csync2Config(nodes: Peer[], { config, folder }: Places): string {
    return `nossl * *;
# Seconds for which one csync2 waits for another one's write to the database.
lock-timeout 10;

group bench {
    host ${nodes.map(({ name }) => name).join(" ")};
    key ${config}/key;
    include ${folder};
    auto younger;
}
`;
}

/** What csync2 is called with, for `places`' database; peers are expected at `port`. */
export function csync2Command({ state }: Places, port: number): string[] {
    return ["/usr/sbin/csync2", "-D", state, "-p", String(port)];
}

/** csync2 answers on the mesh, each connection in a process of its own. */
export function csync2Receiver(
    { unit, slice, config, state }: Places,
    meshAddress: string,
    port: number,
): Record<string, string> {
    return {
        [`${unit}.socket`]: `[Socket]
ListenStream=${meshAddress}:${port}
# Sockets are made before the mesh is up.
FreeBind=true
Accept=true
Slice=${slice}

[Install]
WantedBy=sockets.target
`,
        [`${unit}@.service`]: `[Unit]
CollectMode=inactive-or-failed

[Service]
Slice=${slice}
Environment=CSYNC2_SYSTEM_DIR=${config}
ExecStart=/usr/sbin/csync2 -D ${state} -i -l
StandardInput=socket
StandardOutput=socket
StandardError=journal
`,
    };
}

/** A command that runs whenever a timer says so; see systemd.timer(5). */
export function timed(
    { unit, slice }: Places,
    command: string,
    environment: string,
    timer: string,
): Record<string, string> {
    return {
        [`${unit}-run.service`]: `[Service]
Type=oneshot
Slice=${slice}
Environment=${environment}
ExecStart=${command}
`,
        [`${unit}-run.timer`]: `[Unit]
# It keeps the CPU time of the runs that have ended.
Wants=${slice}

[Timer]
${timer}
# Not within a minute of it, which is systemd's default.
AccuracySec=100ms

[Install]
WantedBy=timers.target
`,
    };
}

/** A program that runs for ever, and again a second after its end. */
export function lasting(
    { unit, slice }: Places,
    command: string,
    environment: string,
): Record<string, string> {
    return {
        [`${unit}.service`]: `[Unit]
After=wg-quick@wg0.service
StartLimitIntervalSec=0

[Service]
Slice=${slice}
Environment=${environment}
ExecStart=${command}
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`,
    };
}
