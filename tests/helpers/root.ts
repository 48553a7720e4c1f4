import { resolve } from "node:path";

/** The checkout's top folder; stands in for lab/root.ts, whose import.meta jest's CommonJS cannot read. */
export const root = resolve(__dirname, "../..");
