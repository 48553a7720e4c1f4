import type { Output } from "@pulumi/pulumi";

/** Who logs in, and with what. */
export interface Login {
    /** The user's name. */
    user: string;
    /** Secret; letters and digits only. */
    password: Output<string>;
}
