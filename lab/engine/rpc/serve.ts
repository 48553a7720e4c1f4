import * as grpc from "@grpc/grpc-js";

/** No limit: the state of a resource may be larger than gRPC's 4 MiB. */
const channelOptions = {
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
};

/** How a plugin was started: the engine's address is the first argument that is no flag. */
export function engineAddress(args: string[]): string | undefined {
    const tracing = args.indexOf("--tracing");
    return args.find((arg, i) => !arg.startsWith("-") && (tracing < 0 || i !== tracing + 1));
}

/** Serves on loopback at a free port and prints the port: that is how the engine finds a plugin. */
export async function serve(
    service: grpc.ServiceDefinition,
    implementation: grpc.UntypedServiceImplementation,
): Promise<void> {
    const server = new grpc.Server(channelOptions);
    server.addService(service, implementation);
    const port = await new Promise<number>((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
            error ? reject(error) : resolve(bound),
        );
    });
    process.stdout.write(`${port}\n`);
}

export type ClientClass<T> = new (
    address: string,
    credentials: grpc.ChannelCredentials,
    options: grpc.ClientOptions,
) => T;

/** How long the engine may take to answer, milliseconds: while it starts; once a connection to it has ended. */
const patience = { start: 30_000, again: 2_000 };

/** Connects to the engine, and ends this process when the engine is gone: a killed CLI leaves no plugins behind. */
export function connectEngine<T extends grpc.Client>(client: ClientClass<T>, address: string): T {
    const engine = new client(address, grpc.credentials.createInsecure(), channelOptions);
    const watch = (milliseconds: number): void => {
        engine.waitForReady(Date.now() + milliseconds, (error) => {
            if (error) {
                process.exit(1);
            }
            const channel = engine.getChannel();
            const state = channel.getConnectivityState(true);
            channel.watchConnectivityState(state, Infinity, () => watch(patience.again));
        });
    };
    watch(patience.start);
    return engine;
}

/** An error as gRPC wants it; the engine shows `details` to the user. */
export function asServiceError(error: unknown): Partial<grpc.ServiceError> {
    if (error instanceof RpcError) {
        return { code: error.code, details: error.message, metadata: error.metadata };
    }
    return {
        code: grpc.status.UNKNOWN,
        details: error instanceof Error ? error.message : String(error),
    };
}

export class RpcError extends Error {
    readonly code: grpc.status;
    readonly metadata: grpc.Metadata;

    constructor(message: string, code = grpc.status.UNKNOWN, metadata = new grpc.Metadata()) {
        super(message);
        this.code = code;
        this.metadata = metadata;
    }
}

/** A unary gRPC method from an async function. */
export function unary<Request, Response>(
    method: (request: Request) => Promise<Response> | Response,
): grpc.handleUnaryCall<Request, Response> {
    return (call, callback) => {
        Promise.resolve()
            .then(() => method(call.request))
            .then(
                (response) => callback(null, response),
                (error: unknown) => callback(asServiceError(error)),
            );
    };
}
