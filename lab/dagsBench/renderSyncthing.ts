import type { Peer, Places } from "./render.ts";

export interface Device extends Peer {
    /** syncthing's word for its certificate. */
    id: string;
}

/**
 * syncthing's config.xml of one node. All devices are known by address: nothing is discovered, relayed or asked
 * outside of the mesh. What is not named keeps its default.
 */
export function syncthingConfig(
    self: Peer,
    devices: Device[],
    { folder }: Places,
    port: number,
): string {
    const listen = (peer: Peer) => `tcp://${peer.meshAddress}:${port}`;
    const known = devices.map(
        (device) => `    <device id="${device.id}" name="${device.name}">
        <address>${device.name === self.name ? "dynamic" : listen(device)}</address>
    </device>`,
    );
    // Seconds: 0.01 is the least that syncthing takes for the time in which changes are collected.
    return `<configuration version="36">
    <folder id="bench" label="bench" path="${folder}" type="sendreceive" rescanIntervalS="3600" fsWatcherEnabled="true" fsWatcherDelayS="0.01">
${devices.map(({ id }) => `        <device id="${id}"></device>`).join("\n")}
    </folder>
${known.join("\n")}
    <gui enabled="false"></gui>
    <options>
        <listenAddress>${listen(self)}</listenAddress>
        <globalAnnounceEnabled>false</globalAnnounceEnabled>
        <localAnnounceEnabled>false</localAnnounceEnabled>
        <relaysEnabled>false</relaysEnabled>
        <natEnabled>false</natEnabled>
        <urAccepted>-1</urAccepted>
        <crashReportingEnabled>false</crashReportingEnabled>
        <autoUpgradeIntervalH>0</autoUpgradeIntervalH>
        <startBrowser>false</startBrowser>
        <setLowPriority>false</setLowPriority>
    </options>
</configuration>
`;
}

/** The device's id in the config.xml that `syncthing generate` wrote. */
export function deviceIdIn(config: string): string {
    const id = /<device id="([A-Z0-9-]{63})"[^>]* name=/.exec(config)?.[1];
    if (id === undefined) {
        throw new Error("syncthing generate: its config.xml names no device");
    }
    return id;
}
