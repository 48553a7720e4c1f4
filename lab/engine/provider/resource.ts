import type { Severity } from "../rpc/engine.ts";
import type { Values } from "../rpc/values.ts";
import type { Failure, Shape } from "./shape.ts";

/** What an operation may use besides its values. */
export interface Context {
    urn: string;
    /** The resource's name in the program. */
    name: string;
    /** Ends when the user interrupts the CLI. */
    signal: AbortSignal;
    log(severity: Severity, message: string, passing?: boolean): void;
}

export interface Created {
    id: string;
    outputs: Values;
}

/** What is there, as read from where it lives; undefined when it is gone. */
export interface Found {
    /** Those that can be read; the others are as they were. */
    inputs?: Values;
    outputs: Values;
}

/** One type of resource. Values come without secret marks; `outputs` holds the inputs that the state repeats, too. */
export interface Resource {
    inputs: Shape;
    /** Outputs that are not known before `create`. */
    computed: readonly string[];
    /** Checks beyond the shape, and inputs that follow from others. Values may be unknown. */
    check?(inputs: Values, before: Values, context: CheckContext): CheckResult;
    /** Outputs besides the inputs that a preview of `create` knows. */
    planned?(inputs: Values): Values;
    /** Outputs that an update from `before` may change; the default is none. */
    recomputed?(before: Values, inputs: Values): readonly string[];
    /** Whether a replacement has to delete first. */
    deletesFirst?(before: Values, inputs: Values): boolean;
    /** Paths that differ although the inputs do not (say, a certificate that is due), and make a new resource. */
    expired?(state: Values): readonly string[];
    create(inputs: Values, context: Context): Promise<Created>;
    update?(id: string, state: Values, inputs: Values, context: Context): Promise<Values>;
    read?(id: string, state: Values, context: Context): Promise<Found | undefined>;
    delete?(id: string, state: Values, context: Context): Promise<void>;
}

export interface CheckContext {
    name: string;
    /** The same for preview and update: what is made up in a check has to come from it. */
    seed: Uint8Array;
}

export interface CheckResult {
    inputs: Values;
    failures: Failure[];
    defaulted?: string[];
}

/** A resource that is there but not as it should be: its state is kept, and the next update goes on from it. */
export class Incomplete extends Error {
    readonly created: Created;

    constructor(message: string, created: Created) {
        super(message);
        this.created = created;
    }
}

/** One plugin. */
export interface Provider {
    name: string;
    /** pulumi-go-provider carries secret marks itself; for the bridged plugins the engine puts them back. */
    keepsSecrets: boolean;
    config: Shape;
    configure?(config: Values): Promise<void> | void;
    resources: Readonly<Record<string, Resource>>;
    functions?: Readonly<Record<string, ProviderFunction>>;
}

/** One function that a program may ask: a data source. */
export interface ProviderFunction {
    inputs: Shape;
    invoke(inputs: Values, signal: AbortSignal): Promise<Values>;
}
