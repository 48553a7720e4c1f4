import * as pulumi from "@pulumi/pulumi";
import { EtcdCluster, HetznerMachines, PatroniPostgres, WireGuardMesh } from "airflow-ha";

const adminCidrs = new pulumi.Config().requireObject<string[]>("adminCidrs");
const locations = ["nbg1", "fsn1", "hel1"];
const shop = new HetznerMachines("shop", { locations, serverType: "cx23", adminCidrs });
const { nodes } = new WireGuardMesh("mesh", { machines: shop.machines });
const etcd = new EtcdCluster("etcd", { nodes });
const postgres = new PatroniPostgres("postgres", { nodes, etcd, databases: [{ name: "shop" }] });

/** On each of the machines, 127.0.0.1:5000 leads to the primary. */
export const { host, port, user, password } = postgres.database("shop");
/** To log in as root; each line of knownHosts begins with a machine's address. */
export const { privateKey, knownHosts } = shop;
