import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Provider } from "../../../lab/engine/provider/resource.ts";
import { ProviderService } from "../../../lab/engine/provider/service.ts";

export type Values = Record<string, unknown>;

export interface Difference {
    changes: "none" | "some";
    /** From path to the name of messages.PropertyDiff.Kind. */
    paths: Record<string, string>;
    replaces: string[];
    deleteBeforeReplace: boolean;
}

/** What the engine knows of a resource. */
export interface Resource {
    id: string;
    inputs: Values;
    outputs: Values;
}

const kindNames = Object.keys(messages.PropertyDiff.Kind); // they count from 0

/** Talks to one stand-in as the engine does: over gRPC. */
export class Plugin {
    /** Lines that the plugin showed. */
    readonly log: string[] = [];
    readonly #server = new grpc.Server();
    readonly #service: ProviderService;
    #client: ResourceProviderClient | undefined;

    constructor(provider: Provider) {
        this.#service = new ProviderService(provider, "1.0.0", (_severity, _urn, line) =>
            this.log.push(line),
        );
    }

    async start(config: Values = {}): Promise<this> {
        this.#server.addService(this.#service.definition, this.#service.implementation);
        const port = await new Promise<number>((resolve, reject) => {
            const credentials = grpc.ServerCredentials.createInsecure();
            this.#server.bindAsync("127.0.0.1:0", credentials, (error, bound) =>
                error ? reject(error) : resolve(bound),
            );
        });
        const credentials = grpc.credentials.createInsecure();
        this.#client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials);
        const request = new messages.ConfigureRequest();
        request.setArgs(struct(config));
        try {
            await this.#call<messages.ConfigureResponse>("configure", request);
        } catch (error) {
            this.stop();
            throw error;
        }
        return this;
    }

    stop(): void {
        this.#client?.close();
        this.#server.forceShutdown();
    }

    async check(type: string, news: Values, olds: Values = {}) {
        const request = new messages.CheckRequest();
        request.setUrn(urn(type));
        request.setNews(struct(news));
        request.setOlds(struct(olds));
        request.setRandomseed(Buffer.from("seed"));
        const response = await this.#call<messages.CheckResponse>("check", request);
        const failures = response
            .getFailuresList()
            .map((failure) => `${failure.getProperty()}: ${failure.getReason()}`);
        return { inputs: values(response.getInputs()), failures };
    }

    /** Checks and creates. */
    async create(type: string, news: Values): Promise<Resource> {
        const { inputs, failures } = await this.check(type, news);
        if (failures.length > 0) {
            throw new Error(failures.join("; "));
        }
        const request = new messages.CreateRequest();
        request.setUrn(urn(type));
        request.setProperties(struct(inputs));
        const response = await this.#call<messages.CreateResponse>("create", request);
        return { id: response.getId(), inputs, outputs: values(response.getProperties()) };
    }

    async diff(
        type: string,
        resource: Resource,
        news: Values,
        ignore: string[] = [],
    ): Promise<Difference> {
        const { inputs } = await this.check(type, news, resource.inputs);
        const request = new messages.DiffRequest();
        request.setUrn(urn(type));
        request.setId(resource.id);
        request.setOldInputs(struct(resource.inputs));
        request.setOlds(struct(resource.outputs));
        request.setNews(struct(inputs));
        request.setIgnorechangesList(ignore);
        const response = await this.#call<messages.DiffResponse>("diff", request);
        const some = messages.DiffResponse.DiffChanges.DIFF_SOME;
        const paths: Record<string, string> = {};
        response.getDetaileddiffMap().forEach((detail, path) => {
            paths[path] = kindNames[detail.getKind()] ?? "";
        });
        return {
            changes: response.getChanges() === some ? "some" : "none",
            paths,
            replaces: response.getReplacesList(),
            deleteBeforeReplace: response.getDeletebeforereplace(),
        };
    }

    async update(type: string, resource: Resource, news: Values): Promise<Resource> {
        const { inputs } = await this.check(type, news, resource.inputs);
        const request = new messages.UpdateRequest();
        request.setUrn(urn(type));
        request.setId(resource.id);
        request.setOlds(struct(resource.outputs));
        request.setNews(struct(inputs));
        const response = await this.#call<messages.UpdateResponse>("update", request);
        return { id: resource.id, inputs, outputs: values(response.getProperties()) };
    }

    /** Undefined: the resource is gone. */
    async read(type: string, resource: Resource): Promise<Resource | undefined> {
        const request = new messages.ReadRequest();
        request.setUrn(urn(type));
        request.setId(resource.id);
        request.setInputs(struct(resource.inputs));
        request.setProperties(struct(resource.outputs));
        const response = await this.#call<messages.ReadResponse>("read", request);
        return response.getId() === ""
            ? undefined
            : {
                  id: response.getId(),
                  inputs: values(response.getInputs()),
                  outputs: values(response.getProperties()),
              };
    }

    async delete(type: string, resource: Resource): Promise<void> {
        const request = new messages.DeleteRequest();
        request.setUrn(urn(type));
        request.setId(resource.id);
        request.setProperties(struct(resource.outputs));
        await this.#call("delete", request);
    }

    /** As after an interrupt of the CLI. */
    async cancel(): Promise<void> {
        await this.#call("cancel", new Empty());
    }

    #call<T>(method: keyof ResourceProviderClient, request: object): Promise<T> {
        return new Promise((resolve, reject) => {
            const client = this.#client as unknown as Record<
                string,
                (
                    request: object,
                    done: (error: grpc.ServiceError | null, answer: T) => void,
                ) => void
            >;
            client[method]?.(request, (error, answer) => (error ? reject(error) : resolve(answer)));
        });
    }
}

function urn(type: string): string {
    return `urn:pulumi:stack::project::${type}::thing`;
}

function struct(from: Values): Struct {
    return Struct.fromJavaScript(from as Parameters<typeof Struct.fromJavaScript>[0]);
}

function values(from: Struct | undefined): Values {
    return from?.toJavaScript() ?? {};
}

/** A value as the engine marks secrets. */
export function secret(value: unknown): Values {
    return {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        value,
    };
}
