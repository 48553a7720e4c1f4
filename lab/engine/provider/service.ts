import * as grpc from "@grpc/grpc-js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import type {
    CheckFailure,
    CheckRequest,
    CheckResponse,
    ConfigureRequest,
    ConfigureResponse,
    CreateRequest,
    CreateResponse,
    DeleteRequest,
    DiffRequest,
    DiffResponse,
    InvokeRequest,
    InvokeResponse,
    ReadRequest,
    ReadResponse,
    UpdateRequest,
    UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb.js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import type { Log } from "../rpc/engine.ts";
import { RpcError, unary } from "../rpc/serve.ts";
import { fromStruct, toStruct } from "../rpc/structs.ts";
import { type Value, type Values, equal, plain, plainValues, unknown } from "../rpc/values.ts";
import { differences } from "./diff.ts";
import { incompleteError } from "./incomplete.ts";
import {
    type Context,
    type Created,
    Incomplete,
    type Provider,
    type Resource,
} from "./resource.ts";
import { checkShape, type Failure } from "./shape.ts";

/** The gRPC service of a plugin: everything that is the same for all providers. */
export class ProviderService {
    readonly definition = providerService.ResourceProviderService;
    readonly #provider: Provider;
    readonly #version: string;
    readonly #log: Log;
    readonly #cancelled = new AbortController();

    constructor(provider: Provider, version: string, log: Log) {
        this.#provider = provider;
        this.#version = version;
        this.#log = log;
    }

    get implementation(): grpc.UntypedServiceImplementation {
        return {
            handshake: unary(() => this.#handshake()),
            getPluginInfo: unary(() => {
                const info = new pluginMessages.PluginInfo();
                info.setVersion(this.#version);
                return info;
            }),
            getSchema: unary(() => {
                throw new RpcError(
                    `the stand-in for the ${this.#provider.name} plugin has no schema`,
                    grpc.status.UNIMPLEMENTED,
                );
            }),
            checkConfig: unary((request: CheckRequest) => this.#checkConfig(request)),
            diffConfig: unary((request: DiffRequest) => this.#diffConfig(request)),
            configure: unary((request: ConfigureRequest) => this.#configure(request)),
            check: unary((request: CheckRequest) => this.#check(request)),
            diff: unary((request: DiffRequest) => this.#diff(request)),
            create: unary((request: CreateRequest) => this.#create(request)),
            read: unary((request: ReadRequest) => this.#read(request)),
            update: unary((request: UpdateRequest) => this.#update(request)),
            delete: unary((request: DeleteRequest) => this.#delete(request)),
            invoke: unary((request: InvokeRequest) => this.#invoke(request)),
            cancel: unary(() => {
                this.#cancelled.abort(new Error("the operation was cancelled"));
                return new emptyMessages.Empty();
            }),
            attach: unary(() => new emptyMessages.Empty()),
        };
    }

    #handshake() {
        const response = new messages.ProviderHandshakeResponse();
        response.setAcceptSecrets(this.#provider.keepsSecrets);
        return response;
    }

    #checkConfig(request: CheckRequest): CheckResponse {
        const config = plainValues(fromStruct(request.getNews()));
        const { inputs, failures } = checkShape(config, this.#provider.config);
        return checkResponse(inputs, failures);
    }

    #diffConfig(request: DiffRequest): DiffResponse {
        const before = fromStruct(request.getOldInputs() ?? request.getOlds());
        const found = differences(plainValues(before), plainValues(fromStruct(request.getNews())));
        found.delete("version");
        const response = new messages.DiffResponse();
        const { DIFF_SOME, DIFF_NONE } = messages.DiffResponse.DiffChanges;
        response.setChanges(found.size > 0 ? DIFF_SOME : DIFF_NONE);
        response.setDiffsList([...found.keys()]);
        return response;
    }

    async #configure(request: ConfigureRequest): Promise<ConfigureResponse> {
        await this.#provider.configure?.(plainValues(fromStruct(request.getArgs())));
        const response = new messages.ConfigureResponse();
        response.setAcceptsecrets(this.#provider.keepsSecrets);
        response.setSupportspreview(true);
        return response;
    }

    #check(request: CheckRequest): CheckResponse {
        const { resource } = this.#find(request.getUrn());
        const bridged = !this.#provider.keepsSecrets;
        const checked = checkShape(fromStruct(request.getNews()), resource.inputs);
        if (checked.failures.length > 0 || !resource.check) {
            if (bridged) {
                checked.inputs.__defaults = checked.defaulted;
            }
            return checkResponse(checked.inputs, checked.failures);
        }
        const result = resource.check(checked.inputs, fromStruct(request.getOlds()), {
            name: nameOf(request.getUrn()),
            seed: request.getRandomseed_asU8(),
        });
        if (bridged) {
            result.inputs.__defaults = [...checked.defaulted, ...(result.defaulted ?? [])];
        }
        return checkResponse(result.inputs, result.failures);
    }

    #diff(request: DiffRequest): DiffResponse {
        const { resource } = this.#find(request.getUrn());
        const state = fromStruct(request.getOlds());
        const before = ownInputs(fromStruct(request.getOldInputs() ?? request.getOlds()));
        const after = ownInputs(fromStruct(request.getNews()));
        const response = new messages.DiffResponse();
        const replaces = new Set<string>();
        const ignored = request.getIgnorechangesList();
        for (const [path, kind] of differences(before, after)) {
            if (ignored.some((each) => covers(each, path))) {
                continue;
            }
            const top = /^[^.[]*/.exec(path)?.[0] ?? path;
            // pulumi-go-provider looks the whole path up, so only a list as a whole replaces there; the rest of
            // what replaces is named by the npm package's own replaceOnChanges.
            const field = resource.inputs[this.#provider.keepsSecrets ? path : top];
            const replace = (field?.replaces ?? false) || !resource.update;
            addDetail(response, path, kind, replace);
            if (replace) {
                replaces.add(top);
            }
        }
        for (const path of resource.expired?.(plainValues(state)) ?? []) {
            addDetail(response, path, "update", true);
            replaces.add(path);
        }
        const { DIFF_SOME, DIFF_NONE } = messages.DiffResponse.DiffChanges;
        const changed = response.getDetaileddiffMap().getLength() > 0;
        response.setChanges(changed ? DIFF_SOME : DIFF_NONE);
        response.setHasdetaileddiff(true);
        response.setReplacesList([...replaces]);
        response.setDeletebeforereplace(
            replaces.size > 0 &&
                (resource.deletesFirst?.(plainValues(state), plainValues(after)) ?? false),
        );
        return response;
    }

    async #create(request: CreateRequest): Promise<CreateResponse> {
        const { resource, context } = this.#find(request.getUrn());
        const inputs = ownInputs(fromStruct(request.getProperties()));
        const response = new messages.CreateResponse();
        let created: Created;
        if (request.getPreview()) {
            const known = plainValues(inputs);
            const outputs = {
                ...known,
                ...resource.planned?.(known),
                ...allUnknown(resource.computed),
            };
            created = { id: "", outputs };
        } else {
            created = await this.#keepIncomplete(inputs, () =>
                resource.create(plainValues(inputs), context),
            );
        }
        response.setId(created.id);
        response.setProperties(toStruct(withMarks(created.outputs, inputs)));
        return response;
    }

    async #read(request: ReadRequest): Promise<ReadResponse> {
        const { resource, context } = this.#find(request.getUrn());
        const [id, state] = [request.getId(), fromStruct(request.getProperties())];
        const inputs = fromStruct(request.getInputs());
        const response = new messages.ReadResponse();
        response.setId(id);
        response.setProperties(request.getProperties());
        response.setInputs(request.getInputs());
        if (!resource.read) {
            return response;
        }
        const found = await resource.read(id, plainValues(state), context);
        if (!found) {
            return new messages.ReadResponse(); // no id: it is gone
        }
        if (found.inputs) {
            const read = { ...inputs, ...withMarks(found.inputs, inputs) };
            response.setInputs(toStruct(read));
        }
        response.setProperties(toStruct(withMarks(found.outputs, state)));
        return response;
    }

    async #update(request: UpdateRequest): Promise<UpdateResponse> {
        const { resource, context } = this.#find(request.getUrn());
        const state = fromStruct(request.getOlds());
        const inputs = ownInputs(fromStruct(request.getNews()));
        const response = new messages.UpdateResponse();
        if (!resource.update) {
            throw new RpcError(`${typeOf(context.urn)} has no update`);
        }
        const [before, after] = [plainValues(state), plainValues(inputs)];
        const update = resource.update.bind(resource);
        if (request.getPreview()) {
            const kept = resource.computed.filter((name) => name in state);
            const outputs = {
                ...after,
                ...Object.fromEntries(kept.map((name) => [name, before[name]])),
                ...allUnknown(resource.recomputed?.(before, after) ?? []),
            };
            response.setProperties(toStruct(withMarks(outputs, { ...state, ...inputs })));
            return response;
        }
        const outputs = await this.#keepIncomplete(inputs, () =>
            update(request.getId(), before, after, context),
        );
        response.setProperties(toStruct(withMarks(outputs, { ...state, ...inputs })));
        return response;
    }

    async #delete(request: DeleteRequest): Promise<emptyMessages.Empty> {
        const { resource, context } = this.#find(request.getUrn());
        const state = plainValues(fromStruct(request.getProperties()));
        await resource.delete?.(request.getId(), state, context);
        return new emptyMessages.Empty();
    }

    async #invoke(request: InvokeRequest): Promise<InvokeResponse> {
        const called = this.#provider.functions?.[request.getTok()];
        if (!called) {
            throw this.#notImplemented(request.getTok());
        }
        const { inputs, failures } = checkShape(fromStruct(request.getArgs()), called.inputs);
        const response = new messages.InvokeResponse();
        if (failures.length > 0) {
            response.setFailuresList(checkFailures(failures));
            return response;
        }
        const result = await called.invoke(plainValues(inputs), this.#cancelled.signal);
        response.setReturn(toStruct(result));
        return response;
    }

    /** Turns an Incomplete into the error by which the engine keeps the state of what is there. */
    async #keepIncomplete<T>(inputs: Values, operation: () => Promise<T>): Promise<T> {
        try {
            return await operation();
        } catch (error) {
            if (error instanceof Incomplete) {
                const { id, outputs } = error.created;
                throw incompleteError(error.message, id, withMarks(outputs, inputs), inputs);
            }
            throw error;
        }
    }

    #find(urn: string): { resource: Resource; context: Context } {
        const type = typeOf(urn);
        const resource = this.#provider.resources[type];
        if (!resource) {
            throw this.#notImplemented(type);
        }
        const context: Context = {
            urn,
            name: nameOf(urn),
            signal: this.#cancelled.signal,
            log: (severity, message, passing) => this.#log(severity, urn, message, passing),
        };
        return { resource, context };
    }

    #notImplemented(token: string): RpcError {
        return new RpcError(
            `the stand-in for the ${this.#provider.name} plugin does not implement ${token}`,
        );
    }
}

function checkResponse(inputs: Values, failures: Failure[]): CheckResponse {
    const response = new messages.CheckResponse();
    response.setInputs(toStruct(inputs));
    response.setFailuresList(checkFailures(failures));
    return response;
}

function checkFailures(failures: Failure[]): CheckFailure[] {
    return failures.map(({ property, reason }) => {
        const failure = new messages.CheckFailure();
        failure.setProperty(property);
        failure.setReason(reason);
        return failure;
    });
}

function addDetail(
    response: DiffResponse,
    path: string,
    kind: "add" | "delete" | "update",
    replace: boolean,
): void {
    const kinds = messages.PropertyDiff.Kind;
    const plainKinds = { add: kinds.ADD, delete: kinds.DELETE, update: kinds.UPDATE };
    const replaceKinds = {
        add: kinds.ADD_REPLACE,
        delete: kinds.DELETE_REPLACE,
        update: kinds.UPDATE_REPLACE,
    };
    const detail = new messages.PropertyDiff();
    detail.setKind((replace ? replaceKinds : plainKinds)[kind]);
    response.getDetaileddiffMap().set(path, detail);
    response.addDiffs(path);
}

/** Whether a path is another one or lies below it. */
function covers(above: string, path: string): boolean {
    return path.startsWith(above) && ["", ".", "["].includes(path.charAt(above.length));
}

/** Inputs without what the engine and the bridge put among them. */
function ownInputs(values: Values): Values {
    return Object.fromEntries(
        Object.entries(values).filter(([name]) => name !== "version" && !name.startsWith("__")),
    );
}

/** Gives outputs that repeat a marked value that value's marks, so that a secret stays one. */
function withMarks(outputs: Values, marked: Values): Values {
    const entries = Object.entries(outputs).map(([name, value]): [string, Value] => {
        const original = marked[name];
        return original !== undefined && equal(plain(original), value)
            ? [name, original]
            : [name, value];
    });
    return Object.fromEntries(entries);
}

function allUnknown(names: readonly string[]): Values {
    return Object.fromEntries(names.map((name) => [name, unknown]));
}

/** urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME */
function typeOf(urn: string): string {
    return urn.split("::")[2]?.split("$").at(-1) ?? urn;
}

function nameOf(urn: string): string {
    return urn.split("::").slice(3).join("::");
}
