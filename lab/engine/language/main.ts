import languageService from "@pulumi/pulumi/proto/language_grpc_pb.js";
import languageMessages from "@pulumi/pulumi/proto/language_pb.js";
import type {
    AboutRequest,
    GetProgramDependenciesRequest,
    GetRequiredPackagesRequest,
    LanguageHandshakeRequest,
    RunRequest,
} from "@pulumi/pulumi/proto/language_pb.js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import { engineLog } from "../rpc/engine.ts";
import { serve, unary } from "../rpc/serve.ts";
import { fromStruct } from "../rpc/structs.ts";
import { installedPackages, requiredPlugins } from "./packages.ts";
import { ProgramRunner } from "./program.ts";

/** Stands in for pulumi-language-nodejs: runs TypeScript programs for the Pulumi engine. */
export async function runLanguageHost(engineAddress: string | undefined): Promise<void> {
    const runner = new ProgramRunner();
    let engine = engineAddress;
    if (engine) {
        engineLog(engine); // for its watch over the engine's end
    }
    await serve(languageService.LanguageRuntimeService, {
        handshake: unary((request: LanguageHandshakeRequest) => {
            engine = request.getEngineAddress() || engine;
            return new languageMessages.LanguageHandshakeResponse();
        }),
        getPluginInfo: unary(() => {
            const info = new pluginMessages.PluginInfo();
            info.setVersion("");
            return info;
        }),
        getRequiredPackages: unary((request: GetRequiredPackagesRequest) => {
            const response = new languageMessages.GetRequiredPackagesResponse();
            for (const plugin of requiredPlugins(programDirectory(request))) {
                const dependency = new pluginMessages.PackageDependency();
                dependency.setKind("resource");
                dependency.setName(plugin.name);
                dependency.setVersion(`v${plugin.version}`);
                response.addPackages(dependency);
            }
            return response;
        }),
        about: unary((request: AboutRequest) => {
            void request;
            const response = new languageMessages.AboutResponse();
            response.setExecutable(process.execPath);
            response.setVersion(process.version);
            return response;
        }),
        getProgramDependencies: unary((request: GetProgramDependenciesRequest) => {
            const response = new languageMessages.GetProgramDependenciesResponse();
            for (const { name, version } of installedPackages(programDirectory(request))) {
                const dependency = new languageMessages.DependencyInfo();
                dependency.setName(name);
                dependency.setVersion(version);
                response.addDependencies(dependency);
            }
            return response;
        }),
        run: unary(async (request: RunRequest) => {
            const info = request.getInfo();
            const ended = await runner.run({
                engine: engine ?? "",
                monitor: request.getMonitorAddress(),
                organization: request.getOrganization(),
                project: request.getProject(),
                stack: request.getStack(),
                rootDirectory: info?.getRootDirectory() ?? "",
                programDirectory: info?.getProgramDirectory() ?? request.getPwd(),
                entryPoint: info?.getEntryPoint() ?? ".",
                options: fromStruct(info?.getOptions()),
                parallel: request.getParallel(),
                dryRun: request.getDryrun(),
                config: Object.fromEntries(request.getConfigMap().entries()),
                secretKeys: request.getConfigsecretkeysList(),
                arguments: request.getArgsList(),
            });
            const response = new languageMessages.RunResponse();
            response.setError(ended.error);
            response.setBail(ended.bail);
            return response;
        }),
        cancel: unary(() => {
            runner.cancel();
            return new emptyMessages.Empty();
        }),
    });
}

function programDirectory(request: GetRequiredPackagesRequest | GetProgramDependenciesRequest) {
    return request.getInfo()?.getProgramDirectory() ?? process.cwd();
}
