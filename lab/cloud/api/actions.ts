import type { Action, Store } from "../store.ts";
import { notFound } from "./errors.ts";
import { listOf } from "./list.ts";
import type { Request, Route } from "./router.ts";

/** How many finished actions are remembered. */
const remembered = 500;

/** The actions of the cloud: what was asked for, and what became of it. */
export class Actions {
    readonly #store: Store;

    constructor(store: Store) {
        this.#store = store;
    }

    begin(command: string, resources: Action["resources"]): Action {
        const action: Action = {
            id: this.#store.nextId(),
            command,
            status: "running",
            progress: 0,
            started: new Date().toISOString(),
            finished: null,
            resources,
            error: null,
        };
        const { actions } = this.#store.state;
        actions.push(action);
        actions.splice(0, actions.length - remembered);
        return action;
    }

    succeed(action: Action): Action {
        return Object.assign(action, {
            status: "success",
            progress: 100,
            finished: new Date().toISOString(),
        });
    }

    fail(action: Action, error: unknown): Action {
        const message = error instanceof Error ? error.message : String(error);
        return Object.assign(action, {
            status: "error",
            progress: 100,
            finished: new Date().toISOString(),
            error: { code: "action_failed", message },
        });
    }

    /** Of something that is done when the request is answered. */
    done(command: string, resources: Action["resources"]): Action {
        return this.succeed(this.begin(command, resources));
    }

    /** `/actions`, and the actions of each kind of resource and of each resource. */
    routes(): Route[] {
        const types = {
            servers: "server",
            firewalls: "firewall",
            networks: "network",
            load_balancers: "load_balancer",
            certificates: "certificate",
            zones: "zone",
        };
        return [
            ["GET", "/actions", (request) => this.#list(request, () => true)],
            ["GET", "/actions/:id", (request) => this.#get(request, () => true)],
            ...Object.entries(types).flatMap(([path, type]): Route[] => {
                const ofType = ({ resources }: Action) =>
                    resources.some((each) => each.type === type);
                const ofOne = (request: Request) => (action: Action) =>
                    action.resources.some(
                        (each) => each.type === type && each.id === Number(request.params.of),
                    );
                return [
                    ["GET", `/${path}/actions`, (request) => this.#list(request, ofType)],
                    ["GET", `/${path}/actions/:id`, (request) => this.#get(request, ofType)],
                    [
                        "GET",
                        `/${path}/:of/actions`,
                        (request) => this.#list(request, ofOne(request)),
                    ],
                    [
                        "GET",
                        `/${path}/:of/actions/:id`,
                        (request) => this.#get(request, ofOne(request)),
                    ],
                ];
            }),
        ];
    }

    #list({ query }: Request, fits: (action: Action) => boolean) {
        const status = query.getAll("status");
        const found = this.#store.state.actions.filter(
            (each) => fits(each) && (status.length === 0 || status.includes(each.status)),
        );
        return { body: listOf("actions", found, query, (action) => action) };
    }

    #get({ params }: Request, fits: (action: Action) => boolean) {
        const id = Number(params.id);
        const action = this.#store.state.actions.find((each) => each.id === id && fits(each));
        if (!action) {
            throw notFound("action", params.id);
        }
        return { body: { action } };
    }
}
