import { existsSync } from "node:fs";

/** Where Debian keeps all trusted certificates in one file; the machines trust what this computer does. */
export const machineBundle = "/etc/ssl/certs/ca-certificates.crt";

const bundleVariables = [
    ...["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT"],
    ...["NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE", "GIT_SSL_CAINFO"],
];
const otherVariables = [
    ...["http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"],
    ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"],
    ...["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_DEFAULT_TIMEOUT"],
    ...["UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"],
    ...["UV_INSECURE_HOST", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_HTTP_TIMEOUT"],
];

/** What this computer's environment says of proxies, package indexes and certificates, for the machines. */
export function machineEnvironment(): Record<string, string> {
    const given = (name: string) => Boolean(process.env[name]);
    return Object.fromEntries([
        ...bundleVariables.filter(given).map((name) => [name, machineBundle]),
        ...otherVariables.filter(given).map((name) => [name, process.env[name] ?? ""]),
    ]) as Record<string, string>;
}

/** This computer's bundle of trusted certificates. */
export function hostBundle(): string | undefined {
    const candidates = [
        process.env.SSL_CERT_FILE ?? "",
        machineBundle,
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
    ];
    return candidates.find(existsSync);
}
