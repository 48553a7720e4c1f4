import { ports } from "../ports";
import { problem, type Problem } from "../problems";

/** All but those that arguments decide. */
const reserved = Object.entries(ports).filter(([name]) => name !== "https" && name !== "wireguard");

/** What is wrong with the web UI's port. */
export function httpsPortProblems(httpsPort: number): Problem[] {
    return isPort(httpsPort, 1)
        ? takenProblems("httpsPort", httpsPort, reserved)
        : [problem("httpsPort", httpsPort, "a TCP port is 1 to 65535")];
}

/** What is wrong with WireGuard's port. */
export function wireguardPortProblems(wireguardPort: number): Problem[] {
    return isPort(wireguardPort, 1024)
        ? takenProblems("wireguardPort", wireguardPort, reserved)
        : [problem("wireguardPort", wireguardPort, "a UDP port is 1024 to 65535")];
}

/** What is wrong with both, each by itself and beside the other. */
export function entrancePortProblems(plan: {
    httpsPort: number;
    wireguardPort: number;
}): Problem[] {
    const { httpsPort, wireguardPort } = plan;
    return [
        ...httpsPortProblems(httpsPort),
        ...takenProblems("httpsPort", httpsPort, [["wireguardPort", wireguardPort]]),
        ...wireguardPortProblems(wireguardPort),
    ];
}

/** What is wrong with the port of a machine's sshd. */
export function sshPortProblems(argument: string, sshPort: number, httpsPort: number): Problem[] {
    const others = reserved.filter(([name]) => name !== "ssh");
    return isPort(sshPort, 1)
        ? takenProblems(argument, sshPort, [...others, ["httpsPort", httpsPort]])
        : [problem(argument, sshPort, "a TCP port is 1 to 65535")];
}

function isPort(port: number, least: number): boolean {
    return Number.isInteger(port) && port >= least && port <= 65_535;
}

function takenProblems(argument: string, port: number, others: [string, number][]): Problem[] {
    return others
        .filter(([, other]) => other === port)
        .map(([name]) => problem(argument, port, `this port is taken by ${name}`));
}
