import * as pulumi from "@pulumi/pulumi";
import { HetznerMachines, WireGuardMesh } from "airflow-ha";

const adminCidrs = new pulumi.Config().requireObject<string[]>("adminCidrs");
const locations = ["nbg1", "fsn1", "hel1"];
const office = new HetznerMachines("office", { locations, serverType: "cx23", adminCidrs });
const mesh = new WireGuardMesh("mesh", { machines: office.machines, meshCidr: "10.91.0.0/24" });

export const meshAddresses = mesh.nodes.map(({ name, meshAddress }) => ({ name, meshAddress }));
export const addresses = office.machines.map((machine) => machine.publicAddress);
export const { privateKey, knownHosts } = office;
